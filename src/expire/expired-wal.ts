import { BackupError } from '../errors/backup-error.ts';
import { openPlace, type Place } from '../storage/place.ts';
import type { Storage } from '../storage/storage.ts';

/** The WAL archive of an instance. Undefined: no WAL was ever stored. */
export async function openExpiredWal(wal: Place): Promise<Storage | undefined> {
  try {
    return (await openPlace(wal)).storage;
  } catch (error) {
    if (error instanceof BackupError && error.code === 'REPOSITORY_NOT_FOUND') return undefined;
    throw error;
  }
}
