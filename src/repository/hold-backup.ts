import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import { putHold, type KeptHold } from './keep-hold.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';

/** What a file system says that lets nothing be written, or is full: what is in it can be read nevertheless. */
const refusals: readonly string[] = ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT'];

/**
 * Keeps a backup from being removed while it is read. @param storage the folder of the instance
 * @returns undefined where the repository cannot be written to: then it is read without
 * @throws BackupError `BACKUP_NOT_FOUND` when it was removed meanwhile
 */
export async function holdBackup(
  storage: Storage,
  backup: string,
  options: StorageOptions,
): Promise<KeptHold | undefined> {
  try {
    return await putHold(storage, { kind: 'restore', backup, prior: undefined }, options);
  } catch (error) {
    if (error instanceof BackupError && isReadOnly(error)) return undefined;
    throw error;
  }
}

/** Whether it says only that this account, or this host, may not write there: it has read the catalogue before. */
function isReadOnly(error: BackupError): boolean {
  const system = systemCodeOf(error.cause);
  if (system !== undefined && refusals.includes(system)) return true;
  return error.code === 'AUTHENTICATION' || error.kind === 'other-writer';
}
