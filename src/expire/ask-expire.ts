import { packName } from '../packs/chunk-ref.ts';
import type { Instance } from '../repository/instance.ts';
import { commitObject, newId, removalObject } from '../repository/names.ts';
import { askDeletion, refuseUndeletable, type DeletionAnswer } from '../storage/ask-deletion.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { probedSegment } from '../wal-archive/archive-wal.ts';
import { openExpiredWal } from './expired-wal.ts';

type Places = Pick<Instance, 'storage' | 'wal'>;

/** Whether this account may delete what retention deletes. Undefined: the storage cannot be asked. */
export async function askExpire(
  { storage, wal }: Places,
  options: StorageOptions,
): Promise<DeletionAnswer | undefined> {
  const answer = await askDeletion(storage, namesOfNone(), options);
  if (typeof answer === 'object') return answer;
  const archive = await openExpiredWal(wal);
  const ofWal = archive && (await askDeletion(archive, [probedSegment], options));
  return typeof ofWal === 'object' ? { refusedIn: 'wal/' } : (answer ?? ofWal);
}

/** @throws BackupError `AUTHENTICATION` where this account may not delete: nothing was changed */
export async function refuseExpire({ storage, wal }: Places, options: StorageOptions): Promise<void> {
  await refuseUndeletable(storage, namesOfNone(), options);
  await refuseExpireOfWal(wal, options);
}

/** The same of its WAL alone. */
export async function refuseExpireOfWal(wal: Places['wal'], options: StorageOptions): Promise<void> {
  const archive = await openExpiredWal(wal);
  if (archive !== undefined) await refuseUndeletable(archive, [probedSegment], options);
}

/** One of each kind that backups consist of. */
function namesOfNone(): string[] {
  const backup = newId();
  return [packName({ backup, number: 0 }), commitObject(backup), removalObject(backup)];
}
