import { hash } from 'node:crypto';

/** Bytes of a hash. */
export const hashBytes = 16;

/** The first 16 bytes of the SHA-256. */
export function hashOf(content: Uint8Array): Uint8Array {
  return hash('sha256', content, 'buffer').subarray(0, hashBytes);
}
