import { readChunk, readPacks, readSlice, type PackReference, type Slice } from './chunk.ts';
import { Cursor } from './cursor.ts';
import { readLeafEntry, type LeafEntry } from './leaf.ts';
import { must, Refusal } from './refusal.ts';

interface Named {
  /** The part: undefined is `base`, else the oid of a tablespace. */
  readonly oid: number | undefined;
  /** Relative to the part, bytes as in latin1. */
  readonly name: string;
  readonly mode: number;
  /** Seconds since 1970; undefined: not known. */
  readonly mtime: number | undefined;
}

export interface DirectoryRecord extends Named {
  readonly kind: 'directory';
}

export interface LinkRecord extends Named {
  readonly kind: 'link';
  readonly relative: boolean;
  readonly target: string;
}

export interface FileRecord extends Named {
  readonly kind: 'file';
  readonly size: number;
  readonly blockBytes: number;
  readonly leaves: Leaves;
}

export type StoredRecord = DirectoryRecord | LinkRecord | FileRecord;

/** Where the leaves of a file are. `packs` is the table of the chunk of records. */
export type Leaves =
  | { readonly form: 'within'; readonly packs: readonly PackReference[]; readonly bytes: Buffer }
  | { readonly form: 'list'; readonly entries: readonly LeafEntry[] }
  | {
      readonly form: 'list elsewhere';
      readonly packs: readonly PackReference[];
      /** Of leaves, not of entries of the list. */
      readonly count: number;
      readonly slices: readonly Slice[];
    };

/** The content of one chunk of records. */
export function readRecords(bytes: Buffer): StoredRecord[] {
  const cursor = new Cursor(bytes, 'a chunk of records');
  const packs = readPacks(cursor);
  const records: StoredRecord[] = [];
  let part: { readonly oid: number | undefined } | undefined;
  let before = '';
  while (cursor.left > 0) {
    const type = String.fromCharCode(cursor.byte());
    if (type === 'P') {
      part = readPart(cursor);
      before = '';
      continue;
    }
    must(part !== undefined, 'a chunk of records does not begin with a part');
    const record = readRecord(cursor, type, packs, { oid: part.oid, before });
    records.push(record);
    before = record.name;
  }
  return records;
}

function readPart(cursor: Cursor): { readonly oid: number | undefined } {
  const name = cursor.take(cursor.varint()).toString('latin1');
  const number = cursor.varint();
  const oid = number === 0 ? undefined : number - 1;
  must(name === (oid === undefined ? 'base' : String(oid)), `the part "${name}" with the oid ${String(oid)}`);
  return { oid };
}

interface Surroundings {
  readonly oid: number | undefined;
  readonly before: string;
}

function readRecord(
  cursor: Cursor,
  type: string,
  packs: readonly PackReference[],
  { oid, before }: Surroundings,
): StoredRecord {
  if (!'DLF'.includes(type)) throw new Refusal('REPOSITORY_VERSION', `a record of type ${JSON.stringify(type)}`);
  const name = readName(cursor, before);
  const [mode, time] = [cursor.varint(), cursor.varint()];
  const named = { oid, name, mode, mtime: time === 0 ? undefined : time - 1 };
  if (type === 'D') return { kind: 'directory', ...named };
  if (type === 'L') {
    const flags = cursor.varint();
    const target = cursor.take(cursor.varint()).toString('latin1');
    return { kind: 'link', ...named, relative: (flags & 1) !== 0, target };
  }
  const [size, log] = [cursor.varint(), cursor.varint()];
  must(log >= 12 && log <= 18, `blocks of 2^${log} bytes`);
  return { kind: 'file', ...named, size, blockBytes: 2 ** log, leaves: readLeaves(cursor, packs) };
}

function readName(cursor: Cursor, before: string): string {
  const common = cursor.varint();
  must(common <= before.length, `${common} bytes in common with "${before}"`);
  const name = before.slice(0, common) + cursor.take(cursor.varint()).toString('latin1');
  const parts = name.split('/');
  const sound = parts.every((part) => part !== '' && part !== '.' && part !== '..') && !name.includes('\0');
  must(sound && name.length <= 4096, `the name "${name}"`);
  return name;
}

function readLeaves(cursor: Cursor, packs: readonly PackReference[]): Leaves {
  const form = cursor.varint();
  if (form === 0) return { form: 'within', packs, bytes: cursor.take(cursor.varint()) };
  if (form === 1) {
    return { form: 'list', entries: cursor.times(cursor.varint(), () => readLeafEntry(cursor, packs)) };
  }
  must(form === 2, `leaves of form ${form}`);
  const count = cursor.varint();
  const slices = cursor.times(cursor.varint(), () => readSlice(cursor, readChunk(cursor, packs)));
  return { form: 'list elsewhere', packs, count, slices };
}
