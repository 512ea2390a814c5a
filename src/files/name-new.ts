import { link, lstat, rename, unlink } from 'node:fs/promises';
import { display, type ByteString } from '../bytes/byte-string.ts';
import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { fileFailure } from './failure.ts';
import { fsPath } from './path.ts';

/** What file systems say that have no second names for a file: FAT, some network and user-space ones. */
const withoutLinks: readonly (string | undefined)[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/**
 * Renames a file and never replaces another, by a second name where the file system has those; a kill between leaves both
 * names on the one file. The caller flushes the directory.
 * @throws BackupError `OBJECT_EXISTS` when `to` is there, `STORAGE_UNAVAILABLE`
 */
export async function renameToNew(from: ByteString, to: ByteString): Promise<void> {
  try {
    await link(fsPath(from), fsPath(to));
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'EEXIST') throw taken(to);
    if (!withoutLinks.includes(code)) throw fileFailure('rename', from, error);
    await renameUnlessThere(from, to);
    return;
  }
  try {
    await unlink(fsPath(from));
  } catch (error) {
    throw fileFailure('remove', from, error);
  }
}

async function renameUnlessThere(from: ByteString, to: ByteString): Promise<void> {
  try {
    await lstat(fsPath(to)).then(
      () => {
        throw taken(to);
      },
      (error: unknown) => {
        if (systemCodeOf(error) !== 'ENOENT') throw error;
      },
    );
    await rename(fsPath(from), fsPath(to));
  } catch (error) {
    throw fileFailure('rename', from, error);
  }
}

function taken(path: ByteString): BackupError {
  return new BackupError('OBJECT_EXISTS', say('files.exists', { path: display(path) }), {
    context: { path: display(path) },
  });
}
