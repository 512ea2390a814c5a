import { dirname } from 'node:path/posix';
import type { ByteSource } from '../../bytes/byte-reader.ts';
import { ReadSpan } from './read-span.ts';

/** Reads of parts of at most this size, in bytes, may be read ahead. */
const largestPart = 4 * 1024 * 1024;
/** Most that one request reads ahead, in bytes. */
const farthest = 16 * 1024 * 1024;
/** What lies no farther behind the end of the part before counts as next to it, in bytes. */
const gapBytes = 256 * 1024;
/** Bytes that are kept. */
const mostBytes = 48 * 1024 * 1024;
/** Objects whose last read is remembered. */
const mostObjects = 64;

/** Reads a range of an object; less where it ends before. */
export type ReadRange = (name: string, offset: number, length: number, signal: AbortSignal | undefined) => ByteSource;

/** Where the last read of an object ended, and how long it was. */
interface LastRead {
  readonly end: number;
  readonly length: number;
}

/**
 * Makes few requests of many reads of one object that go on behind one another, as those of a pack do: each time that the next part is asked for, four times as much is read.
 * Whoever reads so through a large object and goes on with the beginning of another one beside it is taken to do the same there.
 * A part that is asked for alone is read as it is. What is read ahead comes while it is used: nobody waits for the end of a request. Memory: 48 MiB.
 */
export class ReadAhead {
  readonly #read: ReadRange;
  /** The newest last. */
  readonly #last = new Map<string, LastRead>();
  #spans: ReadSpan[] = [];
  /** What was begun last. */
  #newest: ReadSpan | undefined;

  constructor(read: ReadRange) {
    this.#read = read;
  }

  async *get(name: string, offset: number, length: number, signal: AbortSignal | undefined): ByteSource {
    if (length === 0 || length > largestPart) {
      yield* this.#read(name, offset, length, signal);
      return;
    }
    for (let position = offset, end = offset + length; position < end;) {
      const span = this.#spans.find((one) => one.covers(name, position)) ?? this.#begin(name, position, end, signal);
      if (span === undefined) {
        yield* this.#read(name, position, end - position, signal);
        return;
      }
      const piece = await this.#pieceOf(span, position, signal);
      if (piece === 'given-up') continue;
      if (piece === undefined) return;
      const part = piece.subarray(0, end - position);
      yield part;
      position += part.length;
    }
  }

  /** Undefined: nothing is to be read ahead, as this part is no next one. */
  #begin(name: string, start: number, end: number, signal: AbortSignal | undefined): ReadSpan | undefined {
    const wanted = end - start;
    const ahead = this.#lengthAhead(name, start);
    const length = Math.max(wanted, ahead ?? 0);
    this.#last.delete(name);
    this.#last.set(name, { end: start + length, length });
    const [oldest] = this.#last.keys();
    if (this.#last.size > mostObjects && oldest !== undefined) this.#last.delete(oldest);
    if (ahead === undefined) return undefined;
    const span = new ReadSpan({ name, start, length, signal }, this.#read(name, start, length, signal));
    this.#spans.push(span);
    this.#newest = span;
    for (let kept = sum(this.#spans); kept > mostBytes && this.#spans.length > 1; kept = sum(this.#spans))
      this.#spans.shift();
    return span;
  }

  /** How much is to be read where the part is a next one. */
  #lengthAhead(name: string, start: number): number | undefined {
    const last = this.#last.get(name);
    if (last === undefined) return start <= gapBytes && this.#goesOnWith(name) ? farthest : undefined;
    const isNext = start >= last.end - gapBytes && start - last.end <= gapBytes;
    return isNext ? Math.min(farthest, 4 * last.length) : undefined;
  }

  /** An object beside it is read in large parts, as packs are: small objects are none of them. */
  #goesOnWith(name: string): boolean {
    const before = this.#newest;
    return before !== undefined && before.length >= largestPart && dirname(before.name) === dirname(name);
  }

  /** What has come from a position on; undefined: the object ends there; `given-up`: somebody else who had begun to read it gave up. */
  async #pieceOf(
    span: ReadSpan,
    position: number,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array | 'given-up' | undefined> {
    try {
      return await span.from(position);
    } catch (error) {
      this.#spans = this.#spans.filter((one) => one !== span);
      signal?.throwIfAborted();
      if (span.isGivenUp) return 'given-up';
      throw error;
    }
  }
}

function sum(spans: readonly ReadSpan[]): number {
  return spans.reduce((bytes, { length }) => bytes + length, 0);
}
