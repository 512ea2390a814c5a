import { onePiece } from '../bytes/one-piece.ts';
import { decompress } from '../compression/decompress.ts';
import type { Compression } from '../compression/detect.ts';
import type { ChunkCodec } from './chunk-ref.ts';

const compressionOf: readonly (Compression | undefined)[] = [undefined, 'gzip', 'lz4', 'zstd'];

/**
 * The content of a chunk. Memory: `rawBytes`, and what the codec needs for one block, whatever it would decompress to.
 * @returns undefined when it is not exactly `rawBytes` long
 * @throws BackupError `CORRUPT` when it cannot be decompressed; `CONFIG_INVALID` when the codec's package is not installed
 */
export async function decodeChunk(
  stored: Uint8Array,
  codec: ChunkCodec,
  rawBytes: number,
): Promise<Uint8Array | undefined> {
  const compression = compressionOf[codec];
  if (compression === undefined) return stored.length === rawBytes ? stored : undefined;
  const content = new Uint8Array(rawBytes);
  let filled = 0;
  for await (const piece of decompress(onePiece(stored), compression)) {
    if (piece.length > rawBytes - filled) return undefined;
    content.set(piece, filled);
    filled += piece.length;
  }
  return filled === rawBytes ? content : undefined;
}
