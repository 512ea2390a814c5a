import { closeSync, fdatasync, fsync } from 'node:fs';
import type { ByteString } from '../bytes/byte-string.ts';
import { fileFailure } from './failure.ts';

/** A large file is flushed while it grows, so that its end has not all of it to wait for. */
const everyBytes = 32 * 1024 * 1024;

/** Files that are closed for their writer, and wait to be on disk. Each keeps a descriptor. */
const mostWaiting = 64;

interface Flushed {
  readonly path: ByteString;
  readonly descriptor: number;
  unsyncedBytes: number;
  isBusy: boolean;
  isEnded: boolean;
}

/**
 * Flushes files in the pool of threads while later ones are written: many at a time share the commits of the file system, and at
 * the end little is left to wait for. Needs an event loop that turns.
 */
export class EarlySync {
  readonly #open = new Set<Flushed>();
  readonly #wholeFiles: boolean;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  /** @param wholeFiles whether each file is flushed at its end; else only large ones while they grow, and the rest is left to somebody else */
  constructor({ wholeFiles = true }: { readonly wholeFiles?: boolean } = {}) {
    this.#wholeFiles = wholeFiles;
  }

  /** Takes over a file that is written to `descriptor`. */
  begin(path: ByteString, descriptor: number): Flushed {
    const file = { path, descriptor, unsyncedBytes: 0, isBusy: false, isEnded: false };
    this.#open.add(file);
    return file;
  }

  wrote(file: Flushed, bytes: number): void {
    file.unsyncedBytes += bytes;
    if (file.unsyncedBytes < everyBytes || file.isBusy) return;
    file.unsyncedBytes = 0;
    file.isBusy = true;
    fdatasync(file.descriptor, (error) => this.#synced(file, error));
  }

  /** Nothing more is written to it: it is flushed and closed. */
  end(file: Flushed): void {
    file.isEnded = true;
    if (!file.isBusy) this.#endNow(file);
  }

  /** Whether so many files wait that no other should be begun: see `progress`. */
  get isFull(): boolean {
    return this.#open.size > mostWaiting;
  }

  /** Whether nothing waits. */
  get isIdle(): boolean {
    return this.#open.size === 0;
  }

  /** Resolves when a flush has ended. @throws BackupError `STORAGE_UNAVAILABLE` the first that failed, of any file so far */
  async progress(): Promise<void> {
    if (!this.isIdle && this.#failure === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.check();
  }

  /** @throws BackupError `STORAGE_UNAVAILABLE` the first flush that failed */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #endNow(file: Flushed): void {
    if (!this.#wholeFiles) {
      this.#close(file, undefined);
      return;
    }
    file.isBusy = true;
    fsync(file.descriptor, (error) => this.#close(file, error));
  }

  #close(file: Flushed, error: unknown): void {
    this.#open.delete(file);
    let failure = error;
    try {
      closeSync(file.descriptor);
    } catch (closeError) {
      failure ??= closeError;
    }
    this.#settle(file, failure);
  }

  #synced(file: Flushed, error: unknown): void {
    file.isBusy = false;
    if (file.isEnded) this.#endNow(file);
    this.#settle(file, error);
  }

  #settle({ path }: Flushed, error: unknown): void {
    if (error !== null && error !== undefined) this.#failure ??= fileFailure('sync', path, error);
    this.#wake?.();
    this.#wake = undefined;
  }
}

export type { Flushed };
