import type { ByteSource } from '../../src/bytes/byte-reader.ts';
import type { ListOptions, ReadOptions, Storage, StorageAbilities, StorageOptions } from '../../src/storage/storage.ts';

export interface Flip {
  readonly name: string;
  /** Byte of the object. */
  readonly offset: number;
  /** 0 … 7 */
  readonly bit: number;
}

/** A storage to be read, one bit of which is another one. */
export class FlippedStorage implements Storage {
  readonly description: string;
  readonly abilities: StorageAbilities;
  readonly #inner: Storage;
  readonly #flip: Flip;

  constructor(inner: Storage, flip: Flip) {
    this.#inner = inner;
    this.#flip = flip;
    this.description = inner.description;
    this.abilities = inner.abilities;
  }

  put(): Promise<{ sizeBytes: number }> {
    throw new Error('nothing is to be written');
  }

  delete(): Promise<void> {
    throw new Error('nothing is to be deleted');
  }

  sweep(): Promise<number> {
    throw new Error('nothing is to be deleted');
  }

  async *get(name: string, options: ReadOptions = {}): ByteSource {
    const { name: flipped, offset, bit } = this.#flip;
    let at = options.offset ?? 0;
    for await (const piece of this.#inner.get(name, options)) {
      const index = offset - at;
      at += piece.length;
      if (name !== flipped || index < 0 || index >= piece.length) {
        yield piece;
        continue;
      }
      const changed = Uint8Array.from(piece);
      changed[index] = (changed[index] ?? 0) ^ (1 << bit);
      yield changed;
    }
  }

  stat(name: string, options?: StorageOptions) {
    return this.#inner.stat(name, options);
  }

  list(prefix: string, options?: ListOptions) {
    return this.#inner.list(prefix, options);
  }

  folders(prefix: string, options?: StorageOptions) {
    return this.#inner.folders(prefix, options);
  }
}
