import { hkdfSync, randomBytes } from 'node:crypto';
import { formatByte, kindByte } from './frame-format.ts';

const masterSize = 32;
const checkSize = 16;

/** The key of a repository, 32 random bytes: what is encrypted there needs it and nothing else. */
export function newMasterKey(): Uint8Array {
  return randomBytes(masterSize);
}

/**
 * What the identity of a repository says of its master key, 32 hex digits: tells whether a key is that one and nothing about it.
 * @param repository its id, 32 hex digits
 */
export function keyCheckOf(master: Uint8Array, repository: string): string {
  const info = Buffer.concat([Buffer.from('gausskeep key check\0'), Buffer.of(formatByte, kindByte('encrypted'))]);
  return Buffer.from(hkdfSync('sha256', master, Buffer.from(repository, 'hex'), info, checkSize)).toString('hex');
}
