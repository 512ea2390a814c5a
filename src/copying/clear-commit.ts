import { isDamage } from '../packs/damage.ts';
import { decodeCommit, isTombstone } from '../repository/commit.ts';
import { commitObject } from '../repository/names.ts';
import { readSmallObject } from '../storage/small-object.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { cannotReplace } from './replace-object.ts';

/**
 * Takes away what lies in the place of the commit of a backup that the target lost: one that cannot be read, or the tombstone that an `expire` put when it found packs of it without a commit.
 * That one is over, or it would have been seen: all that the backup needs was looked for behind it.
 * @throws BackupError `CORRUPT` where it cannot be deleted
 */
export async function clearCommit(target: Storage, backup: string, options: StorageOptions): Promise<void> {
  const name = commitObject(backup);
  try {
    const bytes = await readSmallObject(target, name, options);
    if (bytes === undefined || !isTombstone(decodeCommit(bytes, backup))) return;
  } catch (error) {
    if (!isDamage(error)) throw error;
  }
  await target.delete(name, options).catch(cannotReplace(name));
}
