import { gzip, constants } from 'node:zlib';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { orderedBlocks } from './ordered-blocks.ts';

/** Uncompressed length of every member but the last. Smaller members compress worse, larger ones need more memory. */
export const gzipBlockSize = 1024 * 1024;
const defaultConcurrency = 6;

/** Bytes of the header of our members: 10 fixed, 2 length of the extra field, 4 head and 4 body of its one subfield. */
export const sizedHeaderLength = 20;

export interface CompressOptions {
  readonly level?: number | undefined;
  /** Blocks compressed at the same time; default 6. More than the threads of the pool (UV_THREADPOOL_SIZE) only queue. */
  readonly concurrency?: number | undefined;
  /** Threads of zstd: see `ZstdEncoderOptions`. */
  readonly workers?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * `source` as gzip, in members of 1 MiB that are compressed in parallel on the thread pool and come out in order.
 * Every gzip reads it. Each member tells its compressed length in an extra field, so that a reader can find the next one
 * without inflating this one: subfield `GK`, 4 bytes, length of the whole member as unsigned little-endian. RFC 1952, 2.3.1.1.
 * @param options.level 0 (stored) … 9, or -1, the default of zlib
 * @throws BackupError `CONFIG_INVALID` for another level; what `source` throws
 */
export async function* gzipMembers(
  source: ByteSource,
  { level = constants.Z_DEFAULT_COMPRESSION, concurrency = defaultConcurrency, signal }: CompressOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  checkLevel('gzip', level, -1, 9);
  const work = (block: Uint8Array) => compressBlock(block, level);
  for await (const [head, body] of orderedBlocks(source, work, { blockSize: gzipBlockSize, concurrency, signal })) {
    yield head;
    yield body;
  }
}

/** @throws BackupError `CONFIG_INVALID` unless `level` is a whole number from `lowest` to `highest` */
export function checkLevel(codec: string, level: number, lowest: number, highest: number): void {
  if (Number.isInteger(level) && level >= lowest && level <= highest) return;
  throw new BackupError('CONFIG_INVALID', say('compression.bad-level', { codec, level, lowest, highest }));
}

/** One member: its header with the extra field, and the rest. */
async function compressBlock(block: Uint8Array, level: number): Promise<[head: Uint8Array, body: Uint8Array]> {
  // One output buffer that holds the worst case (deflateBound), so that zlib fills it in one go.
  const chunkSize = Math.max(64, block.length + (block.length >> 12) + (block.length >> 14) + 64);
  const member = await new Promise<Buffer>((resolve, reject) => {
    gzip(block, { level, chunkSize }, (error, result) => {
      if (error === null) resolve(result);
      else reject(error);
    });
  });
  // zlib writes a fixed header of ten bytes without optional fields.
  const body = member.subarray(10);
  const head = new Uint8Array(sizedHeaderLength);
  head.set(member.subarray(0, 10));
  head[3] = 0x04; // FEXTRA
  const view = new DataView(head.buffer);
  view.setUint16(10, 8, true);
  head[12] = 0x47; // G
  head[13] = 0x4b; // K
  view.setUint16(14, 4, true);
  view.setUint32(16, sizedHeaderLength + body.length, true);
  return [head, body];
}

/** Length of the member that begins with `head` when it is one of ours, else undefined. */
export function sizedMemberLength(head: Uint8Array): number | undefined {
  const expected = [0x1f, 0x8b, 0x08, 0x04];
  if (head.length < sizedHeaderLength || expected.some((byte, index) => head[index] !== byte)) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const ours = view.getUint16(10, true) === 8 && view.getUint32(12, false) === 0x474b_0400;
  return ours ? view.getUint32(16, true) : undefined;
}
