import type { Catalogue, ListedBackup, ListedRemoval } from '../repository/catalogue.ts';
import type { ListedHold } from '../repository/read-holds.ts';
import { compareNames } from '../storage/object-name.ts';
import type { RemovalTime } from './removal-time.ts';

/** What keeps a backup that is off the catalogue from being deleted. */
export type Obstacle =
  /** It was taken off a short time ago. */
  | 'grace'
  /** Somebody reads it, or stores a backup on top of it. */
  | 'held'
  | 'pinned'
  /** A mark cannot be read: it may be a pin. */
  | 'damaged-mark'
  /** Fewer sound backups would be left than are to stay. */
  | 'minimum'
  /** Object lock keeps its commit. */
  | 'locked';

/** A removal that is not due yet. */
export interface WaitingRemoval {
  /** Id of the backup. */
  readonly backup: string;
  readonly name: string;
  /** From when on it is, ms since 1970 by the clock of the storage, if nothing else happens; undefined: that depends on others. */
  readonly dueAtMs: number | undefined;
  /** At least one. */
  readonly obstacles: readonly Obstacle[];
}

/** A removal that is to be carried out. */
export interface DueRemoval extends ListedRemoval {
  /** False: an earlier run has deleted the commit, and did not come to its end or was kept from it by object lock. */
  readonly hasCommit: boolean;
  /** Of the backup; its id where its commit is gone. */
  readonly name: string;
}

/** Which removals are to be carried out, and what the others wait for. Of one whose commit is gone an earlier run did not come to its end: it is due when it is old enough. Those that wait come in the order of their names. */
export function judgeRemovals(
  { backups, removed, removals }: Catalogue,
  live: readonly ListedHold[],
  time: RemovalTime,
): { readonly due: readonly DueRemoval[]; readonly waiting: readonly WaitingRemoval[] } {
  const sound = backups.filter(({ isCondemned }) => !isCondemned).length;
  const due: DueRemoval[] = [];
  const waiting: WaitingRemoval[] = [];
  for (const removal of removals) {
    const { backup } = removal;
    const there = removed.find(({ commit }) => commit.backup === backup);
    const obstacles = [
      ...(time.nowMs - removal.storedAtMs < time.graceMs ? (['grace'] as const) : []),
      ...(live.some((hold) => hold.backup === backup || hold.prior === backup) ? (['held'] as const) : []),
      ...(there === undefined ? [] : obstaclesOf(there, time)),
      ...(there !== undefined && sound < removal.minimum ? (['minimum'] as const) : []),
    ];
    const name = there?.commit.name ?? backup;
    if (obstacles.length === 0) due.push({ ...removal, name, hasCommit: there !== undefined });
    else
      waiting.push({
        backup,
        name,
        dueAtMs: dueAt(removal, there, obstacles, time),
        obstacles,
      });
  }
  // Of a rehearsal they come in another order.
  waiting.sort((a, b) => compareNames(a.name, b.name));
  return { due, waiting };
}

function obstaclesOf({ pinnedUntilMs, hasDamagedMarks }: ListedBackup, { nowMs }: RemovalTime): Obstacle[] {
  const isPinned = pinnedUntilMs === 'forever' || (pinnedUntilMs ?? 0) > nowMs;
  return [...(hasDamagedMarks ? (['damaged-mark'] as const) : []), ...(isPinned ? (['pinned'] as const) : [])];
}

function dueAt(
  { storedAtMs }: ListedRemoval,
  there: ListedBackup | undefined,
  obstacles: readonly Obstacle[],
  { graceMs }: RemovalTime,
): number | undefined {
  const pinned = there?.pinnedUntilMs;
  if (pinned === 'forever' || obstacles.some((obstacle) => obstacle !== 'grace' && obstacle !== 'pinned'))
    return undefined;
  return Math.max(storedAtMs + graceMs, obstacles.includes('pinned') ? (pinned ?? 0) : 0);
}
