import type { ByteSource } from '../../src/bytes/byte-reader.ts';
import { objectExists, objectNotFound } from '../../src/storage/failures.ts';
import { checkObjectName, compareNames } from '../../src/storage/object-name.ts';
import type {
  ListOptions,
  ReadOptions,
  Storage,
  StorageAbilities,
  StorageOptions,
  StoredObject,
} from '../../src/storage/storage.ts';

const pieceSize = 1024 * 1024;

/** Objects in memory: for tests, and the shortest statement of what a storage does. */
export class MemoryStorage implements Storage {
  readonly description = 'memory';
  readonly abilities: StorageAbilities;
  readonly #objects = new Map<string, { readonly bytes: Buffer; readonly storedAtMs: number | undefined }>();
  readonly #clock: (() => number) | undefined;

  /** @param clock tells when objects are stored, ms since 1970; without, the storage does not tell */
  constructor(clock?: () => number) {
    this.#clock = clock;
    this.abilities = { putOnce: true, objectTime: clock !== undefined, lock: false, putsSettle: false };
  }

  async put(name: string, body: () => ByteSource, { signal }: StorageOptions = {}): Promise<{ sizeBytes: number }> {
    checkObjectName(name);
    this.#refuseExisting(name);
    const pieces: Uint8Array[] = [];
    for await (const piece of body()) {
      signal?.throwIfAborted();
      pieces.push(Uint8Array.from(piece));
    }
    signal?.throwIfAborted();
    this.#refuseExisting(name);
    const bytes = Buffer.concat(pieces);
    this.#objects.set(name, { bytes, storedAtMs: this.#clock?.() });
    return { sizeBytes: bytes.length };
  }

  async *get(name: string, { offset = 0, length = Infinity, signal }: ReadOptions = {}): ByteSource {
    await Promise.resolve();
    const bytes = this.#objects.get(checkObjectName(name))?.bytes;
    if (bytes === undefined) throw objectNotFound(name, this.description);
    const end = Math.min(bytes.length, offset + length);
    for (let from = offset; from < end; from += pieceSize) {
      signal?.throwIfAborted();
      yield Uint8Array.from(bytes.subarray(from, Math.min(end, from + pieceSize)));
    }
  }

  async stat(name: string, { signal }: StorageOptions = {}): Promise<StoredObject | undefined> {
    await Promise.resolve();
    signal?.throwIfAborted();
    const found = this.#objects.get(checkObjectName(name));
    return found && { name, sizeBytes: found.bytes.length, storedAtMs: found.storedAtMs };
  }

  async *list(prefix: string, { recursive = true, signal }: ListOptions = {}): AsyncIterable<StoredObject> {
    for (const name of this.#names(prefix)) {
      if (!recursive && name.includes('/', prefix.length)) continue;
      const found = await this.stat(name, { signal });
      if (found !== undefined) yield found;
    }
  }

  async *folders(prefix: string, { signal }: StorageOptions = {}): AsyncIterable<string> {
    await Promise.resolve();
    const below = this.#names(prefix).filter((name) => name.includes('/', prefix.length));
    for (const folder of new Set(below.map((name) => name.slice(0, name.indexOf('/', prefix.length) + 1)))) {
      signal?.throwIfAborted();
      yield folder;
    }
  }

  async delete(name: string, { signal }: StorageOptions = {}): Promise<void> {
    await Promise.resolve();
    signal?.throwIfAborted();
    this.#objects.delete(checkObjectName(name));
  }

  async sweep({ signal }: StorageOptions = {}): Promise<number> {
    await Promise.resolve();
    signal?.throwIfAborted();
    return 0;
  }

  #names(prefix: string): string[] {
    return [...this.#objects.keys()].filter((name) => name.startsWith(prefix)).sort(compareNames);
  }

  #refuseExisting(name: string): void {
    // As in a directory, a name cannot be an object and a folder at once.
    const taken = [...this.#objects.keys()].some((other) => other === name || other.startsWith(`${name}/`));
    const parts = name.split('/');
    const under = parts.some((_, index) => index > 0 && this.#objects.has(parts.slice(0, index).join('/')));
    if (taken || under) throw objectExists(name, this.description);
  }
}
