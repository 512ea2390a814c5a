import { performCleanup, planCleanup } from '../archiving/cleanup-wal.ts';
import type { ListedBackup } from '../repository/catalogue.ts';
import type { ListedHold } from '../repository/read-holds.ts';
import { findArchive, lineageOf, readGenerations, type Archive } from '../wal-archive/archive.ts';
import { segmentBase } from '../wal-archive/archive-wal.ts';
import type { Generation } from '../wal-archive/generation.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import type { Lsn } from '../wal/lsn.ts';
import { segmentName } from '../wal/segment.ts';
import type { RemovalSurvey, RemovalTime } from './survey-removals.ts';

/** What goes of the WAL of one generation. */
export interface WalCut {
  readonly generation: number;
  /** The first segment that stays. */
  readonly cutoff: string;
  /** Names of the WAL files. */
  readonly removed: readonly string[];
}

/**
 * Removes the WAL that no remaining backup needs, nor one that is being made or read: in each generation what lies before the
 * least start position on its line (its own and before the forks that it comes of) and in the generations that come of it, whatever the timeline.
 * Where there is no such backup nothing goes; nor what was stored within the grace; nor anything at all while it is not known where a running backup begins.
 * @param storage of the WAL archive
 */
export async function cutWal(
  storage: Storage,
  { remaining, live }: Pick<RemovalSurvey, 'remaining' | 'live'>,
  time: RemovalTime,
  options: StorageOptions = {},
): Promise<WalCut[]> {
  const archive = await findArchive(storage, options);
  const starts = archive && startsOf(remaining, live);
  if (archive === undefined || starts === undefined) return [];
  const generations = await readGenerations(archive, options);
  const cuts: WalCut[] = [];
  for (const { number } of generations) {
    const needed = starts.filter((start) => concerns(generations, start, number));
    const first = needed.toSorted((a, b) => (a.startLsn < b.startLsn ? -1 : 1))[0];
    if (first !== undefined) cuts.push(await cutGeneration(archive, number, first, time, options));
  }
  return cuts;
}

interface Start {
  readonly timeline: number;
  readonly generation: number;
  readonly startLsn: Lsn;
}

/** Undefined while one of them is not known. */
function startsOf(remaining: readonly ListedBackup[], live: readonly ListedHold[]): Start[] | undefined {
  const starts: Start[] = remaining.map(({ commit }) => commit);
  for (const { kind, position } of live) {
    if (kind !== 'backup') continue;
    if (position === undefined) return undefined;
    starts.push(position);
  }
  return starts;
}

/** Whether a backup that starts there can reach WAL of the generation, or lies in one that comes of it. */
function concerns(generations: readonly Generation[], { generation, startLsn }: Start, number: number): boolean {
  const isOnLine = lineageOf(generations, number).some(
    (part) => part.generation === generation && (part.end === undefined || startLsn < part.end),
  );
  return isOnLine || lineageOf(generations, generation).some((part) => part.generation === number);
}

async function cutGeneration(
  archive: Archive,
  generation: number,
  { timeline, startLsn }: Start,
  { nowMs, graceMs }: RemovalTime,
  options: StorageOptions,
): Promise<WalCut> {
  const { storage, identity } = archive;
  const oldest = segmentName(timeline, startLsn, identity.segmentSizeBytes);
  const plan = await planCleanup({ storage, oldest, generation }, options);
  const removals: (typeof plan.removals)[number][] = [];
  for (const removal of plan.removals) {
    const receipt = await storage.stat(`${segmentBase(generation, removal.name)}.receipt`, options);
    const isNew = receipt !== undefined && nowMs - (receipt.storedAtMs ?? nowMs) < graceMs;
    if (!isNew) removals.push(removal);
  }
  await performCleanup(storage, { ...plan, removals }, options);
  return { generation, cutoff: plan.cutoff, removed: removals.map(({ name }) => name) };
}
