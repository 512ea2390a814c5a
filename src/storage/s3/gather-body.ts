import { createHash, type Hash } from 'node:crypto';
import type { ByteSource } from '../../bytes/byte-reader.ts';
import { giveBackSlabs, slabBytes, takeSlab } from './slabs.ts';

/** The beginning of a body, or all of it, in memory. */
export interface GatheredBytes {
  readonly pieces: readonly Buffer[];
  readonly sizeBytes: number;
  /** SHA-256 of these bytes in hex. */
  readonly hash: string;
  /** Its memory is used for others from now on. Only for what no connection can be sending any more. */
  readonly release: () => void;
}

/** Takes a body out of its source in parts of at most `partBytes`, each in memory as a whole. Pieces of the source may be views that do not last: they are copied. */
export class BodyGatherer {
  readonly #iterator: AsyncIterator<Uint8Array>;
  /** Of all parts so far. */
  #whole: Hash | undefined;
  readonly #md5: Hash | undefined;
  #left: Uint8Array | undefined;
  #isOver = false;

  readonly #knownHash: (() => string | undefined) | undefined;
  #parts = 0;

  /**
   * @param options.withMd5 of the whole as well
   * @param options.knownHash the hash of the whole, asked for when it was read to its end; where that is undefined it is made here
   */
  constructor(
    source: ByteSource,
    {
      withMd5 = false,
      knownHash,
    }: { readonly withMd5?: boolean; readonly knownHash?: (() => string | undefined) | undefined } = {},
  ) {
    this.#knownHash = knownHash;
    this.#iterator = source[Symbol.asyncIterator]();
    this.#md5 = withMd5 ? createHash('md5') : undefined;
  }

  /** Whether all was taken. Known only after a part that is shorter than what was asked for. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The hash of all that was taken, in hex. */
  get hash(): string {
    return (this.#whole ?? createHash('sha256')).copy().digest('hex');
  }

  /** The MD5 of all that was taken, in base64, where it was asked for. */
  get md5(): string | undefined {
    return this.#md5?.copy().digest('base64');
  }

  /** The next part: `partBytes`, or less where the body ends. @throws what the source throws */
  async part(partBytes: number): Promise<GatheredBytes> {
    const slabs: Buffer[] = [];
    let sizeBytes = 0;
    for (let piece = await this.#next(); piece !== undefined && sizeBytes < partBytes;) {
      const filled = sizeBytes % slabBytes;
      if (filled === 0) slabs.push(takeSlab());
      const count = Math.min(piece.length, slabBytes - filled, partBytes - sizeBytes);
      slabs.at(-1)?.set(piece.subarray(0, count), filled);
      sizeBytes += count;
      piece = count < piece.length ? piece.subarray(count) : await this.#after(sizeBytes < partBytes);
      this.#left = piece;
    }
    const pieces = slabs.map((slab, index) => slab.subarray(0, Math.min(slabBytes, sizeBytes - index * slabBytes)));
    return { pieces, sizeBytes, hash: this.#hashOf(pieces), release: () => giveBackSlabs(slabs.splice(0)) };
  }

  /** Counts the part to the whole. */
  #hashOf(pieces: readonly Buffer[]): string {
    this.#parts += 1;
    if (this.#md5 !== undefined) for (const piece of pieces) this.#md5.update(piece);
    const known = this.#parts === 1 && this.#isOver ? this.#knownHash?.() : undefined;
    if (known !== undefined) return known;
    const hash = createHash('sha256');
    for (const piece of pieces) hash.update(piece);
    if (this.#whole === undefined) this.#whole = hash.copy();
    else for (const piece of pieces) this.#whole.update(piece);
    return hash.digest('hex');
  }

  /** Reads what is left without keeping it. @returns how many bytes */
  async rest(): Promise<number> {
    let sizeBytes = 0;
    for (let piece = await this.#next(); piece !== undefined; piece = await this.#next()) {
      (this.#whole ??= createHash('sha256')).update(piece);
      this.#md5?.update(piece);
      sizeBytes += piece.length;
      this.#left = undefined;
    }
    return sizeBytes;
  }

  /** Ends the source early. */
  async close(): Promise<void> {
    if (!this.#isOver) await this.#iterator.return?.();
  }

  async #after(isWanted: boolean): Promise<Uint8Array | undefined> {
    this.#left = undefined;
    return isWanted ? this.#next() : undefined;
  }

  async #next(): Promise<Uint8Array | undefined> {
    if (this.#left !== undefined) return this.#left;
    while (!this.#isOver) {
      const next = await this.#iterator.next();
      if (next.done === true) this.#isOver = true;
      else if (next.value.length > 0) return next.value;
    }
    return undefined;
  }
}
