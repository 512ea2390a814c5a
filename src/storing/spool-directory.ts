import { lstat, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fromText } from '../bytes/byte-string.ts';
import { BackupError, isNoSpace, systemCodeOf } from '../errors/backup-error.ts';
import { fileFailure } from '../files/failure.ts';
import { lockDirectory, lockName } from '../files/lock-directory.ts';
import { say } from '../messages/message.ts';

/** A directory that exists for one run: WAL lies in it between its stream and the archive. */
export interface SpoolDirectory {
  readonly path: string;
  /** What ended the run; where the directory has no room, with what to do about that. */
  failure(error: unknown): unknown;
  remove(): Promise<void>;
}

const prefix = '.gausskeep-spool-';

/** So long a run may take from making its directory to locking it, in milliseconds. */
const momentMs = 60_000;

/**
 * Makes the directory, and removes those of runs of the same account that were killed: there are rows in WAL, in clear.
 * @param parent an existing directory
 * @throws BackupError `STORAGE_UNAVAILABLE`
 */
export async function makeSpoolDirectory(parent: string): Promise<SpoolDirectory> {
  await removeDead(parent);
  let own = parent;
  // Another run that looks whether this one is dead may lay its lock into it at this moment.
  const remove = () => rm(own, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  try {
    // 0700, whatever the umask.
    own = await mkdtemp(join(parent, prefix));
    lockDirectory(fromText(own));
    const path = join(own, 'wal');
    await mkdir(path);
    return { path, failure: (error) => spoolFailure(error, parent), remove };
  } catch (error) {
    if (own !== parent) await remove().catch(() => undefined);
    throw spoolFailure(fileFailure('create', fromText(parent), error), parent);
  }
}

function spoolFailure(error: unknown, parent: string): unknown {
  if (!(error instanceof BackupError) || !isNoSpace(error)) return error;
  const { path } = error.context;
  const isInside = typeof path === 'string' && (path === parent || path.startsWith(join(parent, prefix)));
  return isInside ? error.with({ hint: say('storing.no-spool-space.hint', { directory: parent }) }) : error;
}

/** What cannot be looked at or removed stays: it keeps no backup from being made. */
async function removeDead(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(prefix))) {
    const path = join(parent, name);
    if (await isDead(path)) await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Whether no run works in it any more; from then on it is locked for this one. */
async function isDead(path: string): Promise<boolean> {
  try {
    const found = await lstat(path);
    if (!found.isDirectory() || found.uid !== process.geteuid?.()) return false;
    const isLocked = await lstat(join(path, lockName)).then(
      () => true,
      (error: unknown) => systemCodeOf(error) !== 'ENOENT',
    );
    if (!isLocked && Date.now() - found.mtimeMs < momentMs) return false;
    lockDirectory(fromText(path));
    return true;
  } catch {
    // Gone, of another run, or not to be touched.
    return false;
  }
}
