import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fromText } from '../bytes/byte-string.ts';
import { fileFailure } from '../files/failure.ts';

/** A directory that exists for one run: WAL lies in it between its stream and the archive. */
export interface SpoolDirectory {
  readonly path: string;
  remove(): Promise<void>;
}

/** @param parent an existing directory @throws BackupError `STORAGE_UNAVAILABLE` */
export async function makeSpoolDirectory(parent: string): Promise<SpoolDirectory> {
  let path: string;
  try {
    // 0700, whatever the umask: there are rows in WAL.
    path = await mkdtemp(join(parent, '.gausskeep-spool-'));
  } catch (error) {
    throw fileFailure('create', fromText(parent), error);
  }
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
