import { must } from './refusal.ts';

/** Reads a binary structure from its beginning to its end. Whatever does not fit is `CORRUPT`. */
export class Cursor {
  readonly #bytes: Buffer;
  readonly #what: string;
  #at = 0;

  constructor(bytes: Buffer, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** A varint. Of the values up to 2^64 that the page allows those from 2^53 on stand for nothing that could be there. */
  varint(): number {
    let [value, factor] = [0n, 1n];
    for (let count = 1; ; count += 1) {
      const byte = this.byte();
      value += BigInt(byte & 0x7f) * factor;
      factor <<= 7n;
      must(count <= 10 && value < 1n << 64n, `${this.#what}: a number that is too large`);
      if (byte < 0x80) {
        must(byte !== 0 || count === 1, `${this.#what}: a number that is longer than needed`);
        must(value <= BigInt(Number.MAX_SAFE_INTEGER), `${this.#what}: a number that is too large`);
        return Number(value);
      }
    }
  }

  byte(): number {
    return this.take(1)[0]!;
  }

  take(length: number): Buffer {
    must(length <= this.left, `${this.#what} ends too early`);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** `count × item`. */
  times<Item>(count: number, item: () => Item): Item[] {
    // Every item has a byte at least: what cannot fit is not begun.
    must(count <= this.left, `${this.#what} ends too early`);
    return Array.from({ length: count }, item);
  }

  end(): void {
    must(this.left === 0, `${this.#what} has ${this.left} bytes left over`);
  }
}
