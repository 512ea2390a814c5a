import type { ByteSource } from '../bytes/byte-reader.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { formatOfMagic } from '../wal/formats/formats.ts';
import { lsn } from '../wal/lsn.ts';
import { parseSegmentName, segmentName } from '../wal/segment.ts';
import { parseTimelineHistory, timelineAt } from '../wal/timeline-history.ts';
import { lineageOf, type Archive } from './archive.ts';
import { largestHistoryBytes, readReceipt, segmentBase, walFolder } from './archive-wal.ts';
import { suffixOf } from './codec.ts';
import type { Generation } from './generation.ts';
import { findFork, type Receipt, type SegmentLinks } from './receipt.ts';
import type { LinkedSegment } from './push-turn.ts';
import { isSound, withSource, type UnfinishedRecord } from './record-border.ts';
import { readSmallObject } from '../storage/small-object.ts';
import { segmentAt, segmentEnd } from './wal-file-name.ts';
import { readStored } from './wal-object.ts';

/** A segment by its name, and where it is, or is to be. */
interface SegmentPlace {
  readonly archive: Archive;
  readonly generations: readonly Generation[];
  readonly generation: number;
  readonly segment: {
    /** `SEGMENT` or `SEGMENT.partial`. */
    readonly name: string;
    readonly segment: string;
  };
}

/** A segment whose neighbours are looked at, and where. */
export interface Neighbourhood extends SegmentPlace {
  readonly segment: SegmentPlace['segment'] & {
    readonly links: SegmentLinks | undefined;
    readonly body: () => ByteSource;
  };
  /** What the segment before will be in the archive, where that is still on its way. */
  readonly before?: LinkedSegment | undefined;
  /** The one behind, where it was looked for already (`findBehind`). */
  readonly behind?: Promise<FoundNeighbour | undefined> | undefined;
}

/** -1: the segment before; 1: the one behind. */
export type Side = -1 | 1;

export interface NeighboursFound {
  /** Sides that have no receipt. */
  readonly absent: readonly Side[];
  /** Where the segment holds nothing but the middle of a record: what there is of that record up to its end. */
  readonly passing: UnfinishedRecord | undefined;
}

/**
 * Compares the links with the receipts of the given sides, and checks the CRC of the record that crosses the border.
 * @throws BackupError `OBJECT_EXISTS` when they do not link, `CORRUPT` when that CRC is wrong
 */
export async function checkNeighbours(
  place: Neighbourhood,
  sides: readonly Side[],
  options: StorageOptions,
): Promise<NeighboursFound> {
  const { segment, archive } = place;
  const absent: Side[] = [];
  let passing: UnfinishedRecord | undefined;
  for (const side of sides) {
    const onItsWay = side < 0 ? segmentOnItsWay(place) : undefined;
    const found = onItsWay === undefined ? await foundAt(place, side, options) : undefined;
    const receipt = onItsWay ?? found?.receipt;
    if (receipt === undefined) {
      absent.push(side);
      continue;
    }
    const fork = side < 0 ? findFork(receipt.links, segment.links) : findFork(segment.links, receipt.links);
    if (fork !== undefined) {
      const [before, after] = side < 0 ? [receipt.name, segment.name] : [segment.name, receipt.name];
      const { expected, found: actual } = fork;
      throw new BackupError(
        'OBJECT_EXISTS',
        say(`archive.fork-${fork.what}`, { name: segment.name, before, after, expected, found: actual }),
        { hint: say('archive.fork.hint'), context: { generation: place.generation } },
      );
    }
    if (found === undefined || side < 0) passing = await checkBorder(archive, receipt, segment, options);
    else await checkBorder(archive, segment, { ...receipt, body: () => storedBody(archive, found, options) }, options);
  }
  return { absent, passing };
}

interface BorderSegment {
  readonly name: string;
  readonly links: SegmentLinks | undefined;
}

/** @returns what there is of a record that fills all of `next` */
async function checkBorder(
  { identity }: Archive,
  before: BorderSegment,
  next: BorderSegment & { readonly body: () => ByteSource },
  options: StorageOptions,
): Promise<UnfinishedRecord | undefined> {
  const begun = before.links?.unfinished;
  const format = formatOfMagic(identity.walMagic);
  const { links } = next;
  if (begun === undefined || format === undefined || links === undefined || links.continuation === 0) return undefined;
  const isPassing = links.missing > 0 && links.last === undefined;
  const length = isPassing ? links.continuation - links.missing : links.continuation;
  options.signal?.throwIfAborted();
  const record = await withSource(begun, next.body(), { offset: 0, length }, format);
  if (isPassing) return record;
  if (isSound(record, format)) return undefined;
  throw new BackupError('CORRUPT', say('archive.border-checksum', { before: before.name, after: next.name }), {
    hint: say('archive.border-checksum.hint'),
  });
}

/** Only of the same timeline: of which one the segment before the first of a timeline is, its history file says. */
function segmentOnItsWay({ archive, segment, before }: Neighbourhood): LinkedSegment | undefined {
  if (before === undefined) return undefined;
  return before.name === segmentAt(segment.segment, -1, archive.identity.segmentSizeBytes) ? before : undefined;
}

/** A neighbour that has a receipt. */
export interface FoundNeighbour {
  readonly receipt: Receipt;
  readonly generation: number;
}

/** Looks for the segment behind while the segment itself is still being read: to wait for a store far away would keep all that come behind. */
export function findBehind(place: SegmentPlace, options: StorageOptions): Promise<FoundNeighbour | undefined> {
  const found = neighbour(place, 1, options);
  // Told where it is asked for, if it is.
  found.catch(() => undefined);
  return found;
}

function foundAt(place: Neighbourhood, side: Side, options: StorageOptions): Promise<FoundNeighbour | undefined> {
  return (side > 0 ? place.behind : undefined) ?? neighbour(place, side, options);
}

function storedBody({ storage, identity }: Archive, found: FoundNeighbour, options: StorageOptions): ByteSource {
  const { receipt, generation } = found;
  const storedName = segmentBase(generation, receipt.name) + suffixOf(receipt.codec);
  const limitBytes = identity.segmentSizeBytes;
  return readStored({ storage, storedName, codec: receipt.codec, receipt, limitBytes }, options);
}

/** The receipt of the segment before or behind, in this generation or inherited from before the fork. */
async function neighbour(
  place: SegmentPlace,
  side: Side,
  options: StorageOptions,
): Promise<FoundNeighbour | undefined> {
  const { storage, identity } = place.archive;
  const size = identity.segmentSizeBytes;
  const name = side < 0 ? await nameBefore(place, options) : segmentAt(place.segment.segment, 1, size);
  // A partial segment has nothing behind it on its timeline.
  if (name === undefined || (side > 0 && place.segment.name !== place.segment.segment)) return undefined;
  const end = segmentEnd(name, size);
  for (const part of lineageOf(place.generations, place.generation)) {
    if (part.end !== undefined && (end === undefined || end > part.end)) continue;
    const receipt = await readSoundReceipt(storage, part.generation, name, options);
    if (receipt !== undefined) return { receipt, generation: part.generation };
  }
  return undefined;
}

/**
 * The segment before: of the parent's timeline where this one was not left yet, as the history file says. Servers archive
 * that before the first segment of a timeline; without it only the same timeline is looked at.
 */
async function nameBefore(place: SegmentPlace, options: StorageOptions): Promise<string | undefined> {
  const size = place.archive.identity.segmentSizeBytes;
  const parsed = parseSegmentName(place.segment.segment, size);
  if (parsed === undefined || parsed.startLsn === 0n) return undefined;
  const { timeline, startLsn } = parsed;
  const before = lsn(startLsn - 1n);
  const history = timeline === 1 ? undefined : await readHistory(place, timeline, options);
  const timelineBefore = history === undefined ? timeline : timelineAt(history, timeline, before);
  return segmentName(timelineBefore, before, size);
}

async function readHistory(place: SegmentPlace, timeline: number, options: StorageOptions) {
  const name = `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`;
  for (const { generation } of lineageOf(place.generations, place.generation)) {
    const stored = walFolder(generation) + name;
    const bytes = await readSmallObject(place.archive.storage, stored, { ...options, limit: largestHistoryBytes });
    if (bytes !== undefined) return parseTimelineHistory(bytes.toString('utf8'), timeline);
  }
  return undefined;
}

/** A damaged receipt is as none: archiving must not stop for it. Who reads the archive is told. */
async function readSoundReceipt(...read: Parameters<typeof readReceipt>): ReturnType<typeof readReceipt> {
  try {
    return await readReceipt(...read);
  } catch (error) {
    if (error instanceof BackupError && error.code === 'CORRUPT') return undefined;
    throw error;
  }
}
