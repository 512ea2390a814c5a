import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SpaceFacts } from '../checks/space-checks.ts';
import { systemCodeOf } from '../errors/backup-error.ts';
import { systemFailure } from '../errors/system-failure.ts';

/**
 * What is free where `path` is or will be: of the nearest directory above that is there.
 * @param path absolute
 * @throws BackupError `STORAGE_UNAVAILABLE`
 */
export async function freeSpace(path: string, neededBytes: bigint | undefined): Promise<SpaceFacts> {
  for (let place = path; ; place = dirname(place)) {
    try {
      const { bavail, bsize } = await statfs(place, { bigint: true });
      return { path, freeBytes: bavail * bsize, neededBytes };
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT' || place === dirname(place)) throw systemFailure('read', place, error);
    }
  }
}
