import { closeSync, fsyncSync, writeSync } from 'node:fs';
import type { ByteString } from '../bytes/byte-string.ts';
import { fileFailure } from './failure.ts';

/**
 * An open new file. Each piece is written at once and synchronously, while it is hot in the processor's cache: measured,
 * this beats both promises and gathering into larger writes. A slow disk blocks the thread meanwhile, so what must
 * answer in time (a WAL receiver) does not belong on the same thread.
 */
export class FileWriter {
  readonly path: ByteString;
  readonly #descriptor: number;
  #open = true;

  /** Takes over `descriptor`. */
  constructor(path: ByteString, descriptor: number) {
    this.path = path;
    this.#descriptor = descriptor;
  }

  /** @throws BackupError `STORAGE_UNAVAILABLE` */
  write(piece: Uint8Array): void {
    let done = 0;
    try {
      while (done < piece.length) done += writeSync(this.#descriptor, piece, done);
    } catch (error) {
      throw fileFailure('write', this.path, error);
    }
  }

  /** Flushes the content. For a tree of files `syncTree` at the end is faster. @throws BackupError `STORAGE_UNAVAILABLE` */
  sync(): void {
    try {
      fsyncSync(this.#descriptor);
    } catch (error) {
      throw fileFailure('sync', this.path, error);
    }
  }

  /** Closes the file; again is harmless. @throws BackupError `STORAGE_UNAVAILABLE`: some file systems report a full disk only now */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    try {
      closeSync(this.#descriptor);
    } catch (error) {
      throw fileFailure('write', this.path, error);
    }
  }

  /** Closes a file that nobody will use, after a failure. */
  abandon(): void {
    try {
      this.close();
    } catch {
      // What is in it does not matter any more.
    }
  }
}
