import type { VariableReader, VariableWriter } from '../bytes/variable-length.ts';
import { mostChunkBytes, type ChunkCodec, type ChunkRef, type PackId } from './chunk-ref.ts';
import type { PackTable } from './pack-table.ts';

/** A pack that chunks are read from. */
export interface ReadablePack {
  readonly pack: PackId;
  readonly sizeBytes: number;
}

const largest = Number.MAX_SAFE_INTEGER;

/** Gives a chunk's pack its index in the table of what is written. */
export type PackNumbering = (chunk: ChunkRef) => number;

/** What indexes of packs mean where they are read. */
export type PackIndexes = readonly ReadablePack[];

export function writeChunkRef(writer: VariableWriter, chunk: ChunkRef, indexOf: PackNumbering): void {
  writer.count(indexOf(chunk));
  writeRestOfChunk(writer, chunk);
}

/** All but the index of the pack. */
export function writeRestOfChunk(writer: VariableWriter, { offset, storedBytes, rawBytes, codec }: ChunkRef): void {
  writer.count(offset);
  writer.count(storedBytes);
  writer.count(rawBytes);
  writer.byte(codec);
}

/** @throws RangeError for what no chunk can be; UnknownForm for a codec that is not known */
export function readChunkRef(reader: VariableReader, packs: PackIndexes): ChunkRef {
  return readRestOfChunk(reader, packs, reader.count(largest));
}

/** @param index of the pack */
export function readRestOfChunk(reader: VariableReader, packs: PackIndexes, index: number): ChunkRef {
  const { pack, sizeBytes } = packs[index] ?? impossible('no such pack');
  const offset = reader.count(sizeBytes);
  const storedBytes = reader.count(mostChunkBytes);
  const rawBytes = reader.count(mostChunkBytes);
  const codec = reader.byte();
  if (codec > 3) throw new UnknownForm('a codec that is not known');
  const chunk = { pack, offset, storedBytes, rawBytes, codec: codec as ChunkCodec };
  if (!isPossible(chunk)) impossible('impossible chunk');
  if (offset + storedBytes > sizeBytes) impossible('a chunk behind the end of its pack');
  return chunk;
}

/** Whether a chunk can be as somebody says, but for its pack. */
export function isPossible({ offset, storedBytes, rawBytes, codec }: ChunkRef): boolean {
  if (![offset, storedBytes, rawBytes].every((value) => Number.isSafeInteger(value) && value >= 0)) return false;
  if (storedBytes < 1 || rawBytes > mostChunkBytes) return false;
  return codec === 0 ? storedBytes === rawBytes : storedBytes < rawBytes;
}

export function writePackTable(writer: VariableWriter, packs: readonly { readonly pack: PackId }[]): void {
  writer.count(packs.length);
  for (const { pack } of packs) writePackId(writer, pack);
}

/** @param known where each of them must be. @throws RangeError */
export function readPackTable(reader: VariableReader, known: PackTable<ReadablePack>): PackIndexes {
  const packs: ReadablePack[] = [];
  const count = reader.count(reader.remainingBytes);
  while (packs.length < count)
    packs.push(known.get(readPackId(reader)) ?? impossible('a pack that the root does not name'));
  return packs;
}

/** 16 bytes of an id and the number. */
export function writePackId(writer: VariableWriter, { backup, number }: PackId): void {
  writer.raw(Buffer.from(backup, 'hex'));
  writer.count(number);
}

/** @throws RangeError */
export function readPackId(reader: VariableReader): PackId {
  const backup = Buffer.from(reader.raw(16)).toString('hex');
  return { backup, number: reader.count(largest) };
}

/** Something that a newer version may have written. */
export class UnknownForm extends Error {}

export function impossible(what: string): never {
  throw new RangeError(what);
}
