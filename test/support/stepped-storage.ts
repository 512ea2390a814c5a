import type { ByteSource } from '../../src/bytes/byte-reader.ts';
import type { ListOptions, ReadOptions, Storage, StorageOptions, StoredObject } from '../../src/storage/storage.ts';

/** A storage each call of which waits until it may begin. */
class GatedStorage implements Storage {
  readonly description = 'stepped storage';
  readonly #inner: Storage;
  readonly #gate: () => Promise<void>;

  constructor(inner: Storage, gate: () => Promise<void>) {
    this.#inner = inner;
    this.#gate = gate;
  }

  get abilities() {
    return this.#inner.abilities;
  }

  async put(name: string, body: () => ByteSource, options?: StorageOptions) {
    await this.#gate();
    return this.#inner.put(name, body, options);
  }

  async *get(name: string, options?: ReadOptions): ByteSource {
    await this.#gate();
    yield* this.#inner.get(name, options);
  }

  async stat(name: string, options?: StorageOptions) {
    await this.#gate();
    return this.#inner.stat(name, options);
  }

  async *list(prefix: string, options?: ListOptions): AsyncIterable<StoredObject> {
    await this.#gate();
    yield* this.#inner.list(prefix, options);
  }

  async *folders(prefix: string, options?: StorageOptions): AsyncIterable<string> {
    await this.#gate();
    yield* this.#inner.folders(prefix, options);
  }

  async delete(name: string, options?: StorageOptions) {
    await this.#gate();
    return this.#inner.delete(name, options);
  }

  sweep(options?: StorageOptions) {
    return this.#inner.sweep(options);
  }
}

/** A run whose calls to a storage are let go one by one; one that is left alone is a crashed one. */
export class SteppedRun {
  /** What it threw. */
  failure: Error | undefined;
  isOver = false;
  readonly #waiting: (() => void)[] = [];
  #changed: () => void = () => undefined;

  constructor(storage: Storage, perform: (storage: Storage) => Promise<void>) {
    const gate = () =>
      new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        this.#changed();
      });
    perform(new GatedStorage(storage, gate))
      .catch((error: unknown) => (this.failure = error instanceof Error ? error : new Error(String(error))))
      .finally(() => {
        this.isOver = true;
        this.#changed();
      });
  }

  /** Lets so many calls go, or all. Resolves when the next one waits, or the run is over. @returns how many there were */
  async step(count = Infinity): Promise<number> {
    await this.#quiet();
    let done = 0;
    for (; done < count && !this.isOver; done += 1) {
      this.#waiting.shift()?.();
      await this.#quiet();
    }
    return done;
  }

  async #quiet(): Promise<void> {
    while (this.#waiting.length === 0 && !this.isOver) {
      await new Promise<void>((resolve) => (this.#changed = resolve));
    }
  }
}
