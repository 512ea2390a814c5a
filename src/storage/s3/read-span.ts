import type { ByteSource } from '../../bytes/byte-reader.ts';

export interface SpanPlace {
  readonly name: string;
  readonly start: number;
  /** Of the range that was asked for; the object may end before. */
  readonly length: number;
  /** Of whoever began to read it. */
  readonly signal: AbortSignal | undefined;
}

/** A range of an object that is read in one request, on its own, while those who want parts of it take what has come. */
export class ReadSpan {
  readonly name: string;
  readonly start: number;
  readonly length: number;
  readonly #signal: AbortSignal | undefined;
  readonly #pieces: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  /** Where that ends which has come. */
  #end: number;
  #isOver = false;
  #failure: { readonly error: unknown } | undefined;
  #waiting: (() => void)[] = [];

  /** Begins to read. @param source gives the range */
  constructor({ name, start, length, signal }: SpanPlace, source: ByteSource) {
    this.name = name;
    this.start = start;
    this.length = length;
    this.#signal = signal;
    this.#end = start;
    void this.#fill(source);
  }

  /** Whoever began to read it gave up. */
  get isGivenUp(): boolean {
    return this.#signal?.aborted === true;
  }

  covers(name: string, position: number): boolean {
    return this.name === name && this.start <= position && position < this.start + this.length;
  }

  /** The bytes from a position on that came together, as soon as they are there: a view. Undefined: the object ends before. @throws what the source threw */
  async from(position: number): Promise<Uint8Array | undefined> {
    while (position >= this.#end) {
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#isOver) return undefined;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    const piece = this.#pieceAt(position);
    return piece?.bytes.subarray(position - piece.at);
  }

  #pieceAt(position: number): { readonly at: number; readonly bytes: Uint8Array } | undefined {
    let low = 0;
    for (let high = this.#pieces.length - 1; low < high;) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#pieces[middle]?.at ?? Infinity) <= position) low = middle;
      else high = middle - 1;
    }
    return this.#pieces[low];
  }

  async #fill(source: ByteSource): Promise<void> {
    try {
      for await (const bytes of source) {
        if (bytes.length === 0) continue;
        this.#pieces.push({ at: this.#end, bytes });
        this.#end += bytes.length;
        this.#wake();
      }
    } catch (error) {
      this.#failure = { error };
    }
    this.#isOver = true;
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }
}
