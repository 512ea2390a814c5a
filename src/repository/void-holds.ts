import type { Storage, StorageOptions } from '../storage/storage.ts';
import type { Catalogue } from './catalogue.ts';
import { deleteHold, readHolds, type ListedHold } from './read-holds.ts';

/** Whether a hold is of a backup that is committed: it says nothing any more. @param committed ids */
export function isVoid({ kind, backup }: Pick<ListedHold, 'kind' | 'backup'>, committed: ReadonlySet<string>): boolean {
  return kind === 'backup' && committed.has(backup);
}

/** Ids of the backups that are committed, off the catalogue or not. */
export function committedIn({ backups, removed }: Pick<Catalogue, 'backups' | 'removed'>): ReadonlySet<string> {
  return new Set([...backups, ...removed].map(({ commit }) => commit.backup));
}

/**
 * Deletes the holds that backups left with their commits: who saw both may (docs/design/repository.md, a backup, step 8).
 * @throws BackupError `REPOSITORY_VERSION` when a hold is of a newer format
 */
export async function deleteVoidHolds(
  storage: Storage,
  catalogue: Pick<Catalogue, 'backups' | 'removed'>,
  options: StorageOptions = {},
): Promise<void> {
  const committed = committedIn(catalogue);
  const { holds } = await readHolds(storage, options);
  for (const hold of holds) if (isVoid(hold, committed)) await deleteHold(storage, hold.objects, options);
}
