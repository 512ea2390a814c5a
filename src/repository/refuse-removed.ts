import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { commitObject, removalObject } from './names.ts';

/**
 * Half of the handshake: to be called after a hold or mark on `backup` was put. Who removes puts the removal first and looks for
 * holds and marks then, so that of the two at least one sees the other.
 * @throws BackupError `BACKUP_NOT_FOUND` when the backup is off the catalogue, or not there at all
 */
export async function refuseRemoved(storage: Storage, backup: string, options: StorageOptions = {}): Promise<void> {
  const isRemoved = (await storage.stat(removalObject(backup), options)) !== undefined;
  if (!isRemoved && (await storage.stat(commitObject(backup), options)) !== undefined) return;
  throw new BackupError('BACKUP_NOT_FOUND', say('repo.removed', { backup }), { hint: say('repo.removed.hint') });
}
