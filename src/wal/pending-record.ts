import type { SplitLsn } from './wal-record.ts';

/** A record of which not all bytes have been seen. Its body is kept only when somebody wants it. */
export class PendingRecord {
  /** Undefined for the rest of a record that began before the reading did: `totalBytes` then counts that rest. */
  readonly start: SplitLsn | undefined;
  readonly totalBytes: number;
  /** First bytes of the record, up to the size of its header. */
  readonly header: Uint8Array;
  headerBytes = 0;
  seenBytes = 0;
  /** CRC of the body so far. */
  bodyCrc = 0;
  /** Whether the body is collected in `body`; undefined until the header is complete. */
  isKept: boolean | undefined;
  #body = new Uint8Array(0);
  #bodyBytes = 0;

  constructor(start: SplitLsn | undefined, totalBytes: number, headerSize: number) {
    this.start = start;
    this.totalBytes = totalBytes;
    this.header = new Uint8Array(start === undefined ? 0 : headerSize);
  }

  get remainingBytes(): number {
    return this.totalBytes - this.seenBytes;
  }

  /** Adds to the header what of `bytes[from … to)` belongs to it. @returns where the body begins */
  takeHeader(bytes: Uint8Array, from: number, to: number): number {
    const part = bytes.subarray(from, Math.min(to, from + this.header.length - this.headerBytes));
    this.header.set(part, this.headerBytes);
    this.headerBytes += part.length;
    return from + part.length;
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

  /** What was collected, header first. A copy. */
  collected(): Uint8Array {
    const whole = new Uint8Array(this.headerBytes + this.#bodyBytes);
    whole.set(this.header.subarray(0, this.headerBytes));
    whole.set(this.#body.subarray(0, this.#bodyBytes), this.headerBytes);
    return whole;
  }
}
