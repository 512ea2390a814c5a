import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { onePiece } from '../bytes/one-piece.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { newId } from './names.ts';

/**
 * Now, in ms since 1970, by the clock of the storage: when it stored an object that was put for this and is deleted again.
 * @throws BackupError `USAGE` when the storage tells no times
 */
export async function storageNow(storage: Storage, options: StorageOptions = {}): Promise<number> {
  const name = `clock/${newId()}`;
  await storage.put(name, () => onePiece(new Uint8Array(0)), options);
  try {
    const storedAtMs = (await storage.stat(name, options))?.storedAtMs;
    if (storedAtMs !== undefined) return storedAtMs;
  } finally {
    await storage.delete(name);
  }
  throw new BackupError('USAGE', say('repo.no-times', { storage: storage.description }));
}
