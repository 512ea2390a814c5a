import { fromBytes, type ByteString } from '../bytes/byte-string.ts';
import { VariableReader } from '../bytes/variable-length.ts';
import { blocksOf, leavesOf, mostInlineBlocks, type BlockedFile } from './block-size.ts';
import { impossible, readPackTable, UnknownForm, type PackIndexes, type ReadablePack } from './chunk-ref-codec.ts';
import { mostListedLeaves, readLeafEntries, readLeafRef, type LeafRef } from './leaf-list.ts';
import type { PackTable } from './pack-table.ts';
import {
  mostNameBytes,
  mostPartBytes,
  type FileLeaves,
  type PartRecord,
  type StoredAttributes,
  type StoredRecord,
} from './record.ts';

/**
 * The records in the content of a chunk, in order; the first is a part. Leaves of files are views into it.
 * @param object the pack that it is in, for what is found out later
 * @param known the packs of the root, where every pack of the chunk must be
 * @throws RangeError for bytes that are no records; UnknownForm
 */
export function* readRecords(
  content: Uint8Array,
  object: string,
  known: PackTable<ReadablePack>,
): Generator<StoredRecord, void> {
  const reader = new VariableReader(content);
  const packs = readPackTable(reader, known);
  let part: PartRecord | undefined;
  let previous = '';
  while (!reader.atEnd) {
    const type = String.fromCharCode(reader.byte());
    if (type === 'P') {
      part = readPart(reader);
      previous = '';
      yield part;
      continue;
    }
    if (!['D', 'L', 'F'].includes(type)) throw new UnknownForm('a record of a type that is not known');
    if (part === undefined) impossible('a record without a part');
    const attributes = readAttributes(reader, previous);
    previous = attributes.name;
    if (type === 'F') yield { kind: 'file', part, object, packs, ...attributes, ...readFile(reader, packs) };
    else if (type === 'L') yield { kind: 'link', ...attributes, ...readLink(reader) };
    else yield { kind: 'directory', ...attributes };
  }
}

function readPart(reader: VariableReader): PartRecord {
  const name = Buffer.from(reader.raw(reader.count(mostPartBytes))).toString('utf8');
  const oid = reader.count(2 ** 32);
  return { kind: 'part', name, oid: oid === 0 ? undefined : oid - 1 };
}

function readAttributes(reader: VariableReader, previous: string): StoredAttributes {
  const common = reader.count(previous.length);
  const rest = reader.raw(reader.count(mostNameBytes - common));
  const name = (previous.slice(0, common) + fromBytes(rest)) as ByteString;
  if (!isName(name)) impossible('an impossible name');
  const mode = reader.count(0xffff);
  const mtime = reader.count(Number.MAX_SAFE_INTEGER);
  return { name, mode, mtimeSeconds: mtime === 0 ? undefined : mtime - 1 };
}

/** Whether it is relative and stays where it is. */
export function isName(name: string): boolean {
  // A part that is empty, `.` or `..`, or a byte that no name has.
  return !/(?:^|\/)\.{0,2}(?:\/|$)|\0/.test(name);
}

function readLink(reader: VariableReader): { readonly isRelative: boolean; readonly target: ByteString } {
  const isRelative = reader.count(1) === 1;
  return { isRelative, target: fromBytes(reader.raw(reader.count(mostNameBytes))) };
}

function readFile(reader: VariableReader, packs: PackIndexes): BlockedFile & { readonly leaves: FileLeaves } {
  const sizeBytes = reader.count(Number.MAX_SAFE_INTEGER);
  const log = reader.count(18);
  if (log < 12) impossible('an impossible block size');
  const file = { sizeBytes, blockBytes: 2 ** log };
  return { ...file, leaves: readLeaves(reader, file, packs) };
}

function readLeaves(reader: VariableReader, file: BlockedFile, packs: PackIndexes): FileLeaves {
  const form = reader.count(2);
  const leaves = leavesOf(file);
  if (form !== formOf(file)) impossible('leaves in a form of other files');
  if (form === 0) return { inline: reader.raw(reader.count(reader.remainingBytes)) };
  if (form === 1) {
    const count = reader.count(leaves);
    const entries = readLeafEntries(reader, leaves, packs);
    if (entries.length !== count) impossible('another number of leaves');
    return { entries };
  }
  if (reader.count(Number.MAX_SAFE_INTEGER) !== leaves) impossible('another number of leaves');
  const listed: LeafRef[] = [];
  const count = reader.count(reader.remainingBytes);
  while (listed.length < count) listed.push(readLeafRef(reader, packs));
  return { listed };
}

/** Which of the forms of `leaves` a file has. */
function formOf(file: BlockedFile): number {
  if (blocksOf(file) <= mostInlineBlocks) return 0;
  return leavesOf(file) <= mostListedLeaves ? 1 : 2;
}
