/** See `ByteSource` in byte-reader.ts, which imports this. */
type Source = AsyncIterable<Uint8Array>;

/**
 * A source that also hands out what is at hand without a promise: for the pieces of a fast server those promises cost more than the bytes.
 * Taking and asking the iterator may alternate; both go on where the other stopped.
 */
export interface ReadySource extends Source {
  /** The next piece where it is at hand. Undefined says no more than that: the iterator knows whether more comes. */
  takeNow(): Uint8Array | undefined;
}

const nothingAtHand = (): undefined => undefined;

/** `takeNow` of a source that has it; for any other source nothing is ever at hand. */
export function takerOf(source: Source): () => Uint8Array | undefined {
  return 'takeNow' in source ? () => (source as ReadySource).takeNow() : nothingAtHand;
}

/** Hands every piece to `use`, and waits for it where it returns a promise. The source is ended early when `use` fails. */
export async function forEachPiece(source: Source, use: (piece: Uint8Array) => void | Promise<void>): Promise<void> {
  const takeNow = takerOf(source);
  const iterator = source[Symbol.asyncIterator]();
  for (;;) {
    let piece = takeNow();
    if (piece === undefined) {
      const next = await iterator.next();
      if (next.done === true) return;
      piece = next.value;
    }
    try {
      const used = use(piece);
      if (used !== undefined) await used;
    } catch (error) {
      await iterator.return?.();
      throw error;
    }
  }
}

/** The same bytes, seen as they pass. One pass; a reader that stops leaves the rest to the next one. */
export class SeenBytes implements ReadySource, AsyncIterator<Uint8Array> {
  readonly #takeNow: () => Uint8Array | undefined;
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #see: (piece: Uint8Array) => void;

  constructor(source: Source, see: (piece: Uint8Array) => void) {
    this.#takeNow = takerOf(source);
    this.#pieces = source[Symbol.asyncIterator]();
    this.#see = see;
  }

  takeNow(): Uint8Array | undefined {
    const piece = this.#takeNow();
    if (piece !== undefined) this.#see(piece);
    return piece;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    const result = await this.#pieces.next();
    if (result.done !== true) this.#see(result.value);
    return result;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
