import { display } from '../bytes/byte-string.ts';
import { say } from '../messages/message.ts';
import { hashOf } from './block-hash.ts';
import { packName, type ChunkRef } from './chunk-ref.ts';
import { contentDamage } from './damage.ts';
import type { ContentMaps } from './content-maps.ts';
import type { StoredBlock } from './leaf.ts';
import type { FileRecord } from './record.ts';

let zeros: Uint8Array = new Uint8Array(0);

/** So many zero bytes, which nobody may change. */
export function zerosOf(length: number): Uint8Array {
  if (zeros.length < length) zeros = new Uint8Array(length);
  return zeros.subarray(0, length);
}

/** A chunk that was just read. */
export interface LastChunk {
  chunk?: ChunkRef;
  content?: Uint8Array;
}

/**
 * The content of a block of a file, compared with its hash. On this thread.
 * @param offset of the block in the file, for people
 * @throws BackupError `CORRUPT`, naming the object, and the file where the content is not what was backed up
 */
export async function storedContent(
  maps: ContentMaps,
  file: FileRecord,
  offset: number,
  { hash, slices }: StoredBlock,
  last: LastChunk,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (const { chunk, start, length } of slices) {
    if (chunk !== undefined && last.chunk !== chunk) {
      last.content = await maps.chunks.read(chunk, signal);
      last.chunk = chunk;
    }
    const whole = chunk === undefined ? zerosOf(length) : last.content;
    if (whole !== undefined) pieces.push(whole.subarray(start, start + length));
  }
  const [only] = pieces;
  const content = only !== undefined && pieces.length === 1 ? only : Buffer.concat(pieces);
  if (hash === undefined || Buffer.compare(hashOf(content), hash) === 0) return content;
  const object = slices.flatMap(({ chunk }) => (chunk === undefined ? [] : [packName(chunk.pack)])).join(', ');
  throw contentDamage(say('packs.wrong-block', { file: display(file.name), offset, object }));
}
