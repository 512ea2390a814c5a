import type { Transform } from 'node:stream';
import type { ByteSource } from '../bytes/byte-reader.ts';

/**
 * `source` passed through a Node transform. The next piece is asked for only after the transform has taken in the one
 * before, so that pieces may be views into a reused buffer, and nothing is read ahead of the consumer but one piece.
 * Errors of the source and of the transform are thrown from the iteration.
 */
export async function* through(source: ByteSource, transform: Transform): AsyncGenerator<Uint8Array, void, undefined> {
  const feeding = feed(source, transform);
  // Its failure destroys the transform and so ends the iteration below, which throws it.
  feeding.catch((error: unknown) => transform.destroy(error instanceof Error ? error : new Error(String(error))));
  try {
    for await (const piece of transform) yield piece as Uint8Array;
    await feeding;
  } finally {
    transform.destroy();
    // The source has been told to end; wait so that nothing of it runs on behind the consumer's back.
    await feeding.catch(() => undefined);
  }
}

async function feed(source: ByteSource, transform: Transform): Promise<void> {
  for await (const piece of source) {
    if (piece.length === 0) continue;
    const alive = await write(transform, piece);
    if (!alive) return;
  }
  transform.end();
}

/** Resolves when `piece` was taken in: false when the transform was destroyed instead. Its error is thrown by its iteration. */
function write(transform: Transform, piece: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    const closed = () => {
      resolve(false);
    };
    if (transform.destroyed) {
      closed();
      return;
    }
    transform.once('close', closed);
    transform.write(piece, (error) => {
      transform.off('close', closed);
      resolve(error === null || error === undefined);
    });
  });
}
