import type { PackId } from '../packs/chunk-ref.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';

/** Which packs the target has, by listing; each backup that wrote some is listed once. Memory: a few dozen bytes a pack. */
export class TargetPacks {
  readonly #storage: Storage;
  readonly #options: StorageOptions;
  readonly #owners = new Map<string, Promise<Map<number, number>>>();

  constructor(storage: Storage, options: StorageOptions) {
    this.#storage = storage;
    this.#options = options;
  }

  /** Bytes of its content; undefined: it is not there; -1: what is there has no such size. */
  async sizeOf({ backup, number }: PackId): Promise<number | undefined> {
    return (await this.#ofOwner(backup)).get(number);
  }

  async add({ backup, number }: PackId, sizeBytes: number): Promise<void> {
    (await this.#ofOwner(backup)).set(number, sizeBytes);
  }

  #ofOwner(owner: string): Promise<Map<number, number>> {
    const known = this.#owners.get(owner) ?? this.#list(owner);
    this.#owners.set(owner, known);
    return known;
  }

  async #list(owner: string): Promise<Map<number, number>> {
    const sizes = new Map<number, number>();
    for await (const { name, sizeBytes } of this.#storage.list(`packs/${owner}/`, this.#options)) {
      sizes.set(Number(name.slice(name.lastIndexOf('/') + 1)), sizeBytes);
    }
    return sizes;
  }
}
