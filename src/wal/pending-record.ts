import { crc32cRange } from '../bytes/crc32c.ts';
import type { Lsn } from './lsn.ts';
import { joinLsn, setLsn, type SplitLsn } from './wal-record.ts';

/**
 * A record of which not all bytes have been seen. Its body is kept only when somebody wants it. One object can be used
 * for one record after the other: nearly every page ends in such a record.
 */
export class PendingRecord {
  /** Meaningless unless `isStartKnown`. */
  readonly start: SplitLsn = { high: 0, low: 0 };
  /** False for the rest of a record that began before the reading did: `totalBytes` then counts that rest. */
  isStartKnown = false;
  totalBytes = 0;
  seenBytes = 0;
  /** First bytes of the record, up to the size of its header; none when its start is not known. */
  readonly header: DataView;
  headerBytes = 0;
  /** CRC of the body so far. */
  bodyCrc = 0;
  /** Whether the body is collected; undefined until the header is complete. */
  isKept: boolean | undefined;
  /** What there is of the rest of a record whose beginning is not known, as far as it has been seen. */
  rest: { readonly prefix: Uint8Array; crc: number; bytes: number } | undefined;
  readonly #headerBuffer: Uint8Array;
  #body: Uint8Array = noBytes;
  #bodyBytes = 0;

  constructor(headerSize: number) {
    this.#headerBuffer = new Uint8Array(headerSize);
    this.header = new DataView(this.#headerBuffer.buffer);
  }

  /** A record of which `totalBytes` are to come begins at `offset` of a page, or, without `page`, before the reading. */
  begin(totalBytes: number, page?: SplitLsn, offset = 0): this {
    this.isStartKnown = page !== undefined;
    if (page !== undefined) setLsn(this.start, page, offset);
    this.totalBytes = totalBytes;
    this.seenBytes = 0;
    this.headerBytes = 0;
    this.bodyCrc = 0;
    this.isKept = undefined;
    this.#body = noBytes;
    this.#bodyBytes = 0;
    this.rest = undefined;
    return this;
  }

  get remainingBytes(): number {
    return this.totalBytes - this.seenBytes;
  }

  hasWholeHeader(): boolean {
    return !this.isStartKnown || this.headerBytes === this.#headerBuffer.length;
  }

  /** Adds to the header what of `bytes[from … to)` belongs to it. @returns where the body begins */
  takeHeader(bytes: Uint8Array, from: number, to: number): number {
    const header = this.#headerBuffer;
    let position = from;
    while (position < to && this.headerBytes < header.length) header[this.headerBytes++] = bytes[position++] ?? 0;
    return position;
  }

  /** Collects `bytes`. Memory grows with what has arrived, never with what a length promises. */
  collect(bytes: Uint8Array): void {
    const needed = this.#bodyBytes + bytes.length;
    if (needed > this.#body.length) {
      const grown = new Uint8Array(Math.min(this.totalBytes, Math.max(needed, 2 * this.#body.length)));
      grown.set(this.#body.subarray(0, this.#bodyBytes));
      this.#body = grown;
    }
    this.#body.set(bytes, this.#bodyBytes);
    this.#bodyBytes = needed;
  }

  /** Takes the bytes of a rest: the first raw, as some may belong to the header, of the others the CRC. */
  takeRest(bytes: Uint8Array, from: number, to: number): void {
    const { rest } = this;
    if (rest === undefined) return;
    let position = from;
    while (position < to && rest.bytes < rest.prefix.length) rest.prefix[rest.bytes++] = bytes[position++] ?? 0;
    rest.crc = crc32cRange(bytes, position, to, rest.crc);
    rest.bytes += to - position;
  }

  /** What was collected, header first. A copy. */
  collected(): Uint8Array {
    const whole = new Uint8Array(this.headerBytes + this.#bodyBytes);
    whole.set(this.#headerBuffer.subarray(0, this.headerBytes));
    whole.set(this.#body.subarray(0, this.#bodyBytes), this.headerBytes);
    return whole;
  }

  /** What there is of a record whose rest lies elsewhere. */
  beginning(): { startLsn: Lsn; header: Uint8Array; bodyCrc: number } {
    const header = this.#headerBuffer.slice(0, this.headerBytes);
    return { startLsn: joinLsn(this.start), header, bodyCrc: this.bodyCrc };
  }

  /** CRC over the header's first `length` bytes, after that of the body. */
  headerPart(length: number): Uint8Array {
    return this.#headerBuffer.subarray(0, length);
  }
}

const noBytes = new Uint8Array(0);
