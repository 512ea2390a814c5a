import { BackupError } from '../errors/backup-error.ts';
import type { Instance } from '../repository/instance.ts';
import { readableSource } from './readable-source.ts';
import { openPlace } from '../storage/place.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { findArchive, type Archive } from '../wal-archive/archive.ts';

/** The WAL archive of an instance. Undefined: no WAL was ever stored. @throws BackupError `CORRUPT`, `REPOSITORY_VERSION` */
export async function archiveOf({ wal }: Pick<Instance, 'wal'>, options: StorageOptions): Promise<Archive | undefined> {
  const storage = await archiveStorageOf({ wal });
  return storage && findArchive(readableSource(storage), options);
}

/** Where the archive of an instance lies, there or not. Undefined: no WAL was ever stored. */
export async function archiveStorageOf({ wal }: Pick<Instance, 'wal'>): Promise<Storage | undefined> {
  try {
    return (await openPlace(wal)).storage;
  } catch (error) {
    if (error instanceof BackupError && error.code === 'REPOSITORY_NOT_FOUND') return undefined;
    throw error;
  }
}
