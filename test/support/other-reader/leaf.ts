import { readChunk, readPacks, readRestOfChunk, readSlice, type PackReference, type Slice } from './chunk.ts';
import { Cursor } from './cursor.ts';
import { must, Refusal } from './refusal.ts';

/** Zeros, or a slice of a chunk. */
export type Piece = { readonly kind: 'zeros'; readonly length: number } | ({ readonly kind: 'slice' } & Slice);

export interface Block {
  readonly length: number;
  /** Of what is not all zeros by its run; undefined of zeros and where it is not known. */
  readonly hash: Buffer | undefined;
  readonly pieces: readonly Piece[];
}

export const blocksOfLeaf = 1024;

/**
 * @param packs of the record's chunk, for a leaf within a record; undefined: the leaf has a table of its own
 * @param lengths of the blocks that it is the map of
 */
export function readLeaf(
  bytes: Buffer,
  packs: readonly PackReference[] | undefined,
  lengths: readonly number[],
): Block[] {
  const cursor = new Cursor(bytes, 'a leaf');
  const table = packs ?? readPacks(cursor);
  const count = cursor.varint();
  must(count === lengths.length, `a leaf of ${count} blocks instead of ${lengths.length}`);
  const blocks: Block[] = [];
  while (blocks.length < lengths.length) {
    const tag = cursor.varint();
    const [count, kind] = [Math.floor(tag / 4), tag % 4];
    must(count >= 1 && blocks.length + count <= lengths.length, `a run of ${count} blocks`);
    blocks.push(...readRun(cursor, kind, table, lengths.slice(blocks.length, blocks.length + count)));
  }
  cursor.end();
  return blocks;
}

function readRun(cursor: Cursor, kind: number, packs: readonly PackReference[], lengths: readonly number[]): Block[] {
  if (kind === 0) return lengths.map((length) => ({ length, hash: undefined, pieces: [{ kind: 'zeros', length }] }));
  if (kind === 1) return readRowOfBlocks(cursor, packs, lengths);
  return lengths.map((length) => {
    const hash = kind === 2 ? Buffer.from(cursor.take(16)) : undefined;
    const pieces = readPieces(cursor, packs);
    const sum = pieces.reduce((total, piece) => total + piece.length, 0);
    must(sum === length, `slices of ${sum} bytes for a block of ${length}`);
    return { length, hash, pieces };
  });
}

function readRowOfBlocks(cursor: Cursor, packs: readonly PackReference[], lengths: readonly number[]): Block[] {
  const chunk = readChunk(cursor, packs);
  let start = cursor.varint();
  return lengths.map((length) => {
    must(start + length <= chunk.rawBytes, `a block behind the end of its chunk`);
    const block: Block = {
      length,
      hash: Buffer.from(cursor.take(16)),
      pieces: [{ kind: 'slice', chunk, start, length }],
    };
    start += length;
    return block;
  });
}

function readPieces(cursor: Cursor, packs: readonly PackReference[]): Piece[] {
  const count = cursor.varint();
  must(count >= 1 && count <= 8, `a block of ${count} slices`);
  return cursor.times(count, (): Piece => {
    const index = cursor.varint();
    if (index === 0) return { kind: 'zeros', length: cursor.varint() };
    return { kind: 'slice', ...readSlice(cursor, readRestOfChunk(cursor, packs, index - 1)) };
  });
}

/** Where a leaf is, or that so many leaves are zeros. */
export type LeafEntry = { readonly kind: 'zeros'; readonly leaves: number } | ({ readonly kind: 'leaf' } & Slice);

/** One of form 1. */
export function readLeafEntry(cursor: Cursor, packs: readonly PackReference[]): LeafEntry {
  const tag = cursor.varint();
  if (tag === 0) {
    const leaves = cursor.varint();
    must(leaves >= 1, 'no leaves of zeros');
    return { kind: 'zeros', leaves };
  }
  if (tag !== 1) throw new Refusal('CORRUPT', `leaf of kind ${tag}`);
  return { kind: 'leaf', ...readSlice(cursor, readChunk(cursor, packs)) };
}
