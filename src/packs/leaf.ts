import { VariableReader, VariableWriter } from '../bytes/variable-length.ts';
import { blockLength, blocksOfLeaf, leafBlocks, type BlockedFile } from './block-size.ts';
import type { ChunkRef } from './chunk-ref.ts';
import {
  impossible,
  readChunkRef,
  readPackId,
  writeChunkRef,
  writePackId,
  type ReadablePack,
} from './chunk-ref-codec.ts';
import { PackTable } from './pack-table.ts';

/** A piece of the content of a chunk. */
export interface Slice {
  readonly chunk: ChunkRef;
  /** First byte in the content of the chunk. */
  readonly start: number;
  readonly length: number;
}

export interface StoredBlock {
  /** First 16 bytes of the SHA-256 of its content. */
  readonly hash: Uint8Array;
  /** What it is made of, in order. */
  readonly slices: readonly Slice[];
}

/** What a leaf says of a block. One of nothing but zeros is stored nowhere. */
export type LeafBlock = StoredBlock | 'zeros';

export const hashBytes = 16;

/** The kinds of runs; 3 is reserved. */
const kindZeros = 0;
const kindChunk = 1;
const kindSlices = 2;

/** A leaf that is stored by itself: it has the table of its packs within. */
export function encodeLeaf(blocks: readonly LeafBlock[]): Uint8Array {
  const packs = new PackTable<Pick<ReadablePack, 'pack'>>();
  for (const block of blocks) {
    if (block === 'zeros') continue;
    for (const { chunk } of block.slices) packs.add(chunk);
  }
  const writer = new VariableWriter();
  writer.count(blocks.length);
  writer.count(packs.entries.length);
  for (const { pack } of packs.entries) writePackId(writer, pack);
  writeRuns(writer, blocks, (chunk) => packs.add(chunk));
  return writer.bytes();
}

/** A leaf within a record. @param indexOf number of a chunk's pack in the table of the root */
export function encodeInlineLeaf(blocks: readonly LeafBlock[], indexOf: (chunk: ChunkRef) => number): Uint8Array {
  const writer = new VariableWriter();
  writer.count(blocks.length);
  writeRuns(writer, blocks, indexOf);
  return writer.bytes();
}

function writeRuns(writer: VariableWriter, blocks: readonly LeafBlock[], indexOf: (chunk: ChunkRef) => number): void {
  for (let from = 0; from < blocks.length;) {
    const to = endOfRun(blocks, from);
    const run = blocks.slice(from, to);
    const kind = kindOf(run[0] ?? 'zeros');
    writer.unsigned((BigInt(run.length) << 2n) | BigInt(kind));
    const first = run[0];
    if (kind === kindChunk && first !== undefined && first !== 'zeros') {
      for (const { chunk, start } of first.slices) {
        writeChunkRef(writer, chunk, indexOf(chunk));
        writer.count(start);
      }
    }
    for (const block of run) {
      if (block === 'zeros') continue;
      writer.raw(block.hash);
      if (kind === kindSlices) writeSlices(writer, block.slices, indexOf);
    }
    from = to;
  }
}

function writeSlices(writer: VariableWriter, slices: readonly Slice[], indexOf: (chunk: ChunkRef) => number): void {
  writer.count(slices.length);
  for (const { chunk, start, length } of slices) {
    writeChunkRef(writer, chunk, indexOf(chunk));
    writer.count(start);
    writer.count(length);
  }
}

function kindOf(block: LeafBlock): number {
  if (block === 'zeros') return kindZeros;
  return block.slices.length === 1 ? kindChunk : kindSlices;
}

/** Behind the last block that belongs to the run that begins with the block `from`. */
function endOfRun(blocks: readonly LeafBlock[], from: number): number {
  const first = blocks[from] ?? 'zeros';
  const kind = kindOf(first);
  let previous = first === 'zeros' ? undefined : first.slices[0];
  let to = from + 1;
  for (; to < blocks.length; to += 1) {
    const block = blocks[to] ?? 'zeros';
    if (kindOf(block) !== kind) break;
    const next = block === 'zeros' ? undefined : block.slices[0];
    if (kind === kindChunk && !isBehind(previous, next)) break;
    previous = next;
  }
  return to;
}

function isBehind(previous: Slice | undefined, next: Slice | undefined): boolean {
  if (previous === undefined || next === undefined) return false;
  const [a, b] = [previous.chunk, next.chunk];
  const isSame = a === b || (isSamePack(a, b) && a.offset === b.offset && a.rawBytes === b.rawBytes);
  return isSame && previous.start + previous.length === next.start;
}

function isSamePack({ pack: a }: ChunkRef, { pack: b }: ChunkRef): boolean {
  return a === b || (a.number === b.number && a.backup === b.backup);
}

/**
 * The blocks of a leaf that is stored by itself. Memory: some hundred bytes a block.
 * @param leaf which of the file's
 * @param packs those of the root, where every pack of the leaf must be
 * @throws RangeError for bytes that are no leaf of this place
 */
export function decodeLeaf(
  bytes: Uint8Array,
  file: BlockedFile,
  leaf: number,
  packs: PackTable<ReadablePack>,
): LeafBlock[] {
  const reader = new VariableReader(bytes);
  readBlockCount(reader, file, leaf);
  const own: ReadablePack[] = [];
  const count = reader.count(reader.remainingBytes);
  while (own.length < count)
    own.push(packs.get(readPackId(reader)) ?? impossible('a pack that the root does not name'));
  return readRuns(reader, file, leaf, own);
}

/** The blocks of a leaf within a record. @throws RangeError */
export function decodeInlineLeaf(bytes: Uint8Array, file: BlockedFile, packs: readonly ReadablePack[]): LeafBlock[] {
  const reader = new VariableReader(bytes);
  readBlockCount(reader, file, 0);
  return readRuns(reader, file, 0, packs);
}

function readBlockCount(reader: VariableReader, file: BlockedFile, leaf: number): void {
  if (reader.count(leafBlocks) !== blocksOfLeaf(file, leaf)) impossible('another number of blocks');
}

function readRuns(
  reader: VariableReader,
  file: BlockedFile,
  leaf: number,
  packs: readonly ReadablePack[],
): LeafBlock[] {
  const blocks: LeafBlock[] = [];
  const expected = blocksOfLeaf(file, leaf);
  const lengthOf = (block: number): number => blockLength(file, leaf * leafBlocks + block);
  while (blocks.length < expected) {
    const head = reader.count(4 * leafBlocks + 3);
    const count = head >> 2;
    if (count < 1 || count > expected - blocks.length) impossible('a run of impossible length');
    switch (head & 3) {
      case kindZeros:
        for (let index = 0; index < count; index += 1) blocks.push('zeros');
        break;
      case kindChunk:
        readChunkRun(reader, blocks, count, lengthOf, packs);
        break;
      case kindSlices:
        for (let index = 0; index < count; index += 1) blocks.push(readSliced(reader, lengthOf(blocks.length), packs));
        break;
      default:
        impossible('a run of an unknown kind');
    }
  }
  if (!reader.atEnd) impossible('more than the blocks');
  return blocks;
}

function readChunkRun(
  reader: VariableReader,
  blocks: LeafBlock[],
  count: number,
  lengthOf: (block: number) => number,
  packs: readonly ReadablePack[],
): void {
  const chunk = readChunkRef(reader, packs);
  let start = reader.count(chunk.rawBytes);
  for (let index = 0; index < count; index += 1) {
    const hash = reader.raw(hashBytes);
    const length = lengthOf(blocks.length);
    if (start + length > chunk.rawBytes) impossible('a block behind the end of its chunk');
    blocks.push({ hash, slices: [{ chunk, start, length }] });
    start += length;
  }
}

function readSliced(reader: VariableReader, blockBytes: number, packs: readonly ReadablePack[]): StoredBlock {
  const hash = reader.raw(hashBytes);
  const count = reader.count(reader.remainingBytes);
  const slices: Slice[] = [];
  let filled = 0;
  while (slices.length < count) {
    const chunk = readChunkRef(reader, packs);
    const start = reader.count(chunk.rawBytes);
    const length = reader.count(chunk.rawBytes - start);
    if (length < 1) impossible('an empty slice');
    filled += length;
    slices.push({ chunk, start, length });
  }
  if (filled !== blockBytes) impossible('slices that do not make up their block');
  return { hash, slices };
}
