import { performCleanup } from '../archiving/cleanup-wal.ts';
import { putPruned, readPruned, type StoredRange } from '../repository/pruned.ts';
import { isLive, readHolds } from '../repository/read-holds.ts';
import { endedIn, isVoid } from '../repository/void-holds.ts';
import { findArchive, type Archive } from '../wal-archive/archive.ts';
import { deleteUnlessLocked } from '../storage/object-lock.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { parseSegmentName } from '../wal/segment.ts';
import { lockedOf, type LockedObjects } from './locked-objects.ts';
import { planWalCut, type CutPlan, type CutRequest } from './plan-wal-cut.ts';
import { rangesOf, type RemovedFile, type WalRange } from './wal-ranges.ts';

/** What goes of the WAL of one generation. */
export interface WalCut {
  readonly generation: number;
  /** What lies before it goes, whatever the timeline: no backup needs it. */
  readonly cutoff: string;
  readonly before: readonly WalRange[];
  /** What goes behind backups that stay: they reach to their own end from then on, or a little further. */
  readonly between: readonly WalRange[];
  /** What is needed by nobody either, and cannot be deleted yet; undefined: nothing. */
  readonly locked?: LockedObjects | undefined;
}

/** Where the WAL is, and where it is said what goes. */
export interface CutPlaces {
  /** Of the WAL archive. */
  readonly wal: Storage;
  /** Of the instance. */
  readonly instance: Storage;
}

/** As `cutWal`, and nothing is done. */
export async function rehearseWalCut(
  wal: Storage,
  request: CutRequest,
  options: StorageOptions = {},
): Promise<WalCut[]> {
  const archive = await findArchive(wal, options);
  if (archive === undefined) return [];
  const plans = await planWalCut(archive, request, options);
  return plans.map((plan) => walCut(archive, plan, plan.between));
}

/**
 * Removes the WAL that no backup needs, nor one that is being made or read, and, where continuous WAL is kept for a shorter time, what lies behind older backups. Of the latter
 * it is said first which it is; then holds are looked at once more, so that of whoever needs it and this run at least one sees the other.
 */
export async function cutWal(
  { wal, instance }: CutPlaces,
  request: CutRequest,
  options: StorageOptions = {},
): Promise<WalCut[]> {
  const archive = await findArchive(wal, options);
  if (archive === undefined) return [];
  const plans = await planWalCut(archive, request, options);
  const known = await readPruned(instance, options);
  const between = plans.some((plan) => plan.between.length > 0)
    ? await announce(archive, instance, { plans, known, request }, options)
    : new Map<number, readonly Removal[]>();
  const cuts: WalCut[] = [];
  for (const plan of plans) {
    const gone = between.get(plan.generation) ?? [];
    await performCleanup(wal, { ...plan.before, removals: [...plan.before.removals, ...gone] }, options);
    cuts.push(walCut(archive, plan, gone));
    // What lies before all backups nobody asks for.
    const begin = parseSegmentName(plan.before.cutoff, archive.identity.segmentSizeBytes)?.startLsn ?? 0n;
    for (const { generation, endLsn, storedName } of known) {
      if (generation === plan.generation && endLsn <= begin) await deleteUnlessLocked(instance, storedName, options);
    }
  }
  return cuts;
}

type Removal = CutPlan['between'][number];

/** Says what is about to go, looks who needs it, and takes back what somebody does. @returns what may go, by generation */
async function announce(
  archive: Archive,
  instance: Storage,
  { plans, known, request }: Announcement,
  options: StorageOptions,
): Promise<ReadonlyMap<number, readonly Removal[]>> {
  const { segmentSizeBytes } = archive.identity;
  const at = new Date(request.time.nowMs).toISOString();
  const put: (WalRange & { readonly generation: number; readonly storedName: string })[] = [];
  for (const { generation, between } of plans) {
    const unsaid = between.filter(({ name }) => !isSaid(name, generation, known, segmentSizeBytes));
    for (const range of rangesOf(unsaid, segmentSizeBytes)) {
      const storedName = await putPruned(instance, { ...range, generation, at }, options);
      put.push({ ...range, generation, storedName });
    }
  }
  const { holds, damaged } = await readHolds(instance, options);
  const { nowMs } = request.time;
  const ended = endedIn(request.catalogue);
  const live = holds.filter((hold) => isLive(hold, nowMs) && !isVoid(hold, ended));
  const isUnknown = damaged.some((hold) => isLive(hold, nowMs));
  const again = isUnknown ? [] : await planWalCut(archive, { ...request, live }, options);
  const allowed = new Map(
    again.map(({ generation, between }) => [generation, new Set(between.map(({ name }) => name))]),
  );
  const gone = new Map<number, readonly Removal[]>();
  for (const { generation, between } of plans) {
    gone.set(
      generation,
      between.filter(({ name }) => allowed.get(generation)?.has(name) === true),
    );
  }
  for (const { generation, beginLsn, endLsn, storedName } of put) {
    const isKept = rangesOf(gone.get(generation) ?? [], segmentSizeBytes).some(
      (range) => range.beginLsn < endLsn && range.endLsn > beginLsn,
    );
    // One that is locked explains a hole that is none: that harms nobody.
    if (!isKept) await deleteUnlessLocked(instance, storedName, options);
  }
  return gone;
}

interface Announcement {
  readonly plans: readonly CutPlan[];
  readonly known: readonly StoredRange[];
  readonly request: CutRequest;
}

function isSaid(name: string, generation: number, known: readonly StoredRange[], segmentSizeBytes: number): boolean {
  const segment = parseSegmentName(name.slice(0, 24), segmentSizeBytes);
  return known.some(
    (range) =>
      range.generation === generation &&
      range.timeline === segment?.timeline &&
      range.beginLsn <= segment.startLsn &&
      range.endLsn > segment.startLsn,
  );
}

function walCut(
  { identity }: Archive,
  { generation, before, locked }: CutPlan,
  between: readonly RemovedFile[],
): WalCut {
  const ranges = (files: readonly RemovedFile[]): WalRange[] => rangesOf(files, identity.segmentSizeBytes);
  return {
    generation,
    cutoff: before.cutoff,
    before: ranges(before.removals),
    between: ranges(between),
    locked: lockedOf(locked),
  };
}
