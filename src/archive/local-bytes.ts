import type { ByteSource } from '../bytes/byte-reader.ts';
import { fromText } from '../bytes/byte-string.ts';
import { fileFailure } from '../files/failure.ts';
import { openRegular } from '../files/open-regular.ts';

const pieceBytes = 1024 * 1024;

/**
 * The bytes of a local file, from `offset` on, in pieces of 1 MiB that are views of one buffer.
 * @throws BackupError `STORAGE_UNAVAILABLE`
 */
export async function* readLocal(path: string, signal?: AbortSignal, offset = 0): ByteSource {
  try {
    const file = await openRegular(path);
    try {
      const buffer = Buffer.allocUnsafe(pieceBytes);
      for (let position = offset; ;) {
        signal?.throwIfAborted();
        const { bytesRead } = await file.read(buffer, 0, pieceBytes, position);
        if (bytesRead === 0) return;
        position += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileFailure('read', fromText(path), error);
  }
}
