import type { ListOptions, Storage, StorageOptions, StoredObject } from '../storage/storage.ts';

/** A listed object by its clear name, and as the storage lists it. */
export interface ListedObject {
  readonly name: string;
  readonly found: StoredObject;
}

/** How objects are called in the storage, and found again. */
export interface ObjectNames {
  /** @throws BackupError `USAGE` for a name that no object can have */
  storedName(name: string): string;
  /** As `Storage.list`. */
  list(prefix: string, options: ListOptions): AsyncIterable<ListedObject>;
  /** As `Storage.folders`. */
  folders(prefix: string, options: StorageOptions): AsyncIterable<string>;
  /** As `Storage.irregular`; those that have names of ours. */
  irregular(folder: string, options: StorageOptions): AsyncIterable<string>;
  /** As `FramedStorage.foreignNames`. */
  foreignNames(prefix: string, options: StorageOptions): AsyncIterable<string>;
}

/** Names as they are. */
export class ClearNames implements ObjectNames {
  readonly #inner: Storage;

  constructor(inner: Storage) {
    this.#inner = inner;
  }

  storedName(name: string): string {
    return name;
  }

  async *list(prefix: string, options: ListOptions): AsyncIterable<ListedObject> {
    for await (const found of this.#inner.list(prefix, options)) yield { name: found.name, found };
  }

  folders(prefix: string, options: StorageOptions): AsyncIterable<string> {
    return this.#inner.folders(prefix, options);
  }

  async *irregular(folder: string, options: StorageOptions): AsyncIterable<string> {
    yield* this.#inner.irregular?.(folder, options) ?? [];
  }

  async *foreignNames(): AsyncIterable<string> {
    // Every name is one that an object may have.
  }
}
