import { dirname } from 'node:path';
import { fromText } from '../bytes/byte-string.ts';
import { systemCodeOf } from '../errors/backup-error.ts';
import { fileFailure } from '../files/failure.ts';
import { giveBackDirectory, makeOwnedDirectory } from '../files/directory-owner.ts';
import type { Instance } from '../repository/instance.ts';
import { openPlace } from '../storage/place.ts';
import type { Storage } from '../storage/storage.ts';

/** The WAL archive of an instance whose repository is there: its directory is made where this is the first WAL. */
export async function openArchiveOf({ wal }: Pick<Instance, 'wal'>): Promise<Storage> {
  if (typeof wal === 'string') await makeDirectory(wal);
  return (await openPlace(wal)).storage;
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await makeOwnedDirectory(path);
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw fileFailure('create', fromText(path), error);
    // Who made it may have been killed just then. What is no directory is told by whoever goes through it.
    await giveBackDirectory(path, dirname(path)).catch(() => undefined);
  }
}
