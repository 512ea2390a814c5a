import { createReadStream } from 'node:fs';
import type { ByteSource } from '../bytes/byte-reader.ts';
import type { ByteString } from '../bytes/byte-string.ts';
import { decompress } from '../compression/decompress.ts';
import { fsPath } from '../files/path.ts';
import type { ArchiveCompression } from './plan.ts';

export interface OpenArchiveOptions {
  readonly signal: AbortSignal;
  /** Told of the bytes read from the file, before they are decompressed. */
  readonly onBytes?: (count: number) => void;
}

/** The decompressed bytes of an archive file. */
export function openArchive(
  { path, compression }: { readonly path: ByteString; readonly compression: ArchiveCompression },
  { signal, onBytes }: OpenArchiveOptions,
): ByteSource {
  const file = createReadStream(fsPath(path), { highWaterMark: 1024 * 1024, signal });
  if (onBytes !== undefined) file.on('data', (piece) => onBytes(piece.length));
  if (compression === 'none') return file;
  return decompress(file, compression, { signal });
}
