import { systemCodeOf, BackupError } from '../errors/backup-error.ts';
import { putIfAbsent } from '../storage/small-object.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { newId } from './names.ts';

const reserveFolder = 'reserve/';
const reserveBytes = 64 * 1024;

/** Sees to it that a full disk has something to give away, so that it can be written that other things may go. */
export async function keepReserve(storage: Storage, options: StorageOptions = {}): Promise<void> {
  for await (const _ of storage.list(reserveFolder, options)) return;
  await putIfAbsent(storage, `${reserveFolder}${newId()}`, new Uint8Array(reserveBytes), options);
}

/** Does what has to be done on a full disk too: if there is no room, the reserve is given away, and it is done once more. */
export async function withReserve<Result>(
  storage: Storage,
  write: () => Promise<Result>,
  options: StorageOptions = {},
): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    if (!isFull(error) || !(await spendReserve(storage, options))) throw error;
    return write();
  }
}

async function spendReserve(storage: Storage, options: StorageOptions): Promise<boolean> {
  for await (const { name } of storage.list(reserveFolder, options)) {
    await storage.delete(name, options);
    return true;
  }
  return false;
}

function isFull(error: unknown): boolean {
  const code = error instanceof BackupError ? systemCodeOf(error.cause) : undefined;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
