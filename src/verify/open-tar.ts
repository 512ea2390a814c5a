import type { ByteSource } from '../bytes/byte-reader.ts';
import type { ByteString } from '../bytes/byte-string.ts';
import { decompressDetected } from '../compression/decompress.ts';
import { readPieces } from '../files/read-file.ts';

export interface OpenTarOptions {
  readonly signal: AbortSignal;
  /** Told of the bytes read from the file, before they are decompressed. */
  readonly onBytes?: (count: number) => void;
}

/** The decompressed bytes of an archive file; its content tells how it is compressed, as for a restore. */
export function openTar({ path }: { readonly path: ByteString }, { signal, onBytes }: OpenTarOptions): ByteSource {
  const file = readPieces(path, { pieceSize: 1024 * 1024, signal });
  const counted = onBytes === undefined ? file : tellingBytes(file, onBytes);
  return decompressDetected(counted, { signal });
}

async function* tellingBytes(source: ByteSource, onBytes: (count: number) => void): ByteSource {
  for await (const piece of source) {
    onBytes(piece.length);
    yield piece;
  }
}
