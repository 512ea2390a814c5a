import { lstatSync, readlinkSync } from 'node:fs';
import { systemCodeOf } from '../errors/backup-error.ts';
import { BackupError } from '../errors/backup-error.ts';
import { display, fromBytes, type ByteString } from '../bytes/byte-string.ts';
import { say } from '../messages/message.ts';
import { fsPath } from './path.ts';
import { entriesOf } from './read-directory.ts';

/**
 * What is in a directory that is to be filled. `dotFiles`: only names that begin with a dot; `lostAndFound`: a file
 * system's own directory is among it. Source of the distinction: pg_check_dir, port/pgcheckdir.c.
 */
export type DirectoryState = 'missing' | 'empty' | 'dotFiles' | 'lostAndFound' | 'notEmpty';

/**
 * @param isIgnored tells the entries that do not count
 * @throws BackupError `STORAGE_UNAVAILABLE` when it cannot be read; `TARGET_NOT_EMPTY` when `path` is no directory, or a link that leads nowhere
 */
export async function directoryState(
  path: ByteString,
  isIgnored: (name: string) => boolean = () => false,
): Promise<DirectoryState> {
  let dotFiles = false;
  let others = false;
  try {
    for await (const { name } of entriesOf(path)) {
      if (isIgnored(name)) continue;
      if (name === 'lost+found') return 'lostAndFound';
      if (name.startsWith('.')) dotFiles = true;
      else others = true;
    }
  } catch (error) {
    const code = error instanceof BackupError ? systemCodeOf(error.cause) : undefined;
    if (code === 'ENOENT') {
      refuseDanglingLink(path);
      return 'missing';
    }
    if (code === 'ENOTDIR') {
      throw new BackupError('TARGET_NOT_EMPTY', say('files.not-a-directory', { path: display(path) }), {
        cause: error,
      });
    }
    throw error;
  }
  if (others) return 'notEmpty';
  return dotFiles ? 'dotFiles' : 'empty';
}

/** A link that leads nowhere is there, and yet nothing can be put into it or in its place. */
function refuseDanglingLink(path: ByteString): void {
  const found = lstatSync(fsPath(path), { throwIfNoEntry: false });
  if (found?.isSymbolicLink() !== true) return;
  const leads = display(fromBytes(readlinkSync(fsPath(path), { encoding: 'buffer' })));
  throw new BackupError('TARGET_NOT_EMPTY', say('files.dangling-link', { path: display(path), leads }), {
    hint: say('files.dangling-link.hint', { path: display(path) }),
  });
}

/** @throws BackupError `TARGET_NOT_EMPTY` with the hint that fits, unless there is nothing in the directory */
export function requireEmpty(path: ByteString, state: DirectoryState): void {
  if (state === 'missing' || state === 'empty') return;
  const hint = {
    dotFiles: say('files.not-empty-dot-files.hint'),
    lostAndFound: say('files.not-empty-mount-point.hint'),
    notEmpty: say('files.not-empty.hint', { path: display(path) }),
  }[state];
  throw new BackupError('TARGET_NOT_EMPTY', say('files.not-empty', { path: display(path) }), {
    hint,
    kind: 'not-empty',
  });
}
