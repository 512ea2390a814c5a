import type { ByteString } from '../bytes/byte-string.ts';

/** Bounds the memory. A file that is not remembered is flushed once more, which is harmless. */
const mostPaths = 200_000;

/** The files that are flushed where they are written, so that the end of the backup need not do it. */
export class FlushedPaths {
  readonly #isUsed: boolean;
  readonly #paths = new Set<ByteString>();

  /** @param isUsed false: nothing is flushed, and nothing remembered */
  constructor(isUsed: boolean) {
    this.#isUsed = isUsed;
  }

  add(path: ByteString): void {
    if (this.#isUsed && this.#paths.size < mostPaths) this.#paths.add(path);
  }

  has(path: ByteString): boolean {
    return this.#paths.has(path);
  }
}
