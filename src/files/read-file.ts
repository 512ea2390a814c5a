import type { FileHandle } from 'node:fs/promises';
import type { ByteString } from '../bytes/byte-string.ts';
import { fileFailure } from './failure.ts';
import { openRegular } from './open-regular.ts';
import { fsPath } from './path.ts';

export interface ReadPiecesOptions {
  readonly signal?: AbortSignal | undefined;
  /** Length of a piece; default 256 KiB. */
  readonly pieceSize?: number | undefined;
}

/**
 * The content of a regular file in pieces. All are views into one buffer: a piece is valid until the next one is asked for.
 * @throws BackupError `STORAGE_UNAVAILABLE`
 */
export async function* readPieces(
  path: ByteString,
  { signal, pieceSize = 256 * 1024 }: ReadPiecesOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  signal?.throwIfAborted();
  const handle = await attempt(path, () => openRegular(fsPath(path)));
  try {
    const buffer = new Uint8Array(Buffer.allocUnsafeSlow(pieceSize).buffer);
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await attempt(path, () => handle.read(buffer, 0, pieceSize, null));
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

async function attempt<Result extends FileHandle | { bytesRead: number }>(
  path: ByteString,
  call: () => Promise<Result>,
): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    throw fileFailure('read', path, error);
  }
}
