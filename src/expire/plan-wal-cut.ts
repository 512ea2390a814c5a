import { oldestSegment, planCleanup, type CleanupPlan, type CleanupRequest } from '../archiving/cleanup-wal.ts';
import type { ListedBackup } from '../repository/catalogue.ts';
import type { ListedHold } from '../repository/read-holds.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { readGenerations, type Archive } from '../wal-archive/archive.ts';
import { concerns, leastOf, type WalPosition } from '../wal-archive/wal-position.ts';
import { positionPart } from '../wal-archive/wal-file-name.ts';
import { segmentName } from '../wal/segment.ts';
import { readLines, type ArchivedLines } from './archived-lines.ts';
import type { RemovalTime } from './removal-time.ts';
import type { RemovalSurvey } from './survey-removals.ts';
import { lineKey, needsInWindow, type WalBackup, type WalNeeds } from './wal-needs.ts';

type Removal = CleanupPlan['removals'][number];

/** What goes of the WAL of one generation. */
export interface CutPlan {
  readonly generation: number;
  /** What lies before all that any backup needs, as a cleanup. */
  readonly before: CleanupPlan;
  /** What lies behind the end of a backup that stays, and before what the window needs. */
  readonly between: readonly Removal[];
  /** What would go as well, and is locked. */
  readonly locked: CleanupPlan['locked'];
}

/** What decides about WAL. */
export interface CutRequest extends Pick<RemovalSurvey, 'catalogue' | 'remaining' | 'live'> {
  readonly time: RemovalTime;
  /** For how long continuous WAL is kept, in ms; undefined: for as long as backups are. */
  readonly walWindowMs: number | undefined;
  readonly limit?: WalLimit | undefined;
}

/** What else decides besides the backups, as `wal cleanup` is told it. */
export interface WalLimit extends Pick<CleanupRequest, 'hold' | 'backupHistory'> {
  /** Only this one; default all. */
  readonly generation?: number | undefined;
  /** The oldest WAL file to keep, where that is older than what backups need. */
  readonly oldest?: string | undefined;
}

/** Whoever stores WAL may do so late, and by another clock. */
const dayMs = 24 * 60 * 60 * 1000;

/**
 * What can go of the WAL of an archive: in each generation what lies before the least start position on its line (its own and before the forks that it comes of) and in
 * the generations that come of it, whatever the timeline; with a window also what lies behind older backups and before the window (docs/design/repository.md, WAL).
 * Where there is no backup nothing goes; nor what was stored within the grace; nor anything at all while it is not known where a running backup begins.
 * Of what goes because of the window the last segment of each timeline stays: whoever asks for what is missing learns that WAL went on.
 */
export async function planWalCut(
  archive: Archive,
  request: CutRequest,
  options: StorageOptions = {},
): Promise<CutPlan[]> {
  const { remaining, live, time, walWindowMs, limit = {} } = request;
  const held = heldPositions(live);
  if (held === undefined) return [];
  const generations = await readGenerations(archive, options);
  const lines =
    walWindowMs === undefined
      ? undefined
      : await readLines(archive, generations, time.nowMs - walWindowMs - dayMs, options);
  const needs = lines && needsInWindow(walBackups(request), { sinceMs: time.nowMs - (walWindowMs ?? 0), ...lines });
  const starts = [...remaining.map(({ commit }) => commit), ...held];
  const cuts: CutPlan[] = [];
  for (const { number: generation } of generations) {
    if (limit.generation !== undefined && limit.generation !== generation) continue;
    const isOf = (start: WalPosition): boolean => concerns(generations, start, generation);
    const first = leastOf(starts.filter(isOf));
    if (first === undefined) continue;
    const before = await cleanupBefore(archive, generation, first, { ...options, time, limit });
    const floor = needs && leastOf([...needs.from, ...held].filter(isOf));
    if (needs === undefined || floor === undefined) {
      cuts.push({ generation, before, between: [], locked: before.locked });
      continue;
    }
    const all = await cleanupBefore(archive, generation, floor, { ...options, time, limit });
    const isGone = new Set([...before.removals, ...before.locked].map(({ name }) => name));
    const own = { ...needs, own: needs.own.filter(isOf) };
    const stays = staysOf(archive, generation, own, lines);
    const goesNow = ({ name }: { readonly name: string }): boolean => !isGone.has(name) && !stays(name);
    const locked = [...before.locked, ...all.locked.filter(goesNow)];
    cuts.push({ generation, before, between: all.removals.filter(goesNow), locked });
  }
  return cuts;
}

/** Undefined while one of them is not known. */
function heldPositions(live: readonly ListedHold[]): WalPosition[] | undefined {
  const positions: WalPosition[] = [];
  for (const { kind, position } of live) {
    if (kind !== 'backup' && kind !== 'copy') continue;
    if (position === undefined) return undefined;
    positions.push(position);
  }
  return positions;
}

function walBackups({ catalogue, remaining, live }: CutRequest): WalBackup[] {
  const listed = new Set(catalogue.backups.map(({ commit }) => commit.backup));
  const read = new Set(live.flatMap(({ kind, backup }) => (kind === 'restore' || kind === 'verify' ? [backup] : [])));
  return remaining.map((backup) => ({
    ...positionOf(backup),
    thereAtMs: Math.max(backup.storedAtMs, Date.parse(backup.commit.endedAt)),
    counts: listed.has(backup.commit.backup) && !backup.isCondemned && !backup.hasDamagedMarks,
    isRead: read.has(backup.commit.backup),
  }));
}

function positionOf({ commit }: ListedBackup): Pick<WalBackup, 'generation' | 'timeline' | 'startLsn' | 'endLsn'> {
  const { generation, timeline, startLsn, endLsn } = commit;
  return { generation, timeline, startLsn, endLsn };
}

/** As a cleanup that leaves what was stored within the grace. */
async function cleanupBefore(
  { storage, identity }: Archive,
  generation: number,
  { timeline, startLsn }: WalPosition,
  {
    time: { nowMs, graceMs },
    limit,
    ...options
  }: StorageOptions & Pick<CutRequest, 'time'> & { readonly limit: WalLimit },
): Promise<CleanupPlan> {
  const oldest = older(segmentName(timeline, startLsn, identity.segmentSizeBytes), limit.oldest);
  const { hold, backupHistory } = limit;
  const plan = await planCleanup({ storage, oldest, generation, hold, backupHistory }, options);
  const isOld = ({ receiptStoredAtMs }: Removal): boolean =>
    receiptStoredAtMs === undefined || nowMs - receiptStoredAtMs >= graceMs;
  return { ...plan, removals: plan.removals.filter(isOld) };
}

/** Of the segment that backups need and what is named, the one that lies before the other. */
function older(needed: string, named: string | undefined): string {
  const segment = named === undefined ? undefined : oldestSegment(named, undefined);
  return segment !== undefined && positionPart(segment) < positionPart(needed) ? segment : needed;
}

/** Tells of a file before the window whether it stays nevertheless. */
function staysOf(
  { identity: { segmentSizeBytes } }: Archive,
  generation: number,
  { own }: WalNeeds,
  lines: ArchivedLines | undefined,
): (name: string) => boolean {
  const ranges = own.map(({ timeline, startLsn, endLsn }) => ({
    first: positionPart(segmentName(timeline, startLsn, segmentSizeBytes)),
    last: positionPart(segmentName(timeline, endLsn, segmentSizeBytes)),
  }));
  return (name) => {
    const position = positionPart(name);
    const line = lineKey({ generation, timeline: Number.parseInt(name.slice(0, 8), 16) });
    if (lines?.last.get(line) === position) return true;
    return ranges.some(({ first, last }) => first <= position && position <= last);
  };
}
