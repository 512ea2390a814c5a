import { chmodSync, existsSync, mkdirSync, renameSync, rmdirSync } from 'node:fs';
import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import type { ByteString } from '../bytes/byte-string.ts';
import { directoryState, requireEmpty } from './directory-state.ts';
import { fileFailure } from './failure.ts';
import { tryGive } from './give-tree.ts';
import { isLockName, lockDirectory, type DirectoryLock } from './lock-directory.ts';
import { fsPath, joinPath, parentPath } from './path.ts';
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

export interface ClaimOptions {
  /** Entries of a run that did not finish, which do not count and are removed last; locks are among them anyway. */
  readonly isOurs?: ((name: string) => boolean) | undefined;
  /** Who gets the directories that are made, at once: those above `path` are not filled and not walked later. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
}

/**
 * Takes a directory that is missing or empty for this run alone. A missing one is made, with its parents, mode 0700.
 * One that is not empty is left untouched.
 * @throws BackupError `TARGET_NOT_EMPTY`, `LOCKED`, `STORAGE_UNAVAILABLE`
 */
export async function claimDirectory(path: ByteString, options: ClaimOptions = {}): Promise<ClaimedDirectory> {
  const isOurs = (name: string): boolean => isLockName(name) || options.isOurs?.(name) === true;
  const state = await directoryState(path, isOurs);
  requireEmpty(path, state);
  const made = state === 'missing' ? makeDirectories(path, options.owner) : [];
  let lock: DirectoryLock | undefined;
  try {
    lock = lockDirectory(path);
    // Another run may have filled it since.
    requireEmpty(path, await directoryState(path, isOurs));
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
      await removeTree(path, { keepRoot: made.length === 0, last: isOurs });
      removeEmpty(made.slice(1));
    },
  };
}

/** Makes `path` and what is missing above it. @returns what was made, the deepest first */
function makeDirectories(path: ByteString, owner: ClaimOptions['owner']): ByteString[] {
  const missing: ByteString[] = [];
  for (let current = path; ; current = parentPath(current)) {
    const outcome = makeOne(current, owner);
    if (outcome === 'exists') break;
    missing.push(current);
    if (outcome === 'made') break;
  }
  const left = missing.slice(0, -1);
  try {
    for (const directory of left.toReversed()) makeOne(directory, owner);
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

function makeOne(path: ByteString, owner: ClaimOptions['owner']): 'made' | 'exists' | 'parentMissing' {
  try {
    if (owner !== undefined) return makeOwned(path, owner);
    mkdirSync(fsPath(path), 0o700);
    try {
      makePrivate(path);
    } catch (error) {
      removeEmpty([path]);
      throw error;
    }
    return 'made';
  } catch (error) {
    if (error instanceof BackupError) throw error;
    const code = systemCodeOf(error);
    if (code === 'EEXIST') return 'exists';
    if (code === 'ENOENT' && parentPath(path) !== path) return 'parentMissing';
    throw fileFailure('create', path, error);
  }
}

/** Whatever the umask took away. */
function makePrivate(path: ByteString): void {
  try {
    chmodSync(fsPath(path), 0o700);
  } catch (error) {
    throw fileFailure('mode', path, error);
  }
}

/** It gets its name with its owner: the next run takes what is there as it is, should this be killed in between. */
function makeOwned(path: ByteString, { uid, gid }: NonNullable<ClaimOptions['owner']>): 'made' | 'exists' {
  if (existsSync(fsPath(path))) return 'exists';
  const temporary = joinPath(parentPath(path), '.gausskeep.new');
  try {
    rmdirSync(fsPath(temporary));
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
  }
  mkdirSync(fsPath(temporary), 0o700);
  try {
    makePrivate(temporary);
    // Who refuses here refuses at the end of the run, which tells it, of all that it has made.
    tryGive(temporary, uid, gid);
    renameSync(fsPath(temporary), fsPath(path));
  } catch (error) {
    removeEmpty([temporary]);
    throw error;
  }
  return 'made';
}
