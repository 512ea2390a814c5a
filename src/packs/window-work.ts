import { setImmediate as nextTurn } from 'node:timers/promises';
import { hashBytes, hashOf } from './block-hash.ts';
import type { ChunkCodec } from './chunk-ref.ts';
import { decodeChunkInto } from './decode-chunk.ts';

/** Chunks to decode, and blocks of their content to compare with their hashes. */
export interface WindowOrder {
  /** The chunks as they are stored, and room for their content. */
  readonly memory: Uint8Array;
  /** For each chunk `chunkNumbers` numbers: where it is, its length, where its content goes, the length of that, its codec. */
  readonly chunks: Uint32Array;
  /** For each block `blockNumbers` numbers: of which chunk, where in the memory, its length. */
  readonly blocks: Uint32Array;
  /** For each block 16 bytes. */
  readonly hashes: Uint8Array;
}

export const chunkNumbers = 5;
export const blockNumbers = 3;

export interface WindowAnswer {
  /** For each block 1 where it has its hash, else 0. */
  readonly sound: Uint8Array;
}

/** On this thread. What is wrong with a chunk is told by its blocks, which are not sound. */
export async function workOffWindow(order: WindowOrder): Promise<WindowAnswer> {
  const { memory, chunks, blocks, hashes } = order;
  const decoded: boolean[] = [];
  for (let at = 0; at < chunks.length; at += chunkNumbers) {
    const [from = 0, length = 0, to = 0, rawBytes = 0, codec = 0] = chunks.subarray(at, at + chunkNumbers);
    const content = memory.subarray(to, to + rawBytes);
    decoded.push(await isDecoded(memory.subarray(from, from + length), codec as ChunkCodec, content));
  }
  const sound = new Uint8Array(blocks.length / blockNumbers);
  for (let index = 0; index < sound.length; index += 1) {
    const at = index * blockNumbers;
    const [chunk = 0, from = 0, length = 0] = blocks.subarray(at, at + blockNumbers);
    if (decoded[chunk] !== true) continue;
    const hash = hashes.subarray(index * hashBytes, (index + 1) * hashBytes);
    if (Buffer.compare(hashOf(memory.subarray(from, from + length)), hash) === 0) sound[index] = 1;
  }
  // Memory of codecs is given back between two turns of the event loop, and many orders may be taken in one.
  await nextTurn();
  return { sound };
}

async function isDecoded(stored: Uint8Array, codec: ChunkCodec, content: Uint8Array): Promise<boolean> {
  try {
    await decodeChunkInto(stored, codec, content);
    return true;
  } catch {
    // Whoever needs it reads it once more, by itself, and tells what is wrong with it.
    return false;
  }
}
