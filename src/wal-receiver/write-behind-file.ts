import { fdatasync, write } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { ByteString } from '../bytes/byte-string.ts';
import { fileFailure } from '../files/failure.ts';

/** Bytes of one write: pieces of a stream are gathered to that, for each call has its price. */
const bufferBytes = 1024 * 1024;
/** Buffers of one file; with all of them full `write` makes its caller wait. */
const buffersAtMost = 4;

/** Buffers that one file after another uses: a new segment comes every moment, and memory of theirs would pile up. */
export class WriteBuffers {
  readonly #spare: Buffer[] = [];

  take(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(bufferBytes);
  }

  give(buffer: Buffer): void {
    if (this.#spare.length < buffersAtMost) this.#spare.push(buffer);
  }
}

/**
 * An open file that is written front to back without ever blocking the thread: what it takes is gathered, and written by
 * the pool of threads, one write at a time. After a failure every call has that failure: what a failed flush has left
 * unwritten is not known. Memory: four buffers of 1 MiB.
 */
export class WriteBehindFile {
  readonly path: ByteString;
  readonly #handle: FileHandle;
  readonly #buffers: WriteBuffers;
  /** What is to be written next, the oldest first. */
  readonly #queue: Buffer[] = [];
  #filling: Buffer | undefined;
  #filled = 0;
  #inUse = 0;
  #isWriting = false;
  #isOpen = true;
  #taken = 0;
  #written = 0;
  #flushed = 0;
  #flushing: Promise<void> | undefined;
  #failure: Error | undefined;
  #wakers: (() => void)[] = [];

  /** Takes over `handle`. */
  constructor(path: ByteString, handle: FileHandle, buffers: WriteBuffers = new WriteBuffers()) {
    this.path = path;
    this.#handle = handle;
    this.#buffers = buffers;
  }

  /** Bytes taken so far. */
  get length(): number {
    return this.#taken;
  }

  /**
   * Takes the next bytes. They may be used again when it has returned or, where it returns a promise, when that resolves;
   * only then comes the next call.
   * @throws BackupError `STORAGE_UNAVAILABLE`
   */
  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    const rest = this.#gather(bytes);
    return rest.length === 0 ? undefined : this.#gatherLater(rest);
  }

  /** Resolves when everything taken before the call is with the operating system. @throws BackupError `STORAGE_UNAVAILABLE` */
  async flush(): Promise<void> {
    const goal = this.#taken;
    this.#queueFilling();
    while (this.#written < goal) await this.#progress();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Resolves when everything taken before the call is on disk. Not to be called again before. @throws BackupError `STORAGE_UNAVAILABLE` */
  async sync(): Promise<void> {
    const goal = this.#taken;
    await this.flush();
    if (goal === this.#flushed) return;
    this.#flushing = new Promise((resolve) => {
      fdatasync(this.#handle.fd, (error) => {
        if (error !== null) this.#failure ??= fileFailure('sync', this.path, error);
        resolve();
      });
    });
    await this.#flushing;
    if (this.#failure !== undefined) throw this.#failure;
    this.#flushed = goal;
  }

  /** Closes the file, what it took written; again is harmless. After a failure it closes it too, and throws that. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      await this.flush();
    } finally {
      await this.#flushing;
      for (const buffer of this.#filling === undefined ? [] : [this.#filling]) this.#buffers.give(buffer);
      this.#filling = undefined;
      await this.#close();
    }
  }

  async #close(): Promise<void> {
    try {
      await this.#handle.close();
    } catch (error) {
      // Some file systems report a full disk only now.
      this.#failure ??= fileFailure('write', this.path, error);
      throw this.#failure;
    }
  }

  /** @returns what there is no room for now */
  #gather(bytes: Uint8Array): Uint8Array {
    let offset = 0;
    while (offset < bytes.length) {
      const buffer = this.#bufferWithRoom();
      if (buffer === undefined) break;
      const part = bytes.subarray(offset, offset + buffer.length - this.#filled);
      buffer.set(part, this.#filled);
      this.#filled += part.length;
      this.#taken += part.length;
      offset += part.length;
      if (this.#filled === buffer.length) this.#queueFilling();
    }
    return bytes.subarray(offset);
  }

  async #gatherLater(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0; rest = this.#gather(rest)) await this.#progress();
  }

  #bufferWithRoom(): Buffer | undefined {
    if (this.#filling === undefined && this.#inUse < buffersAtMost) {
      this.#filling = this.#buffers.take();
      this.#filled = 0;
      this.#inUse += 1;
    }
    return this.#filling;
  }

  #queueFilling(): void {
    if (this.#filling === undefined || this.#filled === 0) return;
    this.#queue.push(this.#filling.subarray(0, this.#filled));
    this.#filling = undefined;
    this.#filled = 0;
    this.#writeNext();
  }

  #writeNext(): void {
    const next = this.#queue[0];
    if (next === undefined || this.#isWriting || this.#failure !== undefined) return;
    this.#isWriting = true;
    this.#writeFrom(next, 0);
  }

  #writeFrom(piece: Buffer, done: number): void {
    write(this.#handle.fd, piece, done, piece.length - done, this.#written, (error, count) => {
      if (error !== null) {
        this.#isWriting = false;
        this.#failure ??= fileFailure('write', this.path, error);
        this.#wake();
        return;
      }
      this.#written += count;
      if (done + count < piece.length) {
        this.#writeFrom(piece, done + count);
        return;
      }
      this.#isWriting = false;
      void this.#queue.shift();
      this.#inUse -= 1;
      this.#buffers.give(Buffer.from(piece.buffer));
      this.#writeNext();
      this.#wake();
    });
  }

  /** Resolves when more is written than now. @throws the failure */
  async #progress(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    await new Promise<void>((resolve) => this.#wakers.push(resolve));
    // It may have come meanwhile.
    const failure = this.#failure as Error | undefined;
    if (failure !== undefined) throw failure;
  }

  #wake(): void {
    const wakers = this.#wakers;
    this.#wakers = [];
    for (const wake of wakers) wake();
  }
}
