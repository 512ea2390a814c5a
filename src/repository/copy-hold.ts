import { hostname } from 'node:os';
import { putIfAbsent } from '../storage/small-object.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import type { Commit } from './commit.ts';
import { encodeHold, holdObject } from './hold.ts';

/** More ids than these are not named: then nothing that a backup wrote is deleted as long as the hold is there. */
const mostOwners = 1000;

/**
 * Says that a backup is copied into a repository, before anything of it is. It is renewed by nobody and does not die: what an interrupted copy put stays, and may be
 * committed by the next one. Durable when it resolves; that it is there already is no error.
 * @param from id of the repository that it comes from
 * @param owners ids of the other backups that wrote packs which it needs
 */
export async function putCopyHold(
  storage: Storage,
  { backup, timeline, generation, startLsn }: Commit,
  { from, owners }: { readonly from: string; readonly owners: readonly string[] },
  options: StorageOptions = {},
): Promise<void> {
  const hold = {
    ...({ kind: 'copy', backup, prior: undefined, run: from } as const),
    ...{ host: hostname(), pid: process.pid, at: new Date().toISOString() },
    position: { timeline, generation, startLsn },
    owners: owners.length > mostOwners ? ('any' as const) : owners,
  };
  await putIfAbsent(storage, holdObject(hold, 0), encodeHold(hold), options);
}

/** Takes it back: nothing of the backup is or becomes one. */
export async function deleteCopyHold(
  storage: Storage,
  { backup, from }: { readonly backup: string; readonly from: string },
  options: StorageOptions = {},
): Promise<void> {
  await storage.delete(holdObject({ backup, run: from }, 0), options);
}
