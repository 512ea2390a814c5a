import { setImmediate as nextTurn } from 'node:timers/promises';
import { constants, createGzip, type Gzip } from 'node:zlib';
import type { Compression } from './detect.ts';
import { checkLevel } from './gzip-members.ts';
import { lz4FrameEncoder } from './lz4-frames.ts';
import { createZstdEncoder } from './zstd-encoder.ts';
import { zstdNote } from './zstd-frames.ts';

/** Longest block that a `FlushingEncoder` takes, in bytes: what keeps a thread for a millisecond where a codec works on it. */
export const flushingBlockBytes = 256 * 1024;

/**
 * Compresses a stream so that what came before a flush can be decoded from what it gave until then. Blocks are its caller's
 * again when the promise resolves. One call at a time.
 */
export interface FlushingEncoder {
  /** @returns what there is to store now; with `flush` everything */
  encode(block: Uint8Array, flush: boolean): Promise<Uint8Array[]>;
  /** The end of the data. */
  end(): Promise<Uint8Array[]>;
  /** Gives up what it holds, at any time. */
  close(): void;
}

/**
 * gzip: one member, on the thread pool, for tools read the size of the content from the last four bytes. lz4 and zstd: a frame
 * for each block, with a checksum; behind each of zstd there is another one, of its compressed form, in a skippable frame. lz4 on this
 * thread, zstd on another.
 * @param level as the codec counts: gzip -1 … 9, zstd -131072 … 19; lz4 knows none
 * @throws BackupError `CONFIG_INVALID` for another level or when the codec's package is not installed
 */
export async function createFlushingEncoder(kind: Compression, level?: number): Promise<FlushingEncoder> {
  switch (kind) {
    case 'gzip':
      checkLevel('gzip', level ?? constants.Z_DEFAULT_COMPRESSION, -1, 9);
      return new GzipEncoder(level);
    case 'lz4': {
      const encode = await lz4FrameEncoder();
      return new FrameEncoder((block) => Promise.resolve([encode(block)]));
    }
    case 'zstd': {
      const { encode, close } = await createZstdEncoder({ level, workers: 1 });
      return new FrameEncoder(async (block) => {
        const frame = await encode(block);
        return [frame, zstdNote(frame)];
      }, close);
    }
  }
}

class GzipEncoder implements FlushingEncoder {
  readonly #gzip: Gzip;
  #output: Uint8Array[] = [];
  #fail: ((error: Error) => void) | undefined;

  constructor(level: number | undefined) {
    this.#gzip = createGzip({ level, chunkSize: 64 * 1024 });
    this.#gzip.on('data', (piece: Uint8Array) => this.#output.push(piece));
    this.#gzip.on('error', (error: Error) => this.#fail?.(error));
  }

  async encode(block: Uint8Array, flush: boolean): Promise<Uint8Array[]> {
    if (block.length > 0) await this.#call((done) => void this.#gzip.write(block, done));
    if (flush) {
      await this.#call((done) => {
        this.#gzip.flush(constants.Z_SYNC_FLUSH, done);
      });
    }
    return this.#take();
  }

  async end(): Promise<Uint8Array[]> {
    await this.#call((done) => {
      this.#gzip.once('end', done);
      this.#gzip.end();
    });
    return this.#take();
  }

  close(): void {
    this.#gzip.destroy();
  }

  #call(start: (done: () => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      start(resolve);
    });
  }

  #take(): Uint8Array[] {
    const output = this.#output;
    this.#output = [];
    return output;
  }
}

/** Frames may follow each other in both formats; nothing is held back, so that there is nothing to flush. */
class FrameEncoder implements FlushingEncoder {
  readonly #frame: (block: Uint8Array) => Promise<Uint8Array[]>;
  readonly #close: () => void;
  #isEmpty = true;
  #sinceTurn = 0;

  constructor(frame: (block: Uint8Array) => Promise<Uint8Array[]>, close: () => void = () => undefined) {
    this.#frame = frame;
    this.#close = close;
  }

  async encode(block: Uint8Array): Promise<Uint8Array[]> {
    if (block.length === 0) return [];
    this.#isEmpty = false;
    const frame = await this.#frame(block);
    // A turn of the event loop for a block's worth: what must answer a server gets its own, and the collector gives back what the codecs took.
    this.#sinceTurn += block.length;
    if (this.#sinceTurn >= flushingBlockBytes) {
      this.#sinceTurn = 0;
      await nextTurn();
    }
    return frame;
  }

  async end(): Promise<Uint8Array[]> {
    // A file of no frame is none of its format.
    return this.#isEmpty ? await this.#frame(new Uint8Array(0)) : [];
  }

  close(): void {
    this.#close();
  }
}
