import type { PackId } from '../packs/chunk-ref.ts';
import { isId } from '../repository/names.ts';
import type { StoredPackFacts } from '../verify/stored-survey.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';

interface Listed {
  readonly sizeBytes: number;
  readonly storedAtMs: number | undefined;
  /** Stored in this run. */
  readonly isNew: boolean;
}

/** Which packs one of the two has, by one listing, made when the first is asked for. Memory: about a hundred bytes a pack. */
export class ListedPacks {
  readonly #storage: Storage;
  readonly #options: StorageOptions;
  #owners: Promise<Map<string, Map<number, Listed>>> | undefined;

  constructor(storage: Storage, options: StorageOptions) {
    this.#storage = storage;
    this.#options = options;
  }

  /** Bytes of its content; undefined: it is not there; -1: what is there has no such size. */
  async sizeOf({ backup, number }: PackId): Promise<number | undefined> {
    return (await this.#listed()).get(backup)?.get(number)?.sizeBytes;
  }

  /** Undefined for one that this run stored, or that is not there. */
  async before(pack: PackId): Promise<StoredPackFacts | undefined> {
    const listed = (await this.#listed()).get(pack.backup)?.get(pack.number);
    return listed === undefined || listed.isNew ? undefined : { pack, ...listed };
  }

  async add({ backup, number }: PackId, sizeBytes: number): Promise<void> {
    const owners = await this.#listed();
    const ofOwner = owners.get(backup) ?? new Map<number, Listed>();
    owners.set(backup, ofOwner.set(number, { sizeBytes, storedAtMs: undefined, isNew: true }));
  }

  #listed(): Promise<Map<string, Map<number, Listed>>> {
    return (this.#owners ??= this.#list());
  }

  async #list(): Promise<Map<string, Map<number, Listed>>> {
    const owners = new Map<string, Map<number, Listed>>();
    for await (const { name, sizeBytes, storedAtMs } of this.#storage.list('packs/', this.#options)) {
      const [, owner = '', , number = ''] = name.split('/');
      if (!isId(owner) || !/^[0-9]{8,15}$/.test(number)) continue;
      const ofOwner = owners.get(owner) ?? new Map<number, Listed>();
      owners.set(owner, ofOwner.set(Number(number), { sizeBytes, storedAtMs, isNew: false }));
    }
    return owners;
  }
}
