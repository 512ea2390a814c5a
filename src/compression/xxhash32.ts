/**
 * xxHash, 32 bits, seed 0: the checksum of lz4 frames. Specification: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
 */
const prime1 = 0x9e3779b1 | 0;
const prime2 = 0x85ebca77 | 0;
const prime3 = 0xc2b2ae3d | 0;
const prime4 = 0x27d4eb2f | 0;
const prime5 = 0x165667b1 | 0;

/** Takes bytes in pieces of any length. */
export class XxHash32 {
  readonly #lanes = new Int32Array([(prime1 + prime2) | 0, prime2, 0, -prime1 | 0]);
  readonly #stripe = new Uint8Array(16);
  #filled = 0;
  #length = 0;

  update(bytes: Uint8Array): void {
    this.#length += bytes.length;
    let offset = 0;
    if (this.#filled > 0) {
      offset = Math.min(16 - this.#filled, bytes.length);
      this.#stripe.set(bytes.subarray(0, offset), this.#filled);
      this.#filled += offset;
      if (this.#filled < 16) return;
      this.#consume(this.#stripe, 0, 16);
      this.#filled = 0;
    }
    const end = offset + ((bytes.length - offset) & ~15);
    this.#consume(bytes, offset, end);
    this.#stripe.set(bytes.subarray(end));
    this.#filled = bytes.length - end;
  }

  /** The hash of everything so far, unsigned. */
  digest(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#lanes;
    let hash = this.#length >= 16 ? (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) | 0 : prime5;
    hash = (hash + this.#length) | 0;
    const view = new DataView(this.#stripe.buffer);
    let offset = 0;
    for (; offset + 4 <= this.#filled; offset += 4) {
      hash = Math.imul(rotate((hash + Math.imul(view.getInt32(offset, true), prime3)) | 0, 17), prime4);
    }
    for (; offset < this.#filled; offset += 1) {
      hash = Math.imul(rotate((hash + Math.imul(this.#stripe[offset] ?? 0, prime5)) | 0, 11), prime1);
    }
    hash = Math.imul(hash ^ (hash >>> 15), prime2);
    hash = Math.imul(hash ^ (hash >>> 13), prime3);
    return (hash ^ (hash >>> 16)) >>> 0;
  }

  /** Whole stripes of 16 bytes. */
  #consume(bytes: Uint8Array, from: number, to: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let [a = 0, b = 0, c = 0, d = 0] = this.#lanes;
    for (let offset = from; offset < to; offset += 16) {
      a = round(a, view.getInt32(offset, true));
      b = round(b, view.getInt32(offset + 4, true));
      c = round(c, view.getInt32(offset + 8, true));
      d = round(d, view.getInt32(offset + 12, true));
    }
    this.#lanes.set([a, b, c, d]);
  }
}

function round(lane: number, word: number): number {
  return Math.imul(rotate((lane + Math.imul(word, prime2)) | 0, 13), prime1);
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

export function xxhash32(bytes: Uint8Array): number {
  const hash = new XxHash32();
  hash.update(bytes);
  return hash.digest();
}
