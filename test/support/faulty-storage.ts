import type { ByteSource } from '../../src/bytes/byte-reader.ts';
import { BackupError } from '../../src/errors/backup-error.ts';
import { say } from '../../src/messages/message.ts';
import { storageFailure } from '../../src/storage/failures.ts';
import type {
  ListOptions,
  ReadOptions,
  Storage,
  StorageAbilities,
  StorageOptions,
  StoredObject,
} from '../../src/storage/storage.ts';

export type StorageCall = 'put' | 'get' | 'stat' | 'list' | 'folders' | 'delete';

/**
 * What to do before a call: `fail` does nothing of it, `fail-after` does it and then fails, as a lost answer does; `refuse`: this account may not, `unreadable`: the disk cannot read it.
 */
export type Fault = 'fail' | 'fail-after' | 'refuse' | 'unreadable' | undefined;

/** A storage whose calls fail where `faultOf` says so. Calls are numbered from 1. */
export class FaultyStorage implements Storage {
  readonly description = 'faulty storage';
  readonly #inner: Storage;
  readonly #faultOf: (call: StorageCall, name: string, number: number) => Fault;
  calls = 0;

  get abilities(): StorageAbilities {
    return this.#inner.abilities;
  }

  constructor(inner: Storage, faultOf: (call: StorageCall, name: string, number: number) => Fault) {
    this.#inner = inner;
    this.#faultOf = faultOf;
  }

  put(name: string, body: () => ByteSource, options?: StorageOptions) {
    return this.#call('put', name, () => this.#inner.put(name, body, options));
  }

  async *get(name: string, options?: ReadOptions): ByteSource {
    await this.#call('get', name, () => Promise.resolve());
    yield* this.#inner.get(name, options);
  }

  stat(name: string, options?: StorageOptions) {
    return this.#call('stat', name, () => this.#inner.stat(name, options));
  }

  async *list(prefix: string, options?: ListOptions): AsyncIterable<StoredObject> {
    await this.#call('list', prefix, () => Promise.resolve());
    yield* this.#inner.list(prefix, options);
  }

  async *folders(prefix: string, options?: StorageOptions): AsyncIterable<string> {
    await this.#call('folders', prefix, () => Promise.resolve());
    yield* this.#inner.folders(prefix, options);
  }

  delete(name: string, options?: StorageOptions) {
    return this.#call('delete', name, () => this.#inner.delete(name, options));
  }

  sweep(options?: StorageOptions) {
    return this.#inner.sweep(options);
  }

  async #call<Result>(call: StorageCall, name: string, perform: () => Promise<Result>): Promise<Result> {
    this.calls += 1;
    const fault = this.#faultOf(call, name, this.calls);
    if (fault === 'fail') throw this.#failure(name);
    if (fault === 'refuse') throw new BackupError('AUTHENTICATION', say('s3.denied', { name, named: 'on purpose' }));
    if (fault === 'unreadable') {
      const cause = Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
      throw storageFailure(name, this.description, cause, 'read');
    }
    const result = await perform();
    if (fault === 'fail-after') throw this.#failure(name);
    return result;
  }

  #failure(name: string): BackupError {
    return new BackupError('STORAGE_UNAVAILABLE', say('storage.failed', { name, reason: 'a fault on purpose' }));
  }
}
