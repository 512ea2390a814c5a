import { execFile } from 'node:child_process';
import { systemCodeOf } from '../errors/backup-error.ts';
import type { ByteString } from '../bytes/byte-string.ts';
import { fileFailure } from './failure.ts';
import { fsPath } from './path.ts';

/** How files are flushed: one after the other, or the whole file system in one call. */
export type SyncMethod = 'fsync' | 'syncfs';

/** Whether `syncFileSystem` tells of writes that failed before: on Linux since 5.8. @param kernel as `os.release()` gives it */
export function tellsFailedWrites(platform: NodeJS.Platform, kernel: string): boolean {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(kernel) ?? [];
  return platform === 'linux' && (Number(major) > 5 || (Number(major) === 5 && Number(minor) >= 8));
}

/**
 * Makes everything durable that was written to the file system of `path`, by whomever, in one call (syncfs, by coreutils' `sync -f`, for Node has none).
 * Whether it tells of failed writes: `tellsFailedWrites`.
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
