import type { Cursor } from './cursor.ts';
import { must } from './refusal.ts';

/** The backup that wrote a pack, and its number there. */
export interface PackReference {
  readonly backup: string;
  readonly number: number;
}

export interface Chunk {
  readonly pack: PackReference;
  readonly offset: number;
  readonly storedBytes: number;
  readonly rawBytes: number;
  readonly codec: number;
}

/** A part of the content of a chunk. */
export interface Slice {
  readonly chunk: Chunk;
  readonly start: number;
  readonly length: number;
}

export function packName({ backup, number }: PackReference): string {
  const folder = String(Math.floor(number / 1000)).padStart(5, '0');
  return `packs/${backup}/${folder}/${String(number).padStart(8, '0')}`;
}

/** `count, count × (id, number)`. */
export function readPacks(cursor: Cursor): PackReference[] {
  return cursor.times(cursor.varint(), () => readPack(cursor));
}

export function readPack(cursor: Cursor): PackReference {
  return { backup: cursor.take(16).toString('hex'), number: cursor.varint() };
}

/** `pack index, rest`. */
export function readChunk(cursor: Cursor, packs: readonly PackReference[]): Chunk {
  return readRestOfChunk(cursor, packs, cursor.varint());
}

/** `offset in the pack, stored length, raw length, codec`. */
export function readRestOfChunk(cursor: Cursor, packs: readonly PackReference[], index: number): Chunk {
  const pack = packs[index];
  must(pack !== undefined, `pack ${index} of a table of ${packs.length}`);
  const [offset, storedBytes, rawBytes] = [cursor.varint(), cursor.varint(), cursor.varint()];
  return checkedChunk({ pack, offset, storedBytes, rawBytes, codec: cursor.byte() });
}

/** What holds for every chunk, before anything of it is allocated. That the codec is known is seen when it is read. */
export function checkedChunk(chunk: Chunk): Chunk {
  const { storedBytes, rawBytes, codec } = chunk;
  must(rawBytes >= 1 && rawBytes <= 262_144, `a chunk of ${rawBytes} bytes`);
  must(codec === 0 ? storedBytes === rawBytes : storedBytes < rawBytes, `${rawBytes} bytes stored as ${storedBytes}`);
  return chunk;
}

/** `start, length` within a chunk. */
export function readSlice(cursor: Cursor, chunk: Chunk): Slice {
  const [start, length] = [cursor.varint(), cursor.varint()];
  must(start + length <= chunk.rawBytes, `bytes ${start} to ${start + length} of a chunk of ${chunk.rawBytes}`);
  return { chunk, start, length };
}
