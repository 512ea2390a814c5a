import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { derived } from './keys.ts';
import { Refusal } from './refusal.ts';

const digits = '0123456789abcdefghijklmnopqrstuv';

/** The encrypted parts of names. A folder is its clear path: '' or with `/` at its end. */
export class SealedNames {
  readonly #mac: Buffer;
  readonly #key: Buffer;

  constructor(master: Buffer) {
    this.#mac = derived(master, Buffer.alloc(0), Buffer.from('gausskeep names mac'));
    this.#key = derived(master, Buffer.alloc(0), Buffer.from('gausskeep names'));
  }

  /** @throws Refusal `USAGE` for a part of more than 128 bytes */
  stored(folder: string, part: string): string {
    const bytes = Buffer.from(part, 'utf8');
    if (bytes.length > 128) throw new Refusal('USAGE', `${part} is too long for a name`);
    const iv = this.#ivOf(folder, bytes);
    const padded = Buffer.alloc(Math.ceil(bytes.length / 16) * 16);
    padded.set(bytes);
    const cipher = createCipheriv('aes-256-ctr', this.#key, iv);
    return base32hex(Buffer.concat([iv, cipher.update(padded), cipher.final()]));
  }

  /** @returns undefined: a foreign object */
  clear(folder: string, stored: string): string | undefined {
    const bytes = fromBase32hex(stored);
    if (bytes === undefined || bytes.length < 32 || bytes.length % 16 !== 0) return undefined;
    const iv = bytes.subarray(0, 16);
    const decipher = createDecipheriv('aes-256-ctr', this.#key, iv);
    const padded = Buffer.concat([decipher.update(bytes.subarray(16)), decipher.final()]);
    const end = padded.findLastIndex((byte) => byte !== 0) + 1;
    const part = padded.subarray(0, end);
    if (!timingSafeEqual(this.#ivOf(folder, part), iv)) return undefined;
    const text = part.toString('utf8');
    return Buffer.from(text, 'utf8').equals(part) && this.stored(folder, text) === stored ? text : undefined;
  }

  #ivOf(folder: string, part: Uint8Array): Buffer {
    const text = Buffer.concat([Buffer.from(folder, 'utf8'), Buffer.of(0), part]);
    return createHmac('sha256', this.#mac).update(text).digest().subarray(0, 16);
  }
}

/** RFC 4648, lower case, without padding. */
function base32hex(bytes: Buffer): string {
  let [text, bits, value] = ['', 0, 0];
  for (const byte of bytes) {
    value = (value << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += digits[(value >>> (bits - 5)) & 31]!;
    value &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + digits[(value << (5 - bits)) & 31]!;
}

/** @returns undefined: other characters, or bits left over that are not zero */
function fromBase32hex(text: string): Buffer | undefined {
  const bytes: number[] = [];
  let [bits, value] = [0, 0];
  for (const digit of text) {
    const five = digits.indexOf(digit);
    if (five < 0) return undefined;
    value = (value << 5) | five;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push(value >>> bits);
      value &= (1 << bits) - 1;
    }
  }
  return bits < 5 && value === 0 ? Buffer.from(bytes) : undefined;
}
