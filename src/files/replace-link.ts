import { lchownSync, lstatSync, readlinkSync, renameSync, symlinkSync, unlinkSync } from 'node:fs';
import { systemCodeOf } from '../errors/backup-error.ts';
import type { ByteString } from '../bytes/byte-string.ts';
import { fileFailure } from './failure.ts';
import { fsPath, joinPath, parentPath } from './path.ts';

/** Name of a link that is about to be renamed to its own. Only a run that was killed leaves one. */
export const newLinkName = '.gausskeep.link';

/**
 * Makes the link `path` lead to `target`, with one rename, so that there is a link at every moment. Its owner is that of
 * its directory. What is there must be a link or nothing.
 * @param staging a directory on the same file system for the new link until then; servers read what is beside `path`
 * @throws BackupError `STORAGE_UNAVAILABLE`
 */
export function replaceLink(path: ByteString, target: ByteString, staging: ByteString): void {
  const temporary = joinPath(staging, newLinkName);
  try {
    const there = lstatSync(fsPath(path), { throwIfNoEntry: false });
    const { uid, gid } = lstatSync(fsPath(parentPath(path)));
    if (there === undefined || readlinkSync(fsPath(path), { encoding: 'latin1' }) !== target) {
      removeLink(temporary);
      symlinkSync(fsPath(target), fsPath(temporary));
      try {
        if (process.geteuid?.() === 0) lchownSync(fsPath(temporary), uid, gid);
        renameSync(fsPath(temporary), fsPath(path));
      } catch (error) {
        removeLink(temporary);
        throw error;
      }
    }
  } catch (error) {
    throw fileFailure('link', path, error);
  }
}

function removeLink(path: ByteString): void {
  try {
    unlinkSync(fsPath(path));
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
  }
}
