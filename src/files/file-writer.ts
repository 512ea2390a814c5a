import { closeSync, fdatasync, fsyncSync, writeSync } from 'node:fs';
import type { ByteString } from '../bytes/byte-string.ts';
import { fileFailure } from './failure.ts';
import { writeAtClose } from './write-at-close.ts';

/** How much is written before a flush of it is begun, in bytes. */
const flushedBytes = 32 * 1024 * 1024;

/**
 * An open new file. Each piece is written at once and synchronously, while it is hot in the processor's cache: measured,
 * this beats both promises and gathering into larger writes. A slow disk blocks the thread meanwhile, so what must
 * answer in time (a WAL receiver) does not belong on the same thread.
 */
export class FileWriter {
  readonly path: ByteString;
  readonly #descriptor: number;
  #open = true;
  #unflushed = 0;
  #flush: Promise<unknown> | undefined;

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

  /** It is flushed by somebody else, later: see `writeAtClose`. Before anything is written. */
  writeAtClose(): void {
    writeAtClose(this.#descriptor);
  }

  /**
   * `write` of a large file that is to be flushed: its flush begins, in the pool of threads, while it grows, so that its end has not all
   * of it to wait for. To be closed by `closeFlushed`.
   */
  writeFlushed(piece: Uint8Array): void {
    this.write(piece);
    this.#unflushed += piece.length;
    if (this.#unflushed < flushedBytes || this.#flush !== undefined) return;
    this.#unflushed = 0;
    this.#flush = new Promise((resolve) => {
      fdatasync(this.#descriptor, (error) => {
        // A failure is told only once, whatever is flushed later: it stays.
        if (error === null) this.#flush = undefined;
        resolve(error);
      });
    });
  }

  /** Closes the file after what `writeFlushed` began. @throws BackupError `STORAGE_UNAVAILABLE` */
  async closeFlushed(): Promise<void> {
    const failure = await this.#flush;
    this.close();
    if (failure !== undefined && failure !== null) throw fileFailure('sync', this.path, failure);
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
