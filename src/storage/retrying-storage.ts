import type { ByteSource } from '../bytes/byte-reader.ts';
import { BackupError } from '../errors/backup-error.ts';
import type { ErrorCode } from '../errors/codes.ts';
import { digestOf } from './digest.ts';
import { compareNames } from './object-name.ts';
import { retrying, type RetryPlan } from './retry.ts';
import type {
  ListOptions,
  PrepareOptions,
  PutOptions,
  ReadOptions,
  Storage,
  StorageAbilities,
  StorageLock,
  StoreFindings,
  StorageOptions,
  StoredObject,
} from './storage.ts';

/**
 * Opens a storage and keeps at it: what fails in a way that may pass (`retryable`) is done again within `plan`, from where it
 * was. Bytes that were handed out do not come twice.
 * @throws what the last attempt threw
 */
export async function openRetrying(
  open: () => Promise<Storage>,
  plan: RetryPlan,
  { signal }: StorageOptions = {},
): Promise<Storage> {
  return new RetryingStorage(await retrying(open, plan, { signal }), plan);
}

class RetryingStorage implements Storage {
  readonly #inner: Storage;
  readonly #plan: RetryPlan;

  constructor(inner: Storage, plan: RetryPlan) {
    this.#inner = inner;
    this.#plan = plan;
  }

  get description(): string {
    return this.#inner.description;
  }

  get abilities(): StorageAbilities {
    return this.#inner.abilities;
  }

  get lock(): StorageLock | undefined {
    const { lock } = this.#inner;
    if (lock === undefined) return undefined;
    return {
      lockedForMs: lock.lockedForMs,
      get nowMs() {
        return lock.nowMs;
      },
      lockedUntil: (name, options = {}) => this.#again(options, () => lock.lockedUntil(name, options)),
      extend: (name, times, options = {}) => this.#again(options, () => lock.extend(name, times, options)),
    };
  }

  prepare(options: PrepareOptions = {}): Promise<StoreFindings | undefined> {
    return this.#again(options, () => Promise.resolve(this.#inner.prepare?.(options)));
  }

  get clockOffMs(): number | undefined {
    return this.#inner.clockOffMs;
  }

  get nowMs(): number | undefined {
    return this.#inner.nowMs;
  }

  async put(name: string, body: () => ByteSource, options: PutOptions = {}): Promise<{ sizeBytes: number }> {
    let isRepeated = false;
    return this.#again(options, async () => {
      try {
        return await this.#inner.put(name, body, options);
      } catch (error) {
        // The answer to an earlier attempt may have been lost on its way: then what is there is ours.
        const wasRepeated = isRepeated;
        isRepeated = true;
        if (!wasRepeated || !isCode(error, 'OBJECT_EXISTS')) throw error;
        const sizeBytes = await this.#sizeIfEqual(name, body(), options);
        if (sizeBytes === undefined) throw error;
        return { sizeBytes };
      }
    });
  }

  async *get(name: string, options: ReadOptions = {}): ByteSource {
    const { offset = 0, length = Infinity } = options;
    let done = 0;
    yield* this.#resumed(
      () => this.#inner.get(name, { ...options, offset: offset + done, length: length - done }),
      (piece) => (done += piece.length),
      options,
    );
  }

  stat(name: string, options: StorageOptions = {}): Promise<StoredObject | undefined> {
    return this.#again(options, () => this.#inner.stat(name, options));
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncIterable<StoredObject> {
    const seen = skipper();
    yield* this.#resumed(
      () => seen.rest(this.#inner.list(prefix, options), ({ name }) => name),
      ({ name }) => seen.note(name),
      options,
    );
  }

  async *folders(prefix: string, options: StorageOptions = {}): AsyncIterable<string> {
    const seen = skipper();
    yield* this.#resumed(
      () => seen.rest(this.#inner.folders(prefix, options), (name) => name),
      (name) => seen.note(name),
      options,
    );
  }

  async *irregular(folder: string, options?: StorageOptions): AsyncIterable<string> {
    yield* this.#inner.irregular?.(folder, options) ?? [];
  }

  delete(name: string, options: StorageOptions = {}): Promise<void> {
    return this.#again(options, () => this.#inner.delete(name, options));
  }

  mayDelete(name: string, options: StorageOptions = {}): Promise<boolean | undefined> {
    return this.#again(options, () => Promise.resolve(this.#inner.mayDelete?.(name, options)));
  }

  sweep(options: StorageOptions & { readonly idleMs?: number | undefined } = {}): Promise<number> {
    return this.#again(options, () => this.#inner.sweep(options));
  }

  #again<Result>({ signal }: StorageOptions, attempt: () => Promise<Result>): Promise<Result> {
    return retrying(attempt, this.#plan, { signal });
  }

  /** What `begin` delivers; where that fails, what the next `begin` does, which begins behind what `note` was told of. */
  async *#resumed<Item>(
    begin: () => AsyncIterable<Item>,
    note: (item: Item) => void,
    { signal }: StorageOptions,
  ): AsyncGenerator<Item, void, undefined> {
    let rest: AsyncIterator<Item> | undefined;
    let progressed = false;
    const next = async (): Promise<IteratorResult<Item>> => {
      rest ??= begin()[Symbol.asyncIterator]();
      try {
        return await rest.next();
      } catch (error) {
        rest = undefined;
        throw error;
      }
    };
    const sinceFailure = (): boolean => {
      const was = progressed;
      progressed = false;
      return was;
    };
    try {
      for (;;) {
        const result = await retrying(next, this.#plan, { signal, progressed: sinceFailure });
        if (result.done === true) return;
        progressed = true;
        note(result.value);
        yield result.value;
      }
    } finally {
      await rest?.return?.();
    }
  }

  async #sizeIfEqual(name: string, body: ByteSource, options: StorageOptions): Promise<number | undefined> {
    // What stands in the way need not be an object: a folder of that name, or an object in place of a folder.
    if ((await this.#inner.stat(name, options)) === undefined) return undefined;
    const wanted = await digestOf(body);
    const found = await digestOf(this.#inner.get(name, options));
    return wanted.sha256 === found.sha256 ? wanted.sizeBytes : undefined;
  }
}

/** Passes over the names up to the last one noted: listings are ordered by the bytes of their names. */
function skipper() {
  let last: string | undefined;
  return {
    note: (name: string): void => {
      last = name;
    },
    rest: async function* <Item>(items: AsyncIterable<Item>, nameOf: (item: Item) => string): AsyncGenerator<Item> {
      for await (const item of items) {
        if (last === undefined || compareNames(nameOf(item), last) > 0) yield item;
      }
    },
  };
}

function isCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof BackupError && error.code === code;
}
