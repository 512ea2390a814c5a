import type { ByteSource } from '../bytes/byte-reader.ts';
import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import type {
  ListOptions,
  PutOptions,
  ReadOptions,
  Storage,
  StorageOptions,
  StoredObject,
} from '../storage/storage.ts';

/** What a system says of one object, or of one place on a disk; others may be read nevertheless. */
const ofOneObject: readonly string[] = ['EIO', 'EBADMSG', 'EUCLEAN', 'EILSEQ', 'EACCES', 'EPERM'];

/**
 * A storage that is copied from: what cannot be read of it counts as damaged (`CORRUPT`, with the sentence that says why), where that is about this object alone. A
 * storage that cannot be reached is another thing.
 */
export function readableSource(inner: Storage): Storage {
  return new ReadableSource(inner);
}

class ReadableSource implements Storage {
  readonly #inner: Storage;

  constructor(inner: Storage) {
    this.#inner = inner;
  }

  get description(): string {
    return this.#inner.description;
  }

  get abilities() {
    return this.#inner.abilities;
  }

  get lock() {
    return this.#inner.lock;
  }

  get nowMs(): number | undefined {
    return this.#inner.nowMs;
  }

  get(name: string, options?: ReadOptions): ByteSource {
    return told(this.#inner.get(name, options));
  }

  async stat(name: string, options?: StorageOptions): Promise<StoredObject | undefined> {
    try {
      return await this.#inner.stat(name, options);
    } catch (error) {
      throw asDamage(error);
    }
  }

  list(prefix: string, options?: ListOptions): AsyncIterable<StoredObject> {
    return told(this.#inner.list(prefix, options));
  }

  folders(prefix: string, options?: StorageOptions): AsyncIterable<string> {
    return told(this.#inner.folders(prefix, options));
  }

  irregular(folder: string, options?: StorageOptions): AsyncIterable<string> {
    return told(this.#inner.irregular?.(folder, options) ?? nothing());
  }

  put(name: string, body: () => ByteSource, options?: PutOptions) {
    return this.#inner.put(name, body, options);
  }

  delete(name: string, options?: StorageOptions): Promise<void> {
    return this.#inner.delete(name, options);
  }

  sweep(options?: StorageOptions & { readonly idleMs?: number | undefined }): Promise<number> {
    return this.#inner.sweep(options);
  }
}

async function* told<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item, void, undefined> {
  try {
    yield* items;
  } catch (error) {
    throw asDamage(error);
  }
}

async function* nothing(): AsyncGenerator<never, void, undefined> {
  // A storage without anything but objects.
}

function asDamage(error: unknown): unknown {
  if (!(error instanceof BackupError)) return error;
  const isCold = error.kind === 'cold-object';
  const system = systemCodeOf(error.cause);
  if (!isCold && (system === undefined || !ofOneObject.includes(system))) return error;
  return error.with({ code: 'CORRUPT', retryable: false });
}
