import { createHash } from 'node:crypto';
import type { ByteSource } from '../bytes/byte-reader.ts';

/** What tells whether two bodies are the same. */
export async function digestOf(source: ByteSource): Promise<{ readonly sha256: string; readonly sizeBytes: number }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const piece of source) {
    hash.update(piece);
    sizeBytes += piece.length;
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}
