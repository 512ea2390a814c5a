import * as zlib from 'node:zlib';
import { checkLevel } from './gzip-members.ts';
import { loadZstdBlocks } from './native-codecs.ts';
import { PackageFrames } from './zstd-package.ts';
import { defaultThreads, hasThreads, zstdThreads } from './zstd-threads.ts';

/** What newer versions of Node have in node:zlib; the types of Node 20 do not know it. */
export interface NodeZstdEncoder {
  readonly zstdCompress: (
    data: Uint8Array,
    options: object,
    done: (error: Error | null, result: Uint8Array) => void,
  ) => void;
  readonly constants: Readonly<Record<string, number>>;
}

export interface ZstdEncoderOptions {
  /** -131072 … 19; default 3. Below 1 it is faster and compresses less. */
  readonly level?: number | undefined;
  /** Threads at most; default: one for each processor, 4 at most. Of Node's pool, where that makes the frames, by the number of blocks in flight. */
  readonly workers?: number | undefined;
}

/** Makes zstd frames of blocks of 1 MiB at most, each with a checksum of its content; never on the thread of its caller. */
export interface ZstdEncoder {
  /** Blocks that keep all threads busy. */
  readonly concurrency: number;
  /** Memory for blocks that saves a copy of them. */
  readonly allocate: (bytes: number) => Uint8Array;
  /** The block is its caller's again when the promise settles. */
  readonly encode: (block: Uint8Array) => Promise<Uint8Array>;
  readonly close: () => void;
}

/**
 * On the pool of threads where Node has zstd itself (22.15), else on threads of ours with the optional package.
 * @param node what Node has
 * @throws BackupError `CONFIG_INVALID` for another level or when no codec is there
 */
export async function createZstdEncoder(
  { level = 3, workers }: ZstdEncoderOptions = {},
  node: Partial<NodeZstdEncoder> = zlib,
): Promise<ZstdEncoder> {
  checkLevel('zstd', level, -131_072, 19);
  const threads = workers === undefined || workers < 1 ? defaultThreads : workers;
  const { zstdCompress, constants } = node;
  if (zstdCompress !== undefined && constants !== undefined) {
    return {
      concurrency: Math.min(threads + 1, 64),
      allocate: unshared,
      encode: poolEncoder({ zstdCompress, constants }, level),
      close: () => undefined,
    };
  }
  if (hasThreads) {
    // Here it is missed before anything else is done.
    await loadZstdBlocks();
    return threadEncoder(level, threads);
  }
  const frames = await PackageFrames.load();
  const encode = (block: Uint8Array): Promise<Uint8Array> => Promise.resolve(frames.encode(block, level));
  return { concurrency: 1, allocate: unshared, encode, close: () => undefined };
}

function unshared(bytes: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);
}

function poolEncoder({ zstdCompress, constants }: NodeZstdEncoder, level: number): ZstdEncoder['encode'] {
  const { ZSTD_c_compressionLevel: levelKey = 100, ZSTD_c_checksumFlag: checksumKey = 201 } = constants;
  const params = { [levelKey]: level, [checksumKey]: 1 };
  return (block) =>
    new Promise((resolve, reject) => {
      // With its size a block needs a context for no more; the output fits in one piece (ZSTD_compressBound).
      const options = { params, pledgedSrcSize: block.length, chunkSize: block.length + (block.length >> 7) + 1024 };
      zstdCompress(block, options, (error, result) => {
        if (error === null) resolve(result);
        else reject(error);
      });
    });
}

function threadEncoder(level: number, threads: number): ZstdEncoder {
  zstdThreads.open();
  let isOpen = true;
  return {
    concurrency: Math.min(2 * threads, 64),
    allocate: shared,
    encode: (block) => {
      const isShared = block.buffer instanceof SharedArrayBuffer;
      const order = isShared ? block : shared(block.length);
      if (!isShared) order.set(block);
      return zstdThreads.encode(order, level, threads);
    },
    close: () => {
      if (isOpen) zstdThreads.close();
      isOpen = false;
    },
  };
}

function shared(bytes: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(bytes));
}
