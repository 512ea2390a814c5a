import { ByteReader, type ByteSource } from '../bytes/byte-reader.ts';
import { display, type ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';

/** Bytes of a page, and pages of a segment file, of the builds that we take incremental backups of. */
export const blockBytes = 8192;
export const blocksPerSegment = 131_072;

const magic = 0xd3ae1f0d;
/** Bytes that tell how long the head is. */
export const fixedHeadBytes = 12;
/** Blocks that are handed on at once: 512 KiB. */
const blocksAtOnce = 64;

const incrementalPattern =
  /^((?:global|base\/[0-9]+|pg_tblspc\/[0-9]+\/[^/]+\/[0-9]+)\/)INCREMENTAL\.([0-9]+(?:_[a-z]+)?(?:\.[0-9]+)?)$/;

/**
 * The path of the file that an incremental one tells the changes of; undefined for any other file.
 * @param path relative to the data directory, tablespaces as `pg_tblspc/<oid>/…`
 */
export function originalOf(path: ByteString): ByteString | undefined {
  const match = incrementalPattern.exec(path);
  return match === null ? undefined : (`${match[1] ?? ''}${match[2] ?? ''}` as ByteString);
}

/** What the head of an incremental file says. Source: backup/basebackup_incremental.h of PostgreSQL 17. */
export interface IncrementalHeader {
  /** The least length in blocks that the file had since the earlier backup: what was behind is gone. */
  readonly truncationBlocks: number;
  /** Numbers of the blocks that follow, within this file, ascending. */
  readonly blocks: Uint32Array;
}

/** Length in blocks of the file after the changes. */
export function resultBlocks({ truncationBlocks, blocks }: IncrementalHeader): number {
  return Math.max(truncationBlocks, (blocks.at(-1) ?? -1) + 1);
}

/** Blocks with consecutive numbers. */
export interface BlockRun {
  readonly firstBlock: number;
  /** Whole pages; a view, valid until the next run is asked for. */
  readonly pages: Uint8Array;
}

export interface IncrementalFile {
  readonly header: IncrementalHeader;
  /** To be read to the end, once. @throws BackupError `CORRUPT` where the file is shorter or longer than its head says */
  readonly runs: AsyncIterable<BlockRun>;
}

/**
 * Reads an incremental file. Memory: 4 bytes for each block of a segment file, and 512 KiB.
 * @throws BackupError `CORRUPT` for what no server writes
 */
export async function readIncrementalFile(path: ByteString, content: ByteSource): Promise<IncrementalFile> {
  const reader = new ByteReader(content);
  const name = display(path);
  const fixed = Buffer.from(await reader.readExactly(fixedHeadBytes, name));
  const rest = await reader.readExactly(headBytes(name, fixed) - fixedHeadBytes, name);
  const header = decodeHead(name, Buffer.concat([fixed, rest]));
  return { header, runs: readRuns(name, reader, header.blocks) };
}

/**
 * Length of the head by its first `fixedHeadBytes`: it is filled up to a page where pages follow.
 * @param name for the error
 * @throws BackupError `CORRUPT`
 */
export function headBytes(name: string, fixed: Uint8Array): number {
  const { found, count, truncationBlocks } = decodeFixed(fixed);
  if (found !== magic) throw damaged(name, say('incremental.no-magic'));
  if (count > blocksPerSegment) throw damaged(name, say('incremental.many-blocks', { count, limit: blocksPerSegment }));
  if (truncationBlocks > blocksPerSegment) {
    throw damaged(name, say('incremental.bad-length', { count: truncationBlocks, limit: blocksPerSegment }));
  }
  const length = fixedHeadBytes + count * 4;
  return count === 0 ? length : Math.ceil(length / blockBytes) * blockBytes;
}

/** @param head as long as `headBytes` says @throws BackupError `CORRUPT` */
export function decodeHead(name: string, head: Uint8Array): IncrementalHeader {
  const { count, truncationBlocks } = decodeFixed(head);
  const list = view(head);
  const blocks = new Uint32Array(count);
  for (let index = 0; index < count; index += 1) {
    const block = list.getUint32(fixedHeadBytes + index * 4, true);
    const isAscending = index === 0 || block > (blocks[index - 1] ?? 0);
    if (block >= blocksPerSegment || !isAscending) throw damaged(name, say('incremental.bad-block', { block }));
    blocks[index] = block;
  }
  return { truncationBlocks, blocks };
}

function decodeFixed(head: Uint8Array): { found: number; count: number; truncationBlocks: number } {
  const fixed = view(head);
  return {
    found: fixed.getUint32(0, true),
    count: fixed.getUint32(4, true),
    truncationBlocks: fixed.getUint32(8, true),
  };
}

/** How many blocks from `index` on follow each other, at most `blocksAtOnce`. */
function runLength(blocks: Uint32Array, index: number): number {
  const firstBlock = blocks[index] ?? 0;
  let count = 1;
  while (count < blocksAtOnce && blocks[index + count] === firstBlock + count) count += 1;
  return count;
}

async function* readRuns(
  name: string,
  reader: ByteReader,
  blocks: Uint32Array,
): AsyncGenerator<BlockRun, void, undefined> {
  for (let index = 0; index < blocks.length;) {
    const count = runLength(blocks, index);
    yield { firstBlock: blocks[index] ?? 0, pages: await reader.readExactly(count * blockBytes, name) };
    index += count;
  }
  if (!(await reader.atEnd())) throw damaged(name, say('incremental.goes-on'));
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function damaged(path: string, reason: Message): BackupError {
  return new BackupError('CORRUPT', say('incremental.damaged', { path, reason }));
}
