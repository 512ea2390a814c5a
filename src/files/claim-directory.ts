import { chmodSync, mkdirSync, rmdirSync } from 'node:fs';
import { systemCodeOf } from '../errors/backup-error.ts';
import type { ByteString } from '../bytes/byte-string.ts';
import { directoryState, requireEmpty } from './directory-state.ts';
import { fileFailure } from './failure.ts';
import { lockDirectory, lockName, type DirectoryLock } from './lock-directory.ts';
import { fsPath, parentPath } from './path.ts';
import { removeTree } from './remove-tree.ts';

/** An empty directory that this run fills. End it with `release` or `discard`. */
export interface ClaimedDirectory {
  readonly path: ByteString;
  readonly existedBefore: boolean;
  /** Directories further up that got an entry: to be flushed too, besides `path` and its parent. */
  readonly changedAbove?: readonly ByteString[] | undefined;
  /** The run is done: removes the lock file, keeps the rest. Call it before the last fsync of the directory. */
  release(): void;
  /** The run failed: removes all that is in the directory, and the directories that `claimDirectory` made. */
  discard(): Promise<void>;
}

/**
 * Takes a directory that is missing or empty for this run alone. A missing one is made, with its parents, mode 0700.
 * One that is not empty is left untouched.
 * @throws BackupError `TARGET_NOT_EMPTY`, `LOCKED`, `STORAGE_UNAVAILABLE`
 */
export async function claimDirectory(path: ByteString): Promise<ClaimedDirectory> {
  const state = await directoryState(path, lockName);
  requireEmpty(path, state);
  const made = state === 'missing' ? makeDirectories(path) : [];
  let lock: DirectoryLock | undefined;
  try {
    lock = lockDirectory(path);
    // Another run may have filled it since.
    requireEmpty(path, await directoryState(path, lockName));
  } catch (error) {
    lock?.release();
    removeEmpty(made);
    throw error;
  }
  return {
    path,
    existedBefore: made.length === 0,
    changedAbove: made.slice(1).map((directory) => parentPath(directory)),
    release: () => {
      lock.release();
    },
    discard: async () => {
      await removeTree(path, { keepRoot: made.length === 0 });
      removeEmpty(made.slice(1));
    },
  };
}

/** Makes `path` and what is missing above it. @returns what was made, the deepest first */
function makeDirectories(path: ByteString): ByteString[] {
  const missing: ByteString[] = [];
  for (let current = path; ; current = parentPath(current)) {
    const outcome = makeOne(current);
    if (outcome === 'exists') break;
    missing.push(current);
    if (outcome === 'made') break;
  }
  const left = missing.slice(0, -1);
  try {
    for (const directory of left.toReversed()) makeOne(directory);
  } catch (error) {
    removeEmpty(missing);
    throw error;
  }
  return missing;
}

/** The deepest first. What something else uses by now stays. */
function removeEmpty(directories: readonly ByteString[]): void {
  for (const directory of directories) {
    try {
      rmdirSync(fsPath(directory));
    } catch {
      // Not empty or not there: nothing of ours is left in either case.
    }
  }
}

function makeOne(path: ByteString): 'made' | 'exists' | 'parentMissing' {
  try {
    mkdirSync(fsPath(path), 0o700);
    // Whatever the umask took away.
    chmodSync(fsPath(path), 0o700);
    return 'made';
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'EEXIST') return 'exists';
    if (code === 'ENOENT' && parentPath(path) !== path) return 'parentMissing';
    throw fileFailure('create', path, error);
  }
}
