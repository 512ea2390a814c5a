import type { ChunkEncoder, EncodedChunk } from './chunk-encoder.ts';
import { mostChunkBytes } from './chunk-ref.ts';
import { hashBytes, hashOf } from './block-hash.ts';

/** Blocks to be looked at together: at most `mostChunkBytes`. */
export interface BatchOrder {
  /** One block behind the other. The chunk of those that are new is put to its beginning. */
  readonly bytes: Uint8Array;
  /** Lengths of the blocks. */
  readonly lengths: Uint32Array;
  /** For each block 16 bytes: what it is compared with; zeros where that is nothing. */
  readonly priorHashes: Uint8Array;
}

export interface BatchAnswer {
  /** For each block one of the three below. */
  readonly kinds: Uint8Array;
  /** For each block 16 bytes; zeros for a block of zeros. */
  readonly hashes: Uint8Array;
  /** The new blocks, in order, encoded: at the beginning of the bytes of the order. Undefined: there is none. */
  readonly chunk: ChunkInPlace | undefined;
}

type ChunkInPlace = Omit<EncodedChunk, 'bytes'> & { readonly storedBytes: number };

/** Nothing but zeros. */
export const zeroBlock = 0;
/** Equal to what it was compared with. */
export const equalBlock = 1;
const newBlock = 2;

/** Hashes and compares the blocks, and makes a chunk of those that are new. On this thread. */
export function workOffBatch({ bytes, lengths, priorHashes }: BatchOrder, encode: ChunkEncoder): BatchAnswer {
  const kinds = new Uint8Array(lengths.length);
  const hashes = new Uint8Array(lengths.length * hashBytes);
  let offset = 0;
  let filled = 0;
  for (const [index, length] of lengths.entries()) {
    const block = bytes.subarray(offset, offset + length);
    offset += length;
    if (isZeros(block)) continue;
    const hash = hashOf(block);
    hashes.set(hash, index * hashBytes);
    const isEqual = Buffer.compare(hash, priorHashes.subarray(index * hashBytes, (index + 1) * hashBytes)) === 0;
    kinds[index] = isEqual ? equalBlock : newBlock;
    if (isEqual) continue;
    bytes.copyWithin(filled, offset - length, offset);
    filled += length;
  }
  if (filled === 0) return { kinds, hashes, chunk: undefined };
  const { bytes: stored, rawBytes, codec } = encode(bytes.subarray(0, filled));
  if (codec !== 0) bytes.set(stored);
  return { kinds, hashes, chunk: { storedBytes: stored.length, rawBytes, codec } };
}

const zeros = new Uint8Array(mostChunkBytes);

function isZeros(block: Uint8Array): boolean {
  return Buffer.compare(block, zeros.subarray(0, block.length)) === 0;
}
