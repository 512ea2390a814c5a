import { open } from 'node:fs/promises';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { fromText } from '../bytes/byte-string.ts';
import { fileFailure } from '../files/failure.ts';

const pieceBytes = 1024 * 1024;

/**
 * The bytes of a local file, from its beginning, in pieces of 1 MiB that are views of one buffer.
 * @throws BackupError `STORAGE_UNAVAILABLE`
 */
export async function* readLocal(path: string, signal?: AbortSignal): ByteSource {
  try {
    const file = await open(path);
    try {
      const buffer = Buffer.allocUnsafe(pieceBytes);
      for (;;) {
        signal?.throwIfAborted();
        const { bytesRead } = await file.read(buffer, 0, pieceBytes, null);
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileFailure('read', fromText(path), error);
  }
}
