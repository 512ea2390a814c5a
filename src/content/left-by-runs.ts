import { readdirSync } from 'node:fs';
import { display, type ByteString } from '../bytes/byte-string.ts';
import { systemCodeOf } from '../errors/backup-error.ts';
import { fileFailure } from '../files/failure.ts';
import { requireUnlocked } from '../files/lock-directory.ts';
import { fsPath, joinPath } from '../files/path.ts';

/**
 * What runs of ours that did not finish left at the top of the directories of a backup: locks, markers, files under
 * provisional names. It is no part of the backup; a restore leaves it out.
 * @param directories the backup's own, relative to `root` ('' is the root itself)
 * @returns names relative to `root`, sorted
 * @throws BackupError `LOCKED` when a run is at work in one of them: what it holds then is not what it will hold
 */
export function leftByRuns(root: ByteString, directories: readonly ByteString[]): ByteString[] {
  const found: ByteString[] = [];
  for (const directory of directories) {
    const path = directory === '' ? root : joinPath(root, directory);
    const names = namesIn(path).filter((name) => isLeftByRun(name));
    if (names.length === 0) continue;
    requireUnlocked(path);
    for (const name of names) found.push((directory === '' ? name : `${directory}/${name}`) as ByteString);
  }
  return found.sort();
}

/** Locks, markers of restores, links and directories that have not got their own names yet. */
const leftNames = /(?:^|\/)\.gausskeep\.(?:lock(?:\..*)?|restore(?:\.new)?|link|new)$/;

/** Whether only a run of ours that is under way, or did not finish, has a file or directory of this name. */
export function isLeftByRun(path: ByteString): boolean {
  return leftNames.test(path);
}

export function shownNames(names: readonly ByteString[]): string {
  return names.map((name) => display(name)).join(', ');
}

function namesIn(path: ByteString): ByteString[] {
  try {
    return readdirSync(fsPath(path), { encoding: 'latin1' }) as ByteString[];
  } catch (error) {
    // Whoever reads it says so.
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(systemCodeOf(error) ?? '')) return [];
    throw fileFailure('read', path, error);
  }
}
