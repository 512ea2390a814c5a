import type { FileHandle } from 'node:fs/promises';
import type { ByteSource } from '../bytes/byte-reader.ts';

/** Writes a source to where `file` stands. @returns its length in bytes @throws what the source or the system fails with, the reason of the signal */
export async function writeAll(file: FileHandle, source: ByteSource, signal?: AbortSignal): Promise<number> {
  let sizeBytes = 0;
  for await (const piece of source) {
    signal?.throwIfAborted();
    for (let written = 0; written < piece.length;) {
      written += (await file.write(piece, written)).bytesWritten;
    }
    sizeBytes += piece.length;
  }
  return sizeBytes;
}
