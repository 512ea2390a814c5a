import { createCipheriv, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { isNamePart } from '../storage/object-name.ts';
import { decodeBase32Hex, encodeBase32Hex } from './base32hex.ts';

const ivSize = 16;
/** Parts are filled up with zero bytes to a multiple of this, which hides something of their length. */
const paddedTo = 16;
/** With more, the encrypted part would be longer than 255 characters. */
const longestPart = 128;

/**
 * Encrypts the parts of names, each with the path that leads to it: the same part of the same folder gives the same, so that put-once and
 * listings stay what they are.
 */
export class NameCipher {
  readonly #macKey: Uint8Array;
  readonly #key: Uint8Array;

  /** @param master 32 bytes */
  constructor(master: Uint8Array) {
    this.#macKey = keyFor(master, 'gausskeep names mac');
    this.#key = keyFor(master, 'gausskeep names');
  }

  /** @param folder clear, '' or ending in `/` @returns undefined: the part is too long */
  encrypt(folder: string, part: string): string | undefined {
    const clear = Buffer.from(part);
    if (clear.length > longestPart) return undefined;
    const iv = this.#ivOf(folder, part);
    return encodeBase32Hex(Buffer.concat([iv, this.#crypt(iv, paddedOf(clear))]));
  }

  /** The clear part; undefined for what `encrypt` never gave in this folder. */
  decrypt(folder: string, stored: string): string | undefined {
    const bytes = decodeBase32Hex(stored);
    if (bytes === undefined || bytes.length <= ivSize || bytes.length % paddedTo !== 0) return undefined;
    const iv = bytes.subarray(0, ivSize);
    const padded = this.#crypt(iv, bytes.subarray(ivSize));
    const part = padded.toString('utf8').replace(/\0+$/, '');
    // The shortest padding and nothing else: one clear part has one stored part.
    const clear = Buffer.from(part);
    const isOnlyForm = clear.length <= longestPart && paddedOf(clear).equals(padded);
    return isOnlyForm && timingSafeEqual(iv, this.#ivOf(folder, part)) && isNamePart(part) ? part : undefined;
  }

  #ivOf(folder: string, part: string): Buffer {
    return createHmac('sha256', this.#macKey).update(`${folder}\0${part}`).digest().subarray(0, ivSize);
  }

  /** Encrypts and decrypts: the same in counter mode. */
  #crypt(iv: Uint8Array, bytes: Uint8Array): Buffer {
    return createCipheriv('aes-256-ctr', this.#key, iv).update(bytes);
  }
}

/** With zero bytes up to the next multiple of `paddedTo`. */
function paddedOf(clear: Uint8Array): Buffer {
  const padded = Buffer.alloc(Math.ceil(clear.length / paddedTo) * paddedTo);
  padded.set(clear);
  return padded;
}

function keyFor(master: Uint8Array, info: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', master, new Uint8Array(0), info, 32));
}
