import { BackupError } from '../errors/backup-error.ts';
import type { Instance } from '../repository/instance.ts';
import { readableSource } from './readable-source.ts';
import { openPlace } from '../storage/place.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { findArchive, type Archive } from '../wal-archive/archive.ts';

/** The WAL archive of an instance. Undefined: no WAL was ever stored. @throws BackupError `CORRUPT`, `REPOSITORY_VERSION` */
export async function archiveOf({ wal }: Pick<Instance, 'wal'>, options: StorageOptions): Promise<Archive | undefined> {
  try {
    return await findArchive(readableSource((await openPlace(wal)).storage), options);
  } catch (error) {
    if (error instanceof BackupError && error.code === 'REPOSITORY_NOT_FOUND') return undefined;
    throw error;
  }
}
