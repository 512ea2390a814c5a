import type { PackId } from '../packs/chunk-ref.ts';
import { isId } from '../repository/names.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';

/** Which packs the target has, by one listing, made when the first is asked for. Memory: a few dozen bytes a pack. */
export class TargetPacks {
  readonly #storage: Storage;
  readonly #options: StorageOptions;
  #owners: Promise<Map<string, Map<number, number>>> | undefined;

  constructor(storage: Storage, options: StorageOptions) {
    this.#storage = storage;
    this.#options = options;
  }

  /** Bytes of its content; undefined: it is not there; -1: what is there has no such size. */
  async sizeOf({ backup, number }: PackId): Promise<number | undefined> {
    return (await this.#listed()).get(backup)?.get(number);
  }

  async add({ backup, number }: PackId, sizeBytes: number): Promise<void> {
    const owners = await this.#listed();
    const ofOwner = owners.get(backup) ?? new Map<number, number>();
    owners.set(backup, ofOwner.set(number, sizeBytes));
  }

  #listed(): Promise<Map<string, Map<number, number>>> {
    return (this.#owners ??= this.#list());
  }

  async #list(): Promise<Map<string, Map<number, number>>> {
    const owners = new Map<string, Map<number, number>>();
    for await (const { name, sizeBytes } of this.#storage.list('packs/', this.#options)) {
      const [, owner = '', , number = ''] = name.split('/');
      if (!isId(owner) || !/^[0-9]{8,15}$/.test(number)) continue;
      const ofOwner = owners.get(owner) ?? new Map<number, number>();
      owners.set(owner, ofOwner.set(Number(number), sizeBytes));
    }
    return owners;
  }
}
