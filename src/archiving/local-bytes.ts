import type { ByteSource } from '../bytes/byte-reader.ts';
import { fromText } from '../bytes/byte-string.ts';
import { fileFailure } from '../files/failure.ts';
import { openRegular } from '../files/open-regular.ts';

/** Of 1 MiB, which does not stay in the second cache of a processor, a segment took 30 ms of CPU more; of 128 KiB it is handed over too often. */
const pieceBytes = 256 * 1024;
/** For so many files at once memory is kept. */
const mostKept = 16;

/** Pairs of buffers that no file is read into: made anew for each, they had the garbage collector come by. */
const kept: (readonly [Buffer, Buffer])[] = [];

/**
 * The bytes of a local file, from `offset` on, in pieces of 256 KiB, each valid until the next is asked for.
 * @throws BackupError `STORAGE_UNAVAILABLE`
 */
export async function* readLocal(path: string, signal?: AbortSignal, offset = 0): ByteSource {
  try {
    const file = await openRegular(path);
    let pending: Promise<unknown> | undefined;
    const buffers = kept.pop() ?? ([Buffer.allocUnsafeSlow(pieceBytes), Buffer.allocUnsafeSlow(pieceBytes)] as const);
    try {
      let position = offset;
      let turn: 0 | 1 = 0;
      const read = async (): Promise<Uint8Array> => {
        const buffer = buffers[turn];
        turn = turn === 0 ? 1 : 0;
        const { bytesRead } = await file.read(buffer, 0, pieceBytes, position);
        position += bytesRead;
        return buffer.subarray(0, bytesRead);
      };
      let piece = await read();
      if (piece.length === 0) return;
      // Whoever wants more than the first piece wants all: from then on one is read while the one before is in use.
      yield piece;
      piece = await read();
      while (piece.length > 0) {
        signal?.throwIfAborted();
        const next = read();
        pending = next.catch(() => undefined);
        yield piece;
        piece = await next;
      }
    } finally {
      await pending;
      if (kept.length < mostKept) kept.push(buffers);
      await file.close();
    }
  } catch (error) {
    throw fileFailure('read', fromText(path), error);
  }
}
