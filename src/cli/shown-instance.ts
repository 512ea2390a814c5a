import {
  compareRepositoryBackups,
  standaloneBy,
  type PrunedRange,
  type RepositoryBackup,
  type RepositoryCatalogue,
  type RepositoryInstance,
} from '../index.ts';
import type { ShownBackup, ShownInstance } from './shown-backup.ts';

/** What `gausskeep list` shows of an instance: its backups by their times, those that cannot be read behind all others. */
export function shownInstance(
  { name, identity }: Pick<RepositoryInstance, 'name' | 'identity'>,
  { backups, removed, damagedBackups }: Pick<RepositoryCatalogue, 'backups' | 'removed' | 'damagedBackups'>,
  { newestWal, pruned }: Pick<ShownInstance, 'newestWal'> & { readonly pruned: readonly PrunedRange[] },
  nowMs = Date.now(),
): ShownInstance {
  const isRemoved = new Set(removed);
  const readable = [...backups, ...removed].sort(compareRepositoryBackups);
  return {
    name,
    identity,
    newestWal,
    backups: [
      ...readable.map((backup) => shownBackup(backup, isRemoved.has(backup), standaloneBy(backup, pruned), nowMs)),
      ...damagedBackups.map(unreadable),
    ],
  };
}

/** A pin that has passed is no pin. */
function shownBackup(
  { commit, storedAtMs, marks, note }: RepositoryBackup,
  isRemoved: boolean,
  by: PrunedRange | undefined,
  nowMs: number,
): ShownBackup {
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
  };
}
