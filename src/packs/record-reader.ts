import { fromBytes, type ByteString } from '../bytes/byte-string.ts';
import { VariableReader } from '../bytes/variable-length.ts';
import { blocksOf, leavesOf, mostInlineBlocks, type BlockedFile } from './block-size.ts';
import { impossible, readChunkRef, type ReadablePack } from './chunk-ref-codec.ts';
import {
  mostNameBytes,
  mostPartBytes,
  type FileLeaves,
  type LeafRef,
  type PartRecord,
  type StoredAttributes,
  type StoredRecord,
} from './record.ts';

/**
 * The records in the content of a chunk, in order; the first is a part. Leaves of files are views into it.
 * @param object the pack that it is in, for what is found out later
 * @param packs those of the root
 * @throws RangeError for bytes that are no records
 */
export function* readRecords(
  content: Uint8Array,
  object: string,
  packs: readonly ReadablePack[],
): Generator<StoredRecord, void> {
  const reader = new VariableReader(content);
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
    if (part === undefined) impossible('a record without a part');
    const attributes = readAttributes(reader, previous);
    previous = attributes.name;
    if (type === 'F') yield { kind: 'file', part, object, ...attributes, ...readFile(reader, packs) };
    else yield readOther(reader, type, attributes);
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
  return { name, mode: reader.count(0xffff), mtimeSeconds: reader.count(Number.MAX_SAFE_INTEGER) };
}

/** Whether it is relative and stays where it is. */
function isName(name: string): boolean {
  if (name.includes('\0')) return false;
  return name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

function readOther(reader: VariableReader, type: string, attributes: StoredAttributes): StoredRecord {
  if (type === 'D') return { kind: 'directory', ...attributes };
  if (type !== 'L') impossible('a record of an unknown type');
  const isRelative = reader.count(1) === 1;
  const target = fromBytes(reader.raw(reader.count(mostNameBytes)));
  return { kind: 'link', ...attributes, target, isRelative };
}

function readFile(
  reader: VariableReader,
  packs: readonly ReadablePack[],
): BlockedFile & { readonly leaves: FileLeaves } {
  const sizeBytes = reader.count(Number.MAX_SAFE_INTEGER);
  const log = reader.count(20);
  if (log < 12) impossible('an impossible block size');
  const file = { sizeBytes, blockBytes: 2 ** log };
  return { ...file, leaves: readLeaves(reader, file, packs) };
}

function readLeaves(reader: VariableReader, file: BlockedFile, packs: readonly ReadablePack[]): FileLeaves {
  // Each takes more than a byte.
  const count = reader.count(reader.remainingBytes);
  if (count === 0 ? blocksOf(file) > mostInlineBlocks : count !== leavesOf(file))
    impossible('another number of leaves');
  if (count === 0) return { inline: reader.raw(reader.count(reader.remainingBytes)) };
  const stored: LeafRef[] = [];
  while (stored.length < count) {
    const chunk = readChunkRef(reader, packs);
    const start = reader.count(chunk.rawBytes);
    const length = reader.count(chunk.rawBytes - start);
    stored.push({ chunk, start, length });
  }
  return { stored };
}
