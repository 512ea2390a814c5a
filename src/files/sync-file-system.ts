import { execFile } from 'node:child_process';
import { systemCodeOf } from '../errors/backup-error.ts';
import type { ByteString } from '../bytes/byte-string.ts';
import { fileFailure } from './failure.ts';
import { fsPath } from './path.ts';

/**
 * Makes everything durable that was written to the file system of `path`, by whomever, in one call (syncfs, by coreutils' `sync -f`, for Node has none).
 * Linux tells of failed writes since 5.8.
 * @returns false where there is no such program: then nothing was done
 * @throws BackupError `STORAGE_UNAVAILABLE`
 */
export async function syncFileSystem(path: ByteString): Promise<boolean> {
  try {
    await new Promise<void>((resolve, reject) => {
      // Of a name that is no UTF-8 the text would be another one.
      execFile('sync', ['-f', '--', String(fsPath(path))], (error, _, stderr) => {
        if (error === null) resolve();
        else reject(systemCodeOf(error) === 'ENOENT' ? error : new Error(stderr.trim() || error.message));
      });
    });
    return true;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return false;
    throw fileFailure('sync', path, error);
  }
}
