import * as zlib from 'node:zlib';
import { checkLevel } from '../compression/gzip-members.ts';
import { lz4FrameEncoder } from '../compression/lz4-frames.ts';
import { PackageFrames } from '../compression/zstd-package.ts';
import type { ChunkCodec } from './chunk-ref.ts';

/** How chunks are compressed. `level` as the codec counts; undefined: gzip 6, zstd 3. lz4 has none. */
export interface ContentCodec {
  readonly name: 'none' | 'gzip' | 'lz4' | 'zstd';
  readonly level?: number | undefined;
}

/** A chunk as it goes into a pack. */
export interface EncodedChunk {
  readonly bytes: Uint8Array;
  readonly rawBytes: number;
  readonly codec: ChunkCodec;
}

/** Makes a chunk of 1 … `mostChunkBytes` bytes, on this thread. What does not get smaller is returned as it is: a view. */
export type ChunkEncoder = (content: Uint8Array) => EncodedChunk;

/** What newer versions of Node have in node:zlib; the types of Node 20 do not know it. */
interface NodeZstd {
  readonly zstdCompressSync?: (data: Uint8Array, options: object) => Uint8Array;
  readonly constants: Readonly<Record<string, number>>;
}

/** @throws BackupError `CONFIG_INVALID` for a level that the codec does not have, or when its package is not installed */
export async function loadChunkEncoder(codec: ContentCodec): Promise<ChunkEncoder> {
  const compress = await loadCompressor(codec);
  return (content) => {
    const packed = compress?.compress(content);
    if (compress === undefined || packed === undefined || packed.length >= content.length) {
      return { bytes: content, rawBytes: content.length, codec: 0 };
    }
    return { bytes: packed, rawBytes: content.length, codec: compress.codec };
  };
}

interface Compressor {
  readonly codec: ChunkCodec;
  readonly compress: (content: Uint8Array) => Uint8Array;
}

async function loadCompressor({ name, level }: ContentCodec): Promise<Compressor | undefined> {
  switch (name) {
    case 'none':
      return undefined;
    case 'gzip': {
      const used = level ?? 6;
      checkLevel('gzip', used, -1, 9);
      return { codec: 1, compress: (content) => zlib.gzipSync(content, { level: used }) };
    }
    case 'lz4':
      return { codec: 2, compress: await lz4FrameEncoder() };
    case 'zstd': {
      const used = level ?? 3;
      checkLevel('zstd', used, -131_072, 19);
      return { codec: 3, compress: await loadZstd(used) };
    }
  }
}

/**
 * With the package, though newer versions of Node can do it too: those make a context for each chunk, which take hundreds of
 * MiB until they are collected. Without the package as Node does it.
 */
async function loadZstd(level: number): Promise<Compressor['compress']> {
  const { zstdCompressSync, constants } = zlib as unknown as NodeZstd;
  try {
    const frames = await PackageFrames.load();
    return (content) => frames.encode(content, level);
  } catch (error) {
    if (zstdCompressSync === undefined) throw error;
  }
  const { ZSTD_c_compressionLevel: levelKey = 100, ZSTD_c_checksumFlag: checksumKey = 201 } = constants;
  const params = { [levelKey]: level, [checksumKey]: 1 };
  return (content) => {
    // The output fits in one piece (ZSTD_compressBound).
    const chunkSize = content.length + (content.length >> 7) + 1024;
    return zstdCompressSync(content, { params, pledgedSrcSize: content.length, chunkSize });
  };
}
