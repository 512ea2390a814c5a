import type { VariableReader, VariableWriter } from '../bytes/variable-length.ts';
import type { ChunkRef } from './chunk-ref.ts';
import { impossible, readChunkRef, writeChunkRef, type PackIndexes, type PackNumbering } from './chunk-ref-codec.ts';

/** Where a leaf, or a part of a list of leaves, is in the content of a chunk. */
export interface LeafRef {
  readonly chunk: ChunkRef;
  readonly start: number;
  readonly length: number;
}

/** Some leaves of a file, one behind the other. */
export interface LeafEntry {
  /** Number of the first of them. */
  readonly first: number;
  readonly count: number;
  /** Undefined: all their blocks are zeros. Else there is one. */
  readonly ref: LeafRef | undefined;
}

/** A file of more leaves has their list in a chunk of leaves, not in its record. */
export const mostListedLeaves = 4096;

/** `leaves` as a list. Undefined is a leaf of zeros. */
export function leafEntries(leaves: readonly (LeafRef | undefined)[]): LeafEntry[] {
  const entries: LeafEntry[] = [];
  for (const [first, ref] of leaves.entries()) {
    const last = entries.at(-1);
    if (ref === undefined && last !== undefined && last.ref === undefined) {
      entries.splice(-1, 1, { ...last, count: last.count + 1 });
    } else entries.push({ first, count: 1, ref });
  }
  return entries;
}

/** The entry that the leaf is in. */
export function entryOf(entries: readonly LeafEntry[], leaf: number): LeafEntry | undefined {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle]?.first ?? 0) <= leaf) low = middle + 1;
    else high = middle;
  }
  return entries[low - 1];
}

/** Without their number. */
export function writeLeafEntries(writer: VariableWriter, entries: readonly LeafEntry[], indexOf: PackNumbering): void {
  for (const { count, ref } of entries) {
    writer.count(ref === undefined ? 0 : 1);
    if (ref === undefined) writer.count(count);
    else writeLeafRef(writer, ref, indexOf);
  }
}

/** As many as it takes to cover `leaves`. @throws RangeError; UnknownForm */
export function readLeafEntries(reader: VariableReader, leaves: number, packs: PackIndexes): LeafEntry[] {
  const entries: LeafEntry[] = [];
  let first = 0;
  while (first < leaves) {
    const isStored = reader.count(1) === 1;
    const count = isStored ? 1 : reader.count(leaves - first);
    if (count === 0) impossible('no leaves of zeros');
    entries.push({ first, count, ref: isStored ? readLeafRef(reader, packs) : undefined });
    first += count;
  }
  return entries;
}

export function writeLeafRef(writer: VariableWriter, { chunk, start, length }: LeafRef, indexOf: PackNumbering): void {
  writeChunkRef(writer, chunk, indexOf);
  writer.count(start);
  writer.count(length);
}

/** @throws RangeError; UnknownForm */
export function readLeafRef(reader: VariableReader, packs: PackIndexes): LeafRef {
  const chunk = readChunkRef(reader, packs);
  const start = reader.count(chunk.rawBytes);
  return { chunk, start, length: reader.count(chunk.rawBytes - start) };
}
