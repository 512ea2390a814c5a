import { surelyLockedUntil } from '../storage/object-lock.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import type { Catalogue } from './catalogue.ts';
import { deleteHold, readHolds, type ListedHold } from './read-holds.ts';

type Known = Pick<Catalogue, 'backups' | 'removed' | 'removals'>;

/** Whether a hold is of a backup that came to its end: it says nothing any more. @param ended ids of such */
export function isVoid({ kind, backup }: Pick<ListedHold, 'kind' | 'backup'>, ended: ReadonlySet<string>): boolean {
  return (kind === 'backup' || kind === 'copy') && ended.has(backup);
}

/** Ids of the backups that are committed, off the catalogue or not. */
export function committedIn({ backups, removed }: Pick<Catalogue, 'backups' | 'removed'>): ReadonlySet<string> {
  return new Set([...backups, ...removed].map(({ commit }) => commit.backup));
}

/** Ids of the backups that are or were committed: only those have removals, which outlive the commit where a run that deletes is interrupted. */
export function endedIn(known: Known): ReadonlySet<string> {
  return new Set([...committedIn(known), ...known.removals.map(({ backup }) => backup)]);
}

/**
 * Deletes the holds that backups left with their commits: who saw both may (docs/design/repository.md, a backup, step 8). An account that may not delete leaves them to `expire`.
 * @throws BackupError `REPOSITORY_VERSION` when a hold is of a newer format
 */
export async function deleteVoidHolds(storage: Storage, catalogue: Known, options: StorageOptions = {}): Promise<void> {
  const ended = endedIn(catalogue);
  const { holds } = await readHolds(storage, options);
  for (const hold of holds) {
    if (!isVoid(hold, ended) || surelyLockedUntil(storage, hold.storedAtMs) !== undefined) continue;
    // An account that may not delete one may not delete the others: expire does it.
    if (!(await deleteHold(storage, hold.objects, options))) return;
  }
}
