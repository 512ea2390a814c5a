import { createHash, type Hash } from 'node:crypto';
import type { ByteSource } from '../../bytes/byte-reader.ts';

/** Pieces are put together up to this size, in bytes. */
const slabBytes = 1024 * 1024;

/** The beginning of a body, or all of it, in memory. */
export interface GatheredBytes {
  readonly pieces: readonly Buffer[];
  readonly sizeBytes: number;
  /** SHA-256 of these bytes in hex. */
  readonly hash: string;
}

/** Takes a body out of its source in parts of at most `partBytes`, each in memory as a whole. Pieces of the source may be views that do not last: they are copied. */
export class BodyGatherer {
  readonly #iterator: AsyncIterator<Uint8Array>;
  /** Of all parts so far. */
  #whole: Hash | undefined;
  readonly #md5: Hash | undefined;
  #left: Uint8Array | undefined;
  #isOver = false;

  /** @param withMd5 of the whole as well */
  constructor(source: ByteSource, { withMd5 = false }: { readonly withMd5?: boolean } = {}) {
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
    const pieces: Buffer[] = [];
    const hash = createHash('sha256');
    let sizeBytes = 0;
    let slab = Buffer.allocUnsafe(0);
    let filled = 0;
    const flush = (): void => {
      if (filled > 0) pieces.push(slab.subarray(0, filled));
      filled = 0;
    };
    for (let piece = await this.#next(); piece !== undefined && sizeBytes < partBytes;) {
      if (filled === slab.length) {
        flush();
        slab = Buffer.allocUnsafe(Math.min(slabBytes, partBytes - sizeBytes));
      }
      const count = Math.min(piece.length, slab.length - filled);
      slab.set(piece.subarray(0, count), filled);
      filled += count;
      sizeBytes += count;
      piece = count < piece.length ? piece.subarray(count) : await this.#after(sizeBytes < partBytes);
      this.#left = piece;
    }
    flush();
    for (const piece of pieces) {
      hash.update(piece);
      this.#md5?.update(piece);
    }
    if (this.#whole === undefined) this.#whole = hash.copy();
    else for (const piece of pieces) this.#whole.update(piece);
    return { pieces, sizeBytes, hash: hash.digest('hex') };
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
