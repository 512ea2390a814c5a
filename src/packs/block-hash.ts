import { createHash } from 'node:crypto';

/** Bytes of a hash. */
export const hashBytes = 16;

/** The first 16 bytes of the SHA-256. */
export function hashOf(content: Uint8Array): Uint8Array {
  return createHash('sha256').update(content).digest().subarray(0, hashBytes);
}
