import { openPlace } from '../storage/place.ts';
import { BackupError } from '../errors/backup-error.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { newestSegment, type NewestSegment } from '../wal-archive/newest-segment.ts';
import type { Instance } from './instance.ts';

/** The last segment of the WAL archive of an instance by its name, which says nothing of those before it. Undefined: there is none. */
export async function newestWal(
  { wal }: Pick<Instance, 'wal'>,
  options: StorageOptions = {},
): Promise<NewestSegment | undefined> {
  try {
    const { storage } = await openPlace(wal);
    return await newestSegment(storage, options);
  } catch (error) {
    if (error instanceof BackupError && error.code === 'REPOSITORY_NOT_FOUND') return undefined;
    throw error;
  }
}
