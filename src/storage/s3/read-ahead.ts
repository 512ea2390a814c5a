import type { ByteSource } from '../../bytes/byte-reader.ts';

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

/** What was read, or is being read, behind what was asked for. */
interface Span {
  readonly name: string;
  readonly start: number;
  readonly length: number;
  readonly bytes: Promise<Buffer>;
}

/**
 * Makes few requests of many reads of one object that go on behind one another, as those of a pack do: each time that the next part is asked for, four times as much is read.
 * A part that is asked for alone is read as it is. Memory: 48 MiB.
 */
export class ReadAhead {
  readonly #read: ReadRange;
  /** Where the last read of an object ended, and how long it was; the newest last. */
  readonly #last = new Map<string, { readonly end: number; readonly length: number }>();
  #spans: Span[] = [];

  constructor(read: ReadRange) {
    this.#read = read;
  }

  async *get(name: string, offset: number, length: number, signal: AbortSignal | undefined): ByteSource {
    if (length === 0 || length > largestPart) {
      yield* this.#read(name, offset, length, signal);
      return;
    }
    for (let position = offset, end = offset + length; position < end;) {
      const span = this.#spans.find(
        (one) => one.name === name && one.start <= position && position < one.start + one.length,
      );
      const found = span ?? this.#begin(name, position, end - position, signal);
      if (found === undefined) {
        yield* this.#read(name, position, end - position, signal);
        return;
      }
      const bytes = await this.#bytesOf(found, signal);
      if (bytes === undefined) continue;
      const part = bytes.subarray(position - found.start, end - found.start);
      if (part.length > 0) yield part;
      position += part.length;
      if (bytes.length < found.length && position >= found.start + bytes.length) return;
    }
  }

  /** Undefined: nothing is to be read ahead, as this part is no next one. */
  #begin(name: string, start: number, wanted: number, signal: AbortSignal | undefined): Span | undefined {
    const last = this.#last.get(name);
    const isNext = last !== undefined && start >= last.end - gapBytes && start - last.end <= gapBytes;
    const length = isNext ? Math.max(wanted, Math.min(farthest, 4 * last.length)) : wanted;
    this.#last.delete(name);
    this.#last.set(name, { end: start + length, length });
    const [oldest] = this.#last.keys();
    if (this.#last.size > mostObjects && oldest !== undefined) this.#last.delete(oldest);
    if (!isNext) return undefined;
    const bytes = collected(this.#read(name, start, length, signal));
    // Whoever waits for it is told.
    bytes.catch(() => undefined);
    const span: Span = { name, start, length, bytes };
    this.#spans.push(span);
    for (let kept = sum(this.#spans); kept > mostBytes && this.#spans.length > 1; kept = sum(this.#spans))
      this.#spans.shift();
    return span;
  }

  /** Undefined: somebody else who had begun to read it gave up. */
  async #bytesOf(span: Span, signal: AbortSignal | undefined): Promise<Buffer | undefined> {
    try {
      return await span.bytes;
    } catch (error) {
      this.#spans = this.#spans.filter((one) => one !== span);
      signal?.throwIfAborted();
      if (error instanceof Error && error.name === 'AbortError') return undefined;
      throw error;
    }
  }
}

function sum(spans: readonly Span[]): number {
  return spans.reduce((bytes, { length }) => bytes + length, 0);
}

async function collected(source: ByteSource): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}
