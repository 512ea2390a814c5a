/**
 * Integers of variable length as our formats store them: 7 bits a byte, lowest first, the top bit says that more follow.
 * Signed ones are folded first (0, -1, 1, -2, … become 0, 1, 2, 3, …), so that small differences are short.
 */
export class VariableWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  /** A copy of all that was written. */
  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  get length(): number {
    return this.#length;
  }

  /** Takes back what was written behind the first `length` bytes. */
  truncate(length: number): void {
    this.#length = length;
  }

  /** @param value 0 … 2^64-1 */
  unsigned(value: bigint): void {
    this.#reserve(10);
    let left = value;
    // Numbers are several times faster than bigints, and nearly all values are small.
    while (left > 0xffff_ffffn) {
      this.#bytes[this.#length++] = Number(left & 0x7fn) | 0x80;
      left >>= 7n;
    }
    this.#small(Number(left));
  }

  /** @param value 0 … 2^53-1 */
  count(value: number): void {
    if (value > 0xffff_ffff) {
      this.unsigned(BigInt(value));
      return;
    }
    this.#reserve(5);
    this.#small(value);
  }

  /** @param value -2^63 … 2^63-1 */
  signed(value: bigint): void {
    this.unsigned(value < 0n ? -2n * value - 1n : 2n * value);
  }

  /** Length, then the bytes. */
  block(bytes: Uint8Array): void {
    this.count(bytes.length);
    this.raw(bytes);
  }

  /** The bytes alone: who reads them knows how many they are. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** @param value 0 … 255, as one byte whatever it is */
  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  text(text: string): void {
    this.block(Buffer.from(text, 'utf8'));
  }

  #small(value: number): void {
    let left = value >>> 0;
    while (left > 0x7f) {
      this.#bytes[this.#length++] = (left & 0x7f) | 0x80;
      left >>>= 7;
    }
    this.#bytes[this.#length++] = left;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + bytes));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

/** Reads what a `VariableWriter` wrote. Every method throws `RangeError` at the end of the bytes, for a value too large, or one in more bytes than it needs. */
export class VariableReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#position === this.#bytes.length;
  }

  unsigned(): bigint {
    const small = this.#small();
    if (small !== undefined) return BigInt(small);
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#next();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      if (value > 0xffff_ffff_ffff_ffffn || byte === 0) break;
      return value;
    }
    throw new RangeError('integer too large or longer than needed');
  }

  /** @param limit largest value that makes sense, at most 2^53-1 */
  count(limit: number): number {
    const value = this.#small() ?? this.unsigned();
    if (value > limit) throw new RangeError('count too large');
    return Number(value);
  }

  /** What fits in four bytes, which nearly all numbers do, without a bigint; undefined: it does not, or the bytes end, and nothing is consumed. */
  #small(): number | undefined {
    let value = 0;
    for (let index = 0; index < 4; index += 1) {
      const byte = this.#bytes[this.#position + index];
      if (byte === undefined) return undefined;
      value |= (byte & 0x7f) << (7 * index);
      if (byte < 0x80) {
        if (byte === 0 && index > 0) throw new RangeError('integer longer than needed');
        this.#position += index + 1;
        return value;
      }
    }
    return undefined;
  }

  signed(): bigint {
    const folded = this.unsigned();
    return (folded & 1n) === 1n ? -((folded + 1n) >> 1n) : folded >> 1n;
  }

  /** A copy. */
  block(): Uint8Array {
    return this.raw(this.count(this.remainingBytes)).slice();
  }

  /** The next `length` bytes, as a view. */
  raw(length: number): Uint8Array {
    if (length > this.remainingBytes) throw new RangeError('input ended');
    this.#position += length;
    return this.#bytes.subarray(this.#position - length, this.#position);
  }

  /** One byte, whatever it is. */
  byte(): number {
    return this.#next();
  }

  text(): string {
    return Buffer.from(this.block()).toString('utf8');
  }

  /** Upper limit for the number of things that follow, each of at least one byte. */
  get remainingBytes(): number {
    return this.#bytes.length - this.#position;
  }

  #next(): number {
    const byte = this.#bytes[this.#position];
    if (byte === undefined) throw new RangeError('input ended');
    this.#position += 1;
    return byte;
  }
}
