import { walPageBytes } from '../wal/page-header.ts';
import type { ByteSource } from '../bytes/byte-reader.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { generationFolder } from './generation.ts';
import { parseWalFileName, type WalFileName } from './wal-file-name.ts';

/** Where a receiver writes: `SEGMENT.partial` grows, `SEGMENT` is whole and about to be stored under `wal/`. */
export function openFolder(generation: number): string {
  return `${generationFolder(generation)}open/`;
}

export type OpenFileName = Extract<WalFileName, { kind: 'segment' | 'partial' }>;

/** What a receiver has in a generation, by name. */
export async function openFiles(
  storage: Storage,
  generation: number,
  options: StorageOptions = {},
): Promise<readonly OpenFileName[]> {
  const folder = openFolder(generation);
  const files: OpenFileName[] = [];
  for await (const { name } of storage.list(folder, { ...options, recursive: false })) {
    const file = parseWalFileName(name.slice(folder.length));
    if (file?.kind === 'segment' || file?.kind === 'partial') files.push(file);
  }
  return files;
}

/**
 * How many bytes of a growing segment are there: up to its first page without anything in it, less the zeros before that.
 * Received WAL is only ever added behind, so that these bytes stay what they are. Pages behind an empty one, which a power cut
 * may leave, were never told to be durable.
 */
export async function grownBytesOf(source: ByteSource): Promise<number> {
  let position = 0;
  let grown = 0;
  for await (const piece of source) {
    for (let at = 0; at < piece.length;) {
      const part = piece.subarray(at, at + walPageBytes - (position % walPageBytes));
      const last = part.findLastIndex((byte) => byte !== 0);
      if (last >= 0) grown = position + last + 1;
      at += part.length;
      position += part.length;
      const isPageEnd = position % walPageBytes === 0;
      if (isPageEnd && grown <= position - walPageBytes) return grown;
    }
  }
  return grown;
}

/** The first `length` bytes of `source`, and zeros behind them up to `totalBytes`. */
export async function* withZerosBehind(source: ByteSource, length: number, totalBytes: number): ByteSource {
  let position = 0;
  for await (const piece of source) {
    const wanted = piece.subarray(0, length - position);
    if (wanted.length > 0) yield wanted;
    position += wanted.length;
    if (position >= length) break;
  }
  const zeros = Buffer.alloc(Math.min(totalBytes - position, 1024 * 1024));
  for (let left = totalBytes - position; left > 0; left -= zeros.length) yield zeros.subarray(0, left);
}
