import { packName, readChunk, readPack, type Chunk, type PackReference } from './chunk.ts';
import { Cursor } from './cursor.ts';
import { must, Refusal } from './refusal.ts';

export type PackKind = 'content' | 'leaves' | 'records';

/** A row of the table of packs. */
export interface PackRow extends PackReference {
  readonly sizeBytes: number;
  readonly rawBytes: number;
  readonly usedBytes: number;
  readonly kind: PackKind;
}

export interface Root {
  /** By their names below the instance. */
  readonly packs: ReadonlyMap<string, PackRow>;
  readonly recordChunks: readonly { readonly chunk: Chunk; readonly hash: Buffer }[];
  readonly files: number;
  readonly bytes: number;
  readonly newBytes: number;
}

const kinds = ['content', 'leaves', 'records'] as const;

export function readRoot(bytes: Buffer): Root {
  const cursor = new Cursor(bytes, 'the root');
  must(cursor.take(4).toString('latin1') === 'GKRT', 'the root is none');
  const version = cursor.varint();
  if (version > 1) throw new Refusal('REPOSITORY_VERSION', `a root of version ${version}`);
  must(version === 1, `a root of version ${version}`);
  const rows = cursor.times(cursor.varint(), () => readRow(cursor));
  const recordChunks = cursor.times(cursor.varint(), () => ({
    chunk: readChunk(cursor, rows),
    hash: Buffer.from(cursor.take(16)),
  }));
  const [files, sum, newBytes] = [cursor.varint(), cursor.varint(), cursor.varint()];
  cursor.end();
  const packs = new Map(rows.map((row) => [packName(row), row]));
  must(packs.size === rows.length, 'a pack is in the table of the root twice');
  return { packs, recordChunks, files, bytes: sum, newBytes };
}

function readRow(cursor: Cursor): PackRow {
  const pack = readPack(cursor);
  const [sizeBytes, rawBytes, usedBytes] = [cursor.varint(), cursor.varint(), cursor.varint()];
  const number = cursor.varint();
  const kind = kinds[number];
  if (kind === undefined) throw new Refusal('REPOSITORY_VERSION', `a pack of kind ${number}`);
  return { ...pack, sizeBytes, rawBytes, usedBytes, kind };
}
