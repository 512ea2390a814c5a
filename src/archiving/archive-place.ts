import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';

/**
 * Refuses an archive inside the data directory that it is for: every backup would hold it, and a restore of the directory
 * would move it away or remove it, with the WAL that it was to recover from.
 * @param directory of the archive
 * @param source the data directory, or something in it
 * @throws BackupError `USAGE`
 */
export async function refuseArchiveInData(directory: string, source: string): Promise<void> {
  const place = await realpath(directory);
  for (let above = place; above !== dirname(above); above = dirname(above)) {
    if (!existsSync(join(above, 'PG_VERSION')) || !existsSync(join(above, 'global'))) continue;
    const own = await realpath(source).catch(() => '');
    const isOwn = own === above || own.startsWith(above + sep);
    if (isOwn) {
      throw new BackupError('USAGE', say('archive.in-data', { directory, data: above }), {
        hint: say('archive.in-data.hint'),
      });
    }
  }
}
