import { mkdir, rmdir } from 'node:fs/promises';
import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import { giveBackDirectory, ownerOfNewFiles } from '../files/directory-owner.ts';
import { fileFailure } from '../files/failure.ts';
import { give } from '../files/give-tree.ts';
import { lockDirectory, lockName, type DirectoryLock } from '../files/lock-directory.ts';
import { fsPath, joinPath, parentPath } from '../files/path.ts';
import { syncDirectory } from '../files/sync-tree.ts';

/**
 * Makes the folders of an archive that lead to `folder` (`a/b/c/`), durably, each mode 0700 and of the owner of the archive.
 * @throws BackupError `STORAGE_UNAVAILABLE`
 */
export async function makeArchiveFolder(directory: string, folder: string): Promise<ByteString> {
  let path = fromText(directory);
  for (const part of folder.split('/').filter((name) => name !== '')) {
    path = joinPath(path, part);
    let isMade = true;
    try {
      await mkdir(fsPath(path), 0o700);
    } catch (error) {
      if (systemCodeOf(error) !== 'EEXIST') throw fileFailure('create', path, error);
      isMade = false;
    }
    // Also one that is there: who made it may have been killed just then. What is no directory is told by whoever goes through it.
    await giveBackDirectory(fsPath(path), directory).catch((error: unknown) => {
      if (isMade) throw fileFailure('create', path, error);
    });
    if (isMade) await syncDirectory(parentPath(path));
  }
  return path;
}

/** Takes a folder of an archive for one receiver; who goes on after a kill may be of the owner's account. @throws BackupError `LOCKED` */
export async function lockArchiveFolder(directory: string, path: ByteString): Promise<DirectoryLock> {
  const lock = takeLock(path);
  try {
    await giveToOwner(directory, joinPath(path, lockName));
  } catch (error) {
    lock.release();
    throw error;
  }
  return lock;
}

/** A receiver that has the place does not end soon: who comes second ends, instead of trying for ever. */
function takeLock(path: ByteString): DirectoryLock {
  try {
    return lockDirectory(path);
  } catch (error) {
    throw error instanceof BackupError && error.code === 'LOCKED' ? error.with({ retryable: false }) : error;
  }
}

/** Removes the folders that lead to `folder` as far as nothing is in them. */
export async function removeEmptyFolders(directory: string, folder: string): Promise<void> {
  const root = fromText(directory);
  for (let path = joinPath(root, folder.replace(/\/$/, '')); path !== root; path = parentPath(path)) {
    try {
      await rmdir(fsPath(path));
    } catch {
      return;
    }
  }
}

async function giveToOwner(directory: string, path: ByteString): Promise<void> {
  const owner = await ownerOfNewFiles(directory);
  if (owner !== undefined) give(path, owner.uid, owner.gid);
}
