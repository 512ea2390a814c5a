import type { ByteSource } from '../bytes/byte-reader.ts';
import { renamedLock } from './object-lock.ts';
import type { ListOptions, PutOptions, ReadOptions, Storage, StorageOptions, StoredObject } from './storage.ts';

/**
 * The objects below a folder of a storage (`a/b/`), as a storage of its own: their names lose the folder. `sweep` is that of the whole.
 * @param description for people; default: the folder of the whole
 */
export function storageBelow(storage: Storage, folder: string, description?: string): Storage {
  return new StorageBelow(storage, folder, description);
}

class StorageBelow implements Storage {
  readonly #inner: Storage;
  readonly #folder: string;

  readonly description: string;

  constructor(inner: Storage, folder: string, description?: string) {
    this.#inner = inner;
    this.#folder = folder;
    this.description = description ?? `${inner.description}/${folder.replace(/\/$/, '')}`;
  }

  get abilities() {
    return this.#inner.abilities;
  }

  get lock() {
    return renamedLock(this.#inner.lock, (name) => this.#folder + name);
  }

  get clockOffMs(): number | undefined {
    return this.#inner.clockOffMs;
  }

  get nowMs(): number | undefined {
    return this.#inner.nowMs;
  }

  put(name: string, body: () => ByteSource, options?: PutOptions) {
    return this.#inner.put(this.#folder + name, body, options);
  }

  get(name: string, options?: ReadOptions): ByteSource {
    return this.#inner.get(this.#folder + name, options);
  }

  async stat(name: string, options?: StorageOptions): Promise<StoredObject | undefined> {
    const found = await this.#inner.stat(this.#folder + name, options);
    return found && { ...found, name };
  }

  async *list(prefix: string, options?: ListOptions): AsyncIterable<StoredObject> {
    for await (const found of this.#inner.list(this.#folder + prefix, options)) {
      yield { ...found, name: found.name.slice(this.#folder.length) };
    }
  }

  async *folders(prefix: string, options?: StorageOptions): AsyncIterable<string> {
    for await (const name of this.#inner.folders(this.#folder + prefix, options)) {
      yield name.slice(this.#folder.length);
    }
  }

  async *irregular(folder: string, options?: StorageOptions): AsyncIterable<string> {
    for await (const name of this.#inner.irregular?.(this.#folder + folder, options) ?? []) {
      yield name.slice(this.#folder.length);
    }
  }

  delete(name: string, options?: StorageOptions): Promise<void> {
    return this.#inner.delete(this.#folder + name, options);
  }

  async mayDelete(name: string, options?: StorageOptions): Promise<boolean | undefined> {
    return this.#inner.mayDelete?.(this.#folder + name, options);
  }

  sweep(options?: StorageOptions & { readonly idleMs?: number | undefined }): Promise<number> {
    return this.#inner.sweep(options);
  }
}
