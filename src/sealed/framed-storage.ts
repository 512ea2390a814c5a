import type { ByteSource } from '../bytes/byte-reader.ts';
import { BackupError } from '../errors/backup-error.ts';
import { digestOf } from '../storage/digest.ts';
import { objectExists, objectNotFound } from '../storage/failures.ts';
import { renamedLock } from '../storage/object-lock.ts';
import { checkObjectName } from '../storage/object-name.ts';
import type {
  ListOptions,
  ReadOptions,
  Storage,
  StorageAbilities,
  StorageLock,
  StorageOptions,
  StoredObject,
} from '../storage/storage.ts';
import { EncryptedNames } from './encrypted-names.ts';
import { contentSizeOf } from './frame-format.ts';
import { FramedBody } from './framed-body.ts';
import { FramedReader, type NamedObject } from './framed-reader.ts';
import type { FrameProtection } from './object-frames.ts';
import { ClearNames, type ObjectNames } from './object-names.ts';

export interface FramedStorage extends Storage {
  /**
   * What lies below a clear folder ('' or ending in `/`) and has a name that no object of ours can have there, by its name in the storage; a folder ends in `/`
   * and stands for all that is in it. Not encrypted, there is no such name.
   */
  foreignNames(prefix: string, options?: StorageOptions): AsyncIterable<string>;
}

/**
 * Objects of `inner` as frames, so that what was damaged, cut, renamed or put in the place of another is `CORRUPT` when it is read (`REPOSITORY_VERSION`: it has a newer format); encrypted, nobody
 * reads them or their names without the master key. Format: docs/design/repository.md, Frames.
 *
 * Sizes and ranges are those of the content. A listing tells the size −1 for an object that no content gives that size, because it is damaged; `stat` of it is
 * `CORRUPT`. Encrypted, a part of a name has at most 128 bytes of UTF-8 (else `USAGE`), a listing has one folder at a time in memory, and objects that are not ours are passed over.
 */
export function framedStorage(inner: Storage, protection: FrameProtection): FramedStorage {
  const names = protection.kind === 'encrypted' ? new EncryptedNames(inner, protection.master) : new ClearNames(inner);
  return new Framed(inner, protection, names);
}

class Framed implements FramedStorage {
  readonly #inner: Storage;
  readonly #protection: FrameProtection;
  readonly #names: ObjectNames;
  readonly #reader: FramedReader;

  constructor(inner: Storage, protection: FrameProtection, names: ObjectNames) {
    this.#inner = inner;
    this.#protection = protection;
    this.#names = names;
    this.#reader = new FramedReader(inner, protection);
  }

  get description(): string {
    return this.#inner.description;
  }

  get abilities(): StorageAbilities {
    return this.#inner.abilities;
  }

  get lock(): StorageLock | undefined {
    return renamedLock(this.#inner.lock, (name) => this.#objectOf(name).stored);
  }

  get clockOffMs(): number | undefined {
    return this.#inner.clockOffMs;
  }

  get nowMs(): number | undefined {
    return this.#inner.nowMs;
  }

  async put(name: string, body: () => ByteSource, { signal }: StorageOptions = {}): Promise<{ sizeBytes: number }> {
    const object = this.#objectOf(name);
    const framed = new FramedBody(this.#protection, name, body);
    try {
      const { sizeBytes } = await this.#inner.put(object.stored, () => framed.read(), { signal });
      return { sizeBytes: this.#reader.contentSize(object, sizeBytes) };
    } catch (error) {
      // The storage may have taken it for a failure of its own.
      if (framed.hasFailed) throw framed.failure;
      const sizeBytes = await this.#sizeIfOurs(object, error, {
        body,
        readings: framed.readings,
        signal,
      });
      if (sizeBytes === undefined) throw this.#inClear(object, error);
      return { sizeBytes };
    }
  }

  /** The size of what is there under the name, where an earlier attempt of `inner` stored it and only the answer was lost. */
  async #sizeIfOurs(
    object: NamedObject,
    error: unknown,
    { body, readings, signal }: StorageOptions & { readonly body: () => ByteSource; readonly readings: number },
  ): Promise<number | undefined> {
    if (readings < 2 || !(error instanceof BackupError) || error.code !== 'OBJECT_EXISTS') return undefined;
    // What stands in the way need not be an object.
    if ((await this.stat(object.name, { signal })) === undefined) return undefined;
    const wanted = await digestOf(body());
    const found = await digestOf(this.#reader.read(object, { signal }));
    return wanted.sha256 === found.sha256 ? wanted.sizeBytes : undefined;
  }

  async *get(name: string, options: ReadOptions = {}): ByteSource {
    const object = this.#objectOf(name);
    try {
      yield* this.#reader.read(object, options);
    } catch (error) {
      throw this.#inClear(object, error);
    }
  }

  async stat(name: string, options?: StorageOptions): Promise<StoredObject | undefined> {
    const object = this.#objectOf(name);
    const found = await this.#told(object, this.#inner.stat(object.stored, options));
    return found && { ...found, name, sizeBytes: this.#reader.contentSize(object, found.sizeBytes) };
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncIterable<StoredObject> {
    for await (const { name, found } of this.#names.list(prefix, options)) {
      yield { ...found, name, sizeBytes: contentSizeOf(found.sizeBytes) ?? -1 };
    }
  }

  folders(prefix: string, options: StorageOptions = {}): AsyncIterable<string> {
    return this.#names.folders(prefix, options);
  }

  irregular(folder: string, options: StorageOptions = {}): AsyncIterable<string> {
    return this.#names.irregular(folder, options);
  }

  foreignNames(prefix: string, options: StorageOptions = {}): AsyncIterable<string> {
    return this.#names.foreignNames(prefix, options);
  }

  async delete(name: string, options?: StorageOptions): Promise<void> {
    const object = this.#objectOf(name);
    await this.#told(object, this.#inner.delete(object.stored, options));
  }

  async mayDelete(name: string, options?: StorageOptions): Promise<boolean | undefined> {
    return this.#inner.mayDelete?.(this.#objectOf(name).stored, options);
  }

  sweep(options?: StorageOptions & { readonly idleMs?: number | undefined }): Promise<number> {
    return this.#inner.sweep(options);
  }

  #objectOf(name: string): NamedObject {
    return { name, stored: this.#names.storedName(checkObjectName(name)) };
  }

  async #told<Result>(object: NamedObject, answer: Promise<Result>): Promise<Result> {
    try {
      return await answer;
    } catch (error) {
      throw this.#inClear(object, error);
    }
  }

  /** What the storage says about an object, by the name that people know. */
  #inClear({ name, stored }: NamedObject, error: unknown): unknown {
    if (stored === name || !(error instanceof BackupError)) return error;
    const context = { ...error.context, object: stored };
    if (error.code === 'OBJECT_EXISTS') return objectExists(name, this.description).with({ context });
    if (error.code === 'OBJECT_NOT_FOUND') return objectNotFound(name, this.description).with({ context });
    return error.with({ context: { ...context, name } });
  }
}
