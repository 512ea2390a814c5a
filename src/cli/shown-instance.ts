import {
  compareRepositoryBackups,
  standaloneBy,
  type PrunedRange,
  type RepositoryBackup,
  type RepositoryCatalogue,
  type RepositoryInstance,
  type StorageLock,
} from '../index.ts';
import type { ShownBackup, ShownInstance } from './shown-backup.ts';

/** What `gausskeep list` shows of an instance: its backups by their times, those that cannot be read behind all others. */
export function shownInstance(
  { name, identity }: Pick<RepositoryInstance, 'name' | 'identity'>,
  { backups, removed, damagedBackups }: Pick<RepositoryCatalogue, 'backups' | 'removed' | 'damagedBackups'>,
  { newestWal, pruned, lock }: Pick<ShownInstance, 'newestWal'> & Beside,
  nowMs = Date.now(),
): ShownInstance {
  const isRemoved = new Set(removed);
  const readable = [...backups, ...removed].sort(compareRepositoryBackups);
  return {
    name,
    identity,
    newestWal,
    backups: [
      ...readable.map((backup) => ({
        ...shownBackup(backup, isRemoved.has(backup), standaloneBy(backup, pruned), nowMs),
        lockedUntilMs: lockedUntil(backup, lock),
      })),
      ...damagedBackups.map(unreadable),
    ],
  };
}

/** What else is known of an instance. */
interface Beside {
  readonly pruned: readonly PrunedRange[];
  /** Of its storage, and the repository in which what commits say of it holds. */
  readonly lock?: (Pick<StorageLock, 'lockedForMs' | 'nowMs'> & { readonly repository: string }) | undefined;
}

/** What it stored itself is locked from when it began, what it uses of others as its commit says. */
function lockedUntil({ commit, storedAtMs }: RepositoryBackup, lock: Beside['lock']): number | undefined {
  const { lockedUntil: ofOthers, lockedIn, startedAt, endedAt } = commit;
  if (lock === undefined || ofOthers === undefined || lockedIn !== lock.repository) return undefined;
  const tookMs = Math.max(0, Date.parse(endedAt) - Date.parse(startedAt));
  const untilMs = Math.min(Date.parse(ofOthers), storedAtMs - tookMs + lock.lockedForMs);
  return untilMs > lock.nowMs ? untilMs : undefined;
}

/** A pin that has passed is no pin. */
function shownBackup(
  { commit, storedAtMs, marks, note }: RepositoryBackup,
  isRemoved: boolean,
  by: PrunedRange | undefined,
  nowMs: number,
): Omit<ShownBackup, 'lockedUntilMs'> {
  return {
    id: commit.name,
    facts: commit,
    storedAtMs,
    note,
    pins: marks.flatMap((mark) =>
      mark.kind === 'pin' && (mark.until === undefined || Date.parse(mark.until) > nowMs) ? [mark] : [],
    ),
    condemned: marks.find(({ kind }) => kind === 'condemn'),
    isRemoved,
    standaloneBy: by,
  };
}

function unreadable(id: string): ShownBackup {
  return {
    id,
    facts: undefined,
    storedAtMs: undefined,
    note: undefined,
    pins: [],
    condemned: undefined,
    isRemoved: false,
    standaloneBy: undefined,
    lockedUntilMs: undefined,
  };
}
