import { constants, fdatasync, write } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { ByteString } from '../bytes/byte-string.ts';
import { systemCodeOf } from '../errors/backup-error.ts';
import { fileFailure } from '../files/failure.ts';
import { hasNoSuchPath } from '../files/real-place.ts';
import { GatheredBytes, SharedBuffers } from './gathered-bytes.ts';

/** Where the bytes of a growing segment go. */
export interface SegmentSink {
  /** Bytes taken so far. */
  readonly length: number;
  /**
   * Takes the next bytes. They may be used again when it has returned or, where it returns a promise, when that settles;
   * only then comes the next call.
   * @throws BackupError `STORAGE_UNAVAILABLE`
   */
  write(bytes: Uint8Array): Promise<void> | undefined;
  /** Resolves when everything taken before the call can be read in the file. Neither this nor `sync` is called again before. */
  flush(): Promise<void>;
  /** Resolves when everything taken before the call is on disk. */
  sync(): Promise<void>;
  /** Nothing more comes: writes what belongs behind it. */
  end(): Promise<void>;
  /** Closes the file, what it took written; again is harmless. After a failure it closes it too, and throws that. */
  close(): Promise<void>;
}

/** Bytes of one write: pieces of a stream are gathered to that, for each call has its price. */
export const writeBytes = 512 * 1024;

/**
 * An open file that is written front to back without ever blocking the thread: what it takes is gathered, and written by
 * the pool of threads, one write at a time. After a failure every call has that failure: what a failed flush has left
 * unwritten is not known.
 */
export class WriteBehindFile implements SegmentSink {
  readonly path: ByteString;
  readonly #handle: FileHandle;
  readonly #bytes: GatheredBytes;
  /** The same file, opened so that a write is on disk when it returns; null: the system has no such way. */
  #durably: FileHandle | null | undefined;
  /** A `sync` waits for what is written next. */
  #isAwaited = false;
  #isOpen = true;
  #position = 0;
  #durable = 0;
  #flushing: Promise<void> | undefined;

  /** Takes over `handle`. @param buffers of `writeBytes` */
  constructor(path: ByteString, handle: FileHandle, buffers = new SharedBuffers(writeBytes)) {
    this.path = path;
    this.#handle = handle;
    this.#bytes = new GatheredBytes((piece) => this.#writeAll(piece), buffers);
  }

  get length(): number {
    return this.#bytes.length;
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    return this.#bytes.write(bytes);
  }

  flush(): Promise<void> {
    return this.#bytes.flush();
  }

  async sync(): Promise<void> {
    const goal = this.length;
    if (this.#durably === undefined && goal > this.#durable) this.#durably = await openDurably(this.#handle, this.path);
    this.#isAwaited = true;
    try {
      await this.flush();
    } finally {
      this.#isAwaited = false;
    }
    if (goal <= this.#durable) return;
    this.#flushing = new Promise((resolve) => {
      fdatasync(this.#handle.fd, (error) => {
        if (error !== null) this.#bytes.fail(fileFailure('sync', this.path, error));
        resolve();
      });
    });
    await this.#flushing;
    this.#flushing = undefined;
    this.#bytes.check();
    this.#durable = goal;
  }

  end(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      await this.flush();
    } finally {
      await this.#flushing;
      await this.#durably?.close();
      await this.#handle.close().catch((error: unknown) => {
        // Some file systems report a full disk only now.
        throw this.#bytes.fail(fileFailure('write', this.path, error));
      });
    }
  }

  /**
   * What is awaited and small, behind what is on disk already, is written and on disk in one call: each turn of the pool of threads
   * has its price, and a commit waits for it.
   */
  #writeAll(piece: Uint8Array): Promise<void> {
    const isLast = this.#isAwaited && this.#position === this.#durable && this.#position + piece.length === this.length;
    const durably = isLast && this.#flushing === undefined ? this.#durably : undefined;
    const { fd } = durably ?? this.#handle;
    return new Promise((resolve, reject) => {
      const from = (done: number): void => {
        write(fd, piece, done, piece.length - done, this.#position, (error, count) => {
          if (error !== null) {
            reject(fileFailure('write', this.path, error));
            return;
          }
          this.#position += count;
          if (done + count < piece.length) {
            from(done + count);
            return;
          }
          if (fd !== this.#handle.fd) this.#durable = this.#position;
          resolve();
        });
      };
      from(0);
    });
  }
}

/**
 * By the number of the open file: its name may lead to another one by now. Null where that is not to be had: what is written is flushed then.
 * @throws BackupError `STORAGE_UNAVAILABLE` when the disk fails
 */
async function openDurably({ fd }: FileHandle, path: ByteString): Promise<FileHandle | null> {
  try {
    return await open(`/proc/self/fd/${String(fd)}`, constants.O_WRONLY | constants.O_DSYNC);
  } catch (error) {
    if (hasNoSuchPath(error) || ['EMFILE', 'ENFILE'].includes(systemCodeOf(error) ?? '')) return null;
    throw fileFailure('write', path, error);
  }
}
