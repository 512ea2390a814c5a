import { VariableReader, VariableWriter } from '../bytes/variable-length.ts';
import { blockLength, blocksOfLeaf, leafBlocks, type BlockedFile } from './block-size.ts';
import { hashBytes } from './block-hash.ts';
import type { ChunkRef } from './chunk-ref.ts';
import {
  impossible,
  readChunkRef,
  readPackTable,
  readRestOfChunk,
  writeChunkRef,
  writePackTable,
  writeRestOfChunk,
  type PackIndexes,
  type PackNumbering,
  type ReadablePack,
} from './chunk-ref-codec.ts';
import { PackTable } from './pack-table.ts';

/** A piece of the content of a chunk, or of zeros. */
export interface Slice {
  /** Undefined: zeros. */
  readonly chunk: ChunkRef | undefined;
  /** First byte in the content of the chunk. */
  readonly start: number;
  readonly length: number;
}

export interface StoredBlock {
  /** First 16 bytes of the SHA-256 of its content; undefined: not known. No version writes that yet. */
  readonly hash: Uint8Array | undefined;
  /** What it is made of, in order; at most 8. */
  readonly slices: readonly Slice[];
}

/** What a leaf says of a block. One of nothing but zeros is stored nowhere. */
export type LeafBlock = StoredBlock | 'zeros';

const mostSlices = 8;

/** The kinds of runs. */
const kindZeros = 0;
const kindChunk = 1;
const kindSlices = 2;
const kindUnhashed = 3;

/** A leaf that is stored by itself: with the table of its packs. */
export function encodeLeaf(blocks: readonly LeafBlock[]): Uint8Array {
  const packs = new PackTable<Pick<ReadablePack, 'pack'>>();
  const runs = new VariableWriter();
  writeBlocks(runs, blocks, ({ pack }) => packs.add({ pack }));
  const leaf = new VariableWriter();
  writePackTable(leaf, packs.entries);
  leaf.raw(runs.bytes());
  return leaf.bytes();
}

/** The blocks alone: a leaf within a record. */
export function writeBlocks(writer: VariableWriter, blocks: readonly LeafBlock[], indexOf: PackNumbering): void {
  writer.count(blocks.length);
  for (let from = 0; from < blocks.length;) {
    const to = endOfRun(blocks, from);
    const run = blocks.slice(from, to);
    const kind = kindOf(run[0]);
    writer.count(run.length * 4 + kind);
    const start = kind === kindChunk ? startOf(run[0]) : undefined;
    if (start !== undefined) {
      writeChunkRef(writer, start.chunk, indexOf);
      writer.count(start.start);
    }
    for (const block of run) {
      if (block === 'zeros') continue;
      if (block.hash !== undefined) writer.raw(block.hash);
      if (kind !== kindChunk) writeSlices(writer, block.slices, indexOf);
    }
    from = to;
  }
}

function writeSlices(writer: VariableWriter, slices: readonly Slice[], indexOf: PackNumbering): void {
  writer.count(slices.length);
  for (const { chunk, start, length } of slices) {
    if (chunk === undefined) writer.count(0);
    else {
      writer.count(indexOf(chunk) + 1);
      writeRestOfChunk(writer, chunk);
      writer.count(start);
    }
    writer.count(length);
  }
}

function kindOf(block: LeafBlock | undefined): number {
  if (block === undefined || block === 'zeros') return kindZeros;
  if (block.hash === undefined) return kindUnhashed;
  return startOf(block) === undefined ? kindSlices : kindChunk;
}

interface BlockInChunk {
  readonly chunk: ChunkRef;
  readonly start: number;
  readonly end: number;
}

/** Where a block is that lies in one chunk; undefined: it does not. */
function startOf(block: LeafBlock | undefined): BlockInChunk | undefined {
  if (block === undefined || block === 'zeros' || block.slices.length !== 1) return undefined;
  const [{ chunk, start, length } = { chunk: undefined, start: 0, length: 0 }] = block.slices;
  return chunk && { chunk, start, end: start + length };
}

/** Behind the last block that belongs to the run that begins with the block `from`. */
export function endOfRun(blocks: readonly LeafBlock[], from: number): number {
  const kind = kindOf(blocks[from]);
  let to = from + 1;
  while (to < blocks.length && kindOf(blocks[to]) === kind) {
    if (kind === kindChunk && !isBehind(startOf(blocks[to - 1]), startOf(blocks[to]))) break;
    to += 1;
  }
  return to;
}

function isBehind(previous: BlockInChunk | undefined, next: BlockInChunk | undefined): boolean {
  if (previous === undefined || next === undefined) return false;
  return isSame(previous.chunk, next.chunk) && previous.end === next.start;
}

function isSame(a: ChunkRef, b: ChunkRef): boolean {
  if (a === b) return true;
  return a.offset === b.offset && a.pack.number === b.pack.number && a.pack.backup === b.pack.backup;
}

/**
 * The blocks of a leaf that is stored by itself. Memory: some hundred bytes a block.
 * @param leaf which of the file's
 * @param packs those of the root, where every pack of the leaf must be
 * @throws RangeError for bytes that are no leaf of this place; UnknownForm
 */
export function decodeLeaf(
  bytes: Uint8Array,
  file: BlockedFile,
  leaf: number,
  packs: PackTable<ReadablePack>,
): LeafBlock[] {
  const reader = new VariableReader(bytes);
  return readBlocks(reader, file, leaf, readPackTable(reader, packs));
}

/** The blocks of a leaf within a record. @throws RangeError; UnknownForm */
export function decodeInlineLeaf(bytes: Uint8Array, file: BlockedFile, packs: PackIndexes): LeafBlock[] {
  return readBlocks(new VariableReader(bytes), file, 0, packs);
}

function readBlocks(reader: VariableReader, file: BlockedFile, leaf: number, packs: PackIndexes): LeafBlock[] {
  const blocks: LeafBlock[] = [];
  const expected = blocksOfLeaf(file, leaf);
  if (reader.count(leafBlocks) !== expected) impossible('another number of blocks');
  const nextLength = (): number => blockLength(file, leaf * leafBlocks + blocks.length);
  while (blocks.length < expected) {
    const head = reader.count(4 * leafBlocks + 3);
    const kind = head & 3;
    const end = blocks.length + (head >> 2);
    if (end === blocks.length || end > expected) impossible('a run of impossible length');
    if (kind === kindChunk) readChunkRun(reader, blocks, end, nextLength, packs);
    while (blocks.length < end) {
      if (kind === kindZeros) blocks.push('zeros');
      else {
        const hash = kind === kindUnhashed ? undefined : reader.raw(hashBytes);
        blocks.push({ hash, slices: readSlices(reader, nextLength(), packs) });
      }
    }
  }
  if (!reader.atEnd) impossible('more than the blocks');
  return blocks;
}

function readChunkRun(
  reader: VariableReader,
  blocks: LeafBlock[],
  end: number,
  nextLength: () => number,
  packs: PackIndexes,
): void {
  const chunk = readChunkRef(reader, packs);
  let start = reader.count(chunk.rawBytes);
  while (blocks.length < end) {
    const hash = reader.raw(hashBytes);
    const length = nextLength();
    if (start + length > chunk.rawBytes) impossible('a block behind the end of its chunk');
    blocks.push({ hash, slices: [{ chunk, start, length }] });
    start += length;
  }
}

function readSlices(reader: VariableReader, blockBytes: number, packs: PackIndexes): readonly Slice[] {
  const count = reader.count(mostSlices);
  const slices: Slice[] = [];
  let filled = 0;
  while (slices.length < count) {
    const index = reader.count(packs.length);
    const chunk = index === 0 ? undefined : readRestOfChunk(reader, packs, index - 1);
    const start = chunk === undefined ? 0 : reader.count(chunk.rawBytes);
    const length = reader.count(chunk === undefined ? blockBytes : chunk.rawBytes - start);
    if (length === 0) impossible('an empty slice');
    filled += length;
    slices.push({ chunk, start, length });
  }
  if (filled !== blockBytes) impossible('slices that do not make up their block');
  return slices;
}
