import { BackupError } from '../errors/backup-error.ts';
import type { WalObject } from '../wal-archive/wal-source.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { lsn, type Lsn } from '../wal/lsn.ts';
import { parseSegmentName, segmentStart, type TimelineId } from '../wal/segment.ts';
import { parseTimelineHistory, type TimelineHistoryEntry } from '../wal/timeline-history.ts';
import type { NotedGap } from '../window/noted-gap.ts';
import type { WalKnowledge } from './wal-knowledge.ts';
import type { WalPlace } from './wal-place.ts';

/** A file that holds a segment, or the beginning of one. */
export interface FoundSegment {
  readonly place: WalPlace;
  readonly object: WalObject;
  readonly startLsn: Lsn;
  readonly timeline: TimelineId;
}

/** Which files of WAL there are, in one place or several. */
export interface WalInventory {
  readonly segmentSizeBytes: number;
  readonly systemIdentifier: bigint;
  /** By segment name without `.partial`; of one name in the order of the places. */
  readonly segments: ReadonlyMap<string, readonly FoundSegment[]>;
  /** Timelines that have segments or a history. */
  readonly timelines: readonly TimelineId[];
  /** A history that cannot be read is an error, as a timeline must not be followed on a guess. */
  readonly histories: ReadonlyMap<TimelineId, readonly TimelineHistoryEntry[] | BackupError>;
  /** The same as files: a server that sees the file of a timeline does not give that number to its own. */
  readonly historyFiles: ReadonlyMap<TimelineId, WalObject>;
  /** What receivers noted of WAL that servers no longer had. */
  readonly gaps?: readonly NotedGap[] | undefined;
}

/** Lists what lies in the places. @param options `from`: leave out segments that end before it; what is in `knowledge` is not looked into */
export async function takeInventory(
  places: readonly WalPlace[],
  options: StorageOptions & { readonly from?: Lsn | undefined; readonly knowledge?: WalKnowledge | undefined } = {},
): Promise<WalInventory | undefined> {
  const [first] = places;
  if (first === undefined) return undefined;
  const { segmentSizeBytes, systemIdentifier } = first.source;
  const from = options.from === undefined ? lsn(0n) : segmentStart(options.from, segmentSizeBytes);
  const segments = new Map<string, FoundSegment[]>();
  const histories = new Map<TimelineId, readonly TimelineHistoryEntry[] | BackupError>();
  const historyFiles = new Map<TimelineId, WalObject>();
  const timelines = new Set<TimelineId>();
  const gaps: NotedGap[] = [];
  for (const place of places) {
    gaps.push(...((await place.source.gaps?.({ signal: options.signal })) ?? []));
    const isKnown = async (object: WalObject): Promise<boolean> =>
      (await options.knowledge?.knows(place, object)) === true;
    for await (const object of place.source.list({ signal: options.signal, isKnown })) {
      const { file } = object;
      if (file.kind === 'history') {
        if (!histories.has(file.timeline)) {
          histories.set(file.timeline, await readHistory(object, options));
          historyFiles.set(file.timeline, object);
        }
        timelines.add(file.timeline);
      } else if (file.kind !== 'backup-history') {
        const parsed = parseSegmentName(file.segment, segmentSizeBytes);
        if (parsed === undefined || parsed.startLsn < from) continue;
        const found = segments.get(file.segment) ?? [];
        const segment = { place, object, ...parsed };
        segments.set(file.segment, [...found, segment]);
        timelines.add(parsed.timeline);
      }
    }
  }
  return {
    segmentSizeBytes,
    systemIdentifier,
    segments,
    timelines: [...timelines].sort((a, b) => a - b),
    histories,
    historyFiles,
    gaps,
  };
}

/** The files of several inventories, of one name in their order; undefined where there are none. */
export function mergeInventories(inventories: readonly (WalInventory | undefined)[]): WalInventory | undefined {
  const given = inventories.filter((inventory) => inventory !== undefined);
  const [first, ...others] = given;
  if (first === undefined || others.length === 0) return first;
  const segments = new Map<string, readonly FoundSegment[]>();
  for (const inventory of given) {
    for (const [name, found] of inventory.segments) segments.set(name, [...(segments.get(name) ?? []), ...found]);
  }
  return {
    ...first,
    segments,
    timelines: [...new Set(given.flatMap(({ timelines }) => timelines))].sort((a, b) => a - b),
    histories: firstOfEach(given.map(({ histories }) => histories)),
    historyFiles: firstOfEach(given.map(({ historyFiles }) => historyFiles)),
    gaps: given.flatMap(({ gaps = [] }) => gaps),
  };
}

function firstOfEach<Value>(maps: readonly ReadonlyMap<TimelineId, Value>[]): Map<TimelineId, Value> {
  return new Map(maps.toReversed().flatMap((map) => [...map]));
}

async function readHistory(
  object: WalObject,
  options: StorageOptions,
): Promise<readonly TimelineHistoryEntry[] | BackupError> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of object.read(options)) pieces.push(Buffer.from(piece));
    const { file } = object;
    return parseTimelineHistory(Buffer.concat(pieces).toString('utf8'), file.kind === 'history' ? file.timeline : 0);
  } catch (error) {
    if (error instanceof BackupError && error.code === 'CORRUPT') return error;
    throw error;
  }
}
