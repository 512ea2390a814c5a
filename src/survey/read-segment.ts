import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import type { WalObject } from '../wal-archive/wal-source.ts';
import type { StorageOptions } from '../storage/storage.ts';
import type { Lsn } from '../wal/lsn.ts';
import { decodeSegmentIndex, encodeSegmentIndex } from '../wal/segment-index-codec.ts';
import type { SegmentIndex } from '../wal/segment-index.ts';
import { decodePageHeader } from '../wal/page-header.ts';
import { SegmentIndexer } from '../wal/segment-indexer.ts';
import type { CrcCheck } from '../wal/wal-reader.ts';
import type { FoundSegment } from './inventory.ts';
import type { SegmentReader, SegmentToRead } from './read-whole.ts';
import { endedByDamage } from './segment-proof.ts';
import type { WalKnowledge } from './wal-knowledge.ts';
import type { WalPlace } from './wal-place.ts';

export interface ReadSegmentOptions extends StorageOptions {
  /** What earlier readings found; what is found is added. */
  readonly knowledge?: WalKnowledge | undefined;
  /** Reads a segment of which no index is there whole, so that it is proved as well. Default: no more than an index needs. */
  readonly reader?: SegmentReader | undefined;
  /** Damage before it does not matter. */
  readonly from?: Lsn | undefined;
}

/**
 * What a segment holds: from what is known of it, from the index beside it, or from reading it, which is then known.
 * @returns the damage where it cannot be read
 */
export async function readSegmentIndex(
  place: WalPlace,
  object: WalObject,
  startLsn: Lsn,
  options: ReadSegmentOptions = {},
): Promise<SegmentIndex | { readonly damage: Message }> {
  const { knowledge, reader, from, signal } = options;
  const problem = await findObjectProblem(place, object);
  if (problem !== undefined) return { damage: problem };
  const known = await knowledge?.contentOf(place, object, { startLsn, from });
  if (known !== undefined) return known;
  const stored = object.receipt === undefined ? undefined : await storedIndex(place, object, { signal });
  const given = stored && decoded(stored);
  if (given?.startLsn === startLsn) return given;
  if (reader !== undefined && knowledge !== undefined) {
    await reader.read(wholeSegment(place, object, startLsn, from));
    const content = await knowledge.contentOf(place, object, { startLsn, from });
    if (content !== undefined) return content;
  }
  const key = await knowledge?.keyOf(place, object);
  const index = await indexObject(object, startLsn, 'visited-records', place, { signal });
  const isWhole = !('damage' in index) && index.end.kind !== 'partial';
  // What ends early may still be written to.
  if (key !== undefined && isWhole && !(await knowledge?.knows(place, object))) {
    await knowledge?.remember(key, { index: encodeSegmentIndex(index), proof: undefined });
  }
  return index;
}

/** What a segment held when its index was made, damaged or not by now; undefined where there is none. Reads no segment. */
export async function knownIndex(
  { place, object, startLsn }: FoundSegment,
  { knowledge, signal }: ReadSegmentOptions,
): Promise<SegmentIndex | undefined> {
  const stored = object.receipt === undefined ? undefined : await storedIndex(place, object, { signal });
  const given = stored && decoded(stored);
  if (given?.startLsn === startLsn) return given;
  const known = await knowledge?.contentOf(place, object, { startLsn, from: undefined });
  return known === undefined || 'damage' in known ? undefined : known;
}

/** An index that cannot be read is none: the segment itself tells what is in it. */
async function storedIndex({ source }: WalPlace, { file }: WalObject, options: StorageOptions) {
  try {
    return await source.readIndex(file.name, options);
  } catch (error) {
    if (error instanceof BackupError && error.code === 'CORRUPT') return undefined;
    throw error;
  }
}

/** What to read of a segment of which it is not known how much will be replayed. @param from damage before it does not matter */
export function wholeSegment(place: WalPlace, object: WalObject, startLsn: Lsn, from: Lsn | undefined): SegmentToRead {
  const { segmentSizeBytes, systemIdentifier } = place.source;
  const fromLsn = from === undefined || from < startLsn ? startLsn : from;
  const task = { startLsn, segmentSizeBytes, systemIdentifier, fromLsn, neededBytes: undefined };
  return { place, object, task, name: `${object.file.name} (${placeOf(place, object)})` };
}

/** Why an object cannot be what its receipt says, or its name where there is no receipt: as far as a look at its size tells. */
export async function findObjectProblem(place: WalPlace, object: WalObject): Promise<Message | undefined> {
  const { receipt, storedName: stored } = object;
  if (place.archive === undefined) return undefined;
  const { name } = object.file;
  if (receipt === undefined) return findFormProblem(object, place.source.segmentSizeBytes);
  const found = await place.archive.storage.stat(stored);
  if (found === undefined) return say('survey.object-missing', { name, stored });
  const { storedBytes: expected } = receipt;
  if (found.sizeBytes === expected) return undefined;
  return say('survey.object-size', { name, stored, actual: found.sizeBytes, expected });
}

/** Of a whole segment as the server wrote it the size is known without a receipt, and what its first page says. */
export function findFormProblem(
  {
    file,
    codec,
    storedName: stored,
    storedBytes: actual,
    isUnsound,
  }: Pick<WalObject, 'file' | 'codec' | 'storedName' | 'storedBytes' | 'isUnsound'>,
  expected: number,
): Message | undefined {
  if (file.kind !== 'segment') return undefined;
  const { name } = file;
  if (codec === 'none' && actual !== expected) return say('survey.segment-size', { name, stored, actual, expected });
  return isUnsound === true ? say('survey.other-content', { name, stored }) : undefined;
}

/** Reads a segment, each record's CRC included when asked: whether it is intact. */
async function indexObject(
  object: WalObject,
  startLsn: Lsn,
  check: CrcCheck,
  place: Pick<WalPlace, 'source'>,
  options: StorageOptions = {},
): Promise<SegmentIndex | { readonly damage: Message }> {
  const { systemIdentifier, segmentSizeBytes } = place.source;
  const indexer = new SegmentIndexer({ startLsn, check, systemIdentifier, segmentSizeBytes });
  try {
    let wanted = true;
    // Read to the end even where the WAL ends before: size and content hash are compared on the way.
    for await (const piece of object.read(options)) wanted = wanted && indexer.push(piece);
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'CORRUPT') throw error;
    const name = `${object.file.name} (${placeOf(place, object)})`;
    return endedByDamage(indexer.endSegment(), say('survey.damaged-object', { name, reason: error.sentence }));
  }
  return indexer.endSegment();
}

/** The first page of a segment; undefined where it cannot be read. */
export async function firstPageOf(
  object: WalObject,
  options: StorageOptions = {},
): Promise<ReturnType<typeof decodePageHeader>> {
  try {
    for await (const piece of object.read({ ...options, headOnly: true })) return decodePageHeader(piece);
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'CORRUPT') throw error;
  }
  return undefined;
}

/** Two segments in one go, so that a record that crosses from one into the other is read whole. */
export async function indexTogether(
  first: WalObject,
  second: WalObject,
  startLsn: Lsn,
  { source }: Pick<WalPlace, 'source'>,
  options: StorageOptions = {},
): Promise<SegmentIndex | undefined> {
  const { systemIdentifier, segmentSizeBytes } = source;
  const indexer = new SegmentIndexer({ startLsn, check: 'visited-records', systemIdentifier, segmentSizeBytes });
  try {
    for await (const piece of first.read(options)) if (!indexer.push(piece)) return undefined;
    indexer.endSegment();
    for await (const piece of second.read(options)) if (!indexer.push(piece)) break;
    return indexer.endSegment();
  } catch (error) {
    if (error instanceof BackupError && error.code === 'CORRUPT') return undefined;
    throw error;
  }
}

function decoded(bytes: Buffer): SegmentIndex | undefined {
  try {
    return decodeSegmentIndex(bytes);
  } catch (error) {
    // Damaged or newer: the segment itself tells.
    if (error instanceof BackupError) return undefined;
    throw error;
  }
}

/** Where a segment lies, for people. */
export function placeOf(place: Pick<WalPlace, 'source'>, object: WalObject): string {
  return `${place.source.description}, ${object.storedName}`;
}
