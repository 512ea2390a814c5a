import type { ByteSource } from '../bytes/byte-reader.ts';
import type { ByteString } from '../bytes/byte-string.ts';
import { decompress } from '../compression/decompress.ts';
import { readPieces } from '../files/read-file.ts';
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
  const file = readPieces(path, { pieceSize: 1024 * 1024, signal });
  const counted = onBytes === undefined ? file : tellingBytes(file, onBytes);
  return compression === 'none' ? counted : decompress(counted, compression, { signal });
}

async function* tellingBytes(source: ByteSource, onBytes: (count: number) => void): ByteSource {
  for await (const piece of source) {
    onBytes(piece.length);
    yield piece;
  }
}
