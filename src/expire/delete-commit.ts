import { commitObject, removalObject } from '../repository/names.ts';
import { holdsFolder } from '../repository/hold.ts';
import { fence, isFenced } from '../repository/put-commit.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';

/**
 * Deletes the commit of a backup whose removal is due. A run whose hold died with its commit there may put that once more when it wakes up: then a tombstone takes its
 * place, and stays for good.
 *
 * Between the look at what is there and the deletion this run may sleep, and another one may have deleted the commit and put a tombstone, which is deleted then. That
 * one deletes the holds of the backup last, and its removal before: of the two something is left, or the removal is gone. So these are looked for afterwards,
 * in this order, and a tombstone is put where one may have been.
 * @param isFencedCommit a dead hold was found with the commit
 */
export async function deleteCommit(
  storage: Storage,
  backup: string,
  isFencedCommit: boolean,
  options: StorageOptions = {},
): Promise<void> {
  if (await isFenced(storage, backup, options)) return;
  do await storage.delete(commitObject(backup), options);
  while (
    (isFencedCommit || (await mayHaveBeenFenced(storage, backup, options))) &&
    (await fence(storage, backup, 'its backup was removed', options)) !== undefined
  );
}

async function mayHaveBeenFenced(storage: Storage, backup: string, options: StorageOptions): Promise<boolean> {
  for await (const _ of storage.list(`${holdsFolder}${backup}/`, options)) return true;
  return (await storage.stat(removalObject(backup), options)) === undefined;
}
