import { BackupError } from '../errors/backup-error.ts';
import { say, type MessageValue } from '../messages/message.ts';
import { takerOf } from './ready-source.ts';
import type { SkippedBytes } from './skipped-bytes.ts';

/** A stream of bytes. Pieces may be views into a buffer that is reused: a piece is valid until the next one is asked for. */
export type ByteSource = AsyncIterable<Uint8Array>;

/**
 * Reads exact lengths from a stream of pieces of any size. `peek`-free: what was read is consumed.
 * Memory: one piece of the source, plus what `readExactly` was asked for.
 */
export class ByteReader {
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #takeNow: () => Uint8Array | undefined;
  readonly #skipped: SkippedBytes | undefined;
  #piece: Uint8Array = new Uint8Array(0);
  #position = 0;
  #consumed = 0;

  /** @param skipped shared with a source that need not make what is skipped */
  constructor(source: ByteSource, skipped?: SkippedBytes) {
    this.#iterator = source[Symbol.asyncIterator]();
    this.#takeNow = takerOf(source);
    this.#skipped = skipped;
  }

  /** Bytes consumed so far. */
  get offset(): number {
    return this.#consumed;
  }

  /** True at the end of the source. */
  async atEnd(): Promise<boolean> {
    while (!this.#atHand()) {
      const next = await this.#iterator.next();
      if (next.done === true) return true;
      this.#piece = next.value;
      this.#position = 0;
    }
    return false;
  }

  /** The next piece, at most `limit` bytes and at least one; undefined at the end. A view: copy it if you keep it. */
  async readSome(limit: number): Promise<Uint8Array | undefined> {
    if (!this.#atHand() && (await this.atEnd())) return undefined;
    return this.#view(limit);
  }

  /** Consumes some of the next `limit` bytes (at least 1), which the source need not make. @returns how many; 0 at the end */
  async skipSome(limit: number): Promise<number> {
    const skipped = this.#skipped;
    if (skipped === undefined || this.#atHand()) return (await this.readSome(limit))?.length ?? 0;
    skipped.ask(limit);
    const next = await this.#iterator.next();
    const count = skipped.settle();
    if (next.done !== true) {
      this.#piece = next.value;
      this.#position = 0;
    }
    this.#consumed += count;
    return count > 0 ? count : ((await this.readSome(limit))?.length ?? 0);
  }

  /** `readSome` of what is at hand; undefined when that is nothing, which does not mean the end. */
  readSomeNow(limit: number): Uint8Array | undefined {
    return this.#atHand() ? this.#view(limit) : undefined;
  }

  /** `readExactly` where all of it lies in the piece at hand; else undefined, and nothing is consumed. */
  readExactlyNow(length: number): Uint8Array | undefined {
    return this.#atHand() && this.#piece.length - this.#position >= length ? this.#view(length) : undefined;
  }

  /** Whether there is a byte to read without waiting. */
  #atHand(): boolean {
    while (this.#position === this.#piece.length) {
      const piece = this.#takeNow();
      if (piece === undefined) return false;
      this.#piece = piece;
      this.#position = 0;
    }
    return true;
  }

  #view(limit: number): Uint8Array {
    const end = Math.min(this.#piece.length, this.#position + limit);
    const view = this.#piece.subarray(this.#position, end);
    this.#position = end;
    this.#consumed += view.length;
    return view;
  }

  /**
   * Exactly `length` bytes. A view when they lie in one piece, else a copy: valid until the next read.
   * @param what names the thing for the error, for example `tar header`
   * @throws BackupError `CORRUPT` when the source ends before
   */
  async readExactly(length: number, what: MessageValue): Promise<Uint8Array> {
    const first = await this.readSome(length);
    if (first?.length === length) return first;
    const whole = new Uint8Array(length);
    let filled = 0;
    for (let piece = first; piece !== undefined; piece = await this.readSome(length - filled)) {
      whole.set(piece, filled);
      filled += piece.length;
      if (filled === length) return whole;
    }
    if (length === 0) return whole;
    throw new BackupError('CORRUPT', say('bytes.ended-early', { what, actual: filled, expected: length }));
  }

  /** Consumes `length` bytes. @throws BackupError `CORRUPT` when the source ends before */
  async skip(length: number, what: MessageValue): Promise<void> {
    let left = length;
    while (left > 0) {
      const piece = await this.readSome(left);
      if (piece === undefined) {
        throw new BackupError('CORRUPT', say('bytes.ended-early', { what, actual: length - left, expected: length }));
      }
      left -= piece.length;
    }
  }

  /** Ends the source early, so that its owner can release what it holds. */
  async close(): Promise<void> {
    await this.#iterator.return?.();
  }
}
