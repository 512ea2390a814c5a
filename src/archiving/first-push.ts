import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { say } from '../messages/message.ts';
import { archiveElsewhere, refuseAbsentMount, type MountTables } from '../wal-archive/absent-mount.ts';
import { parseWalFileName } from '../wal-archive/wal-file-name.ts';
import { refuseArchiveInData } from './archive-place.ts';

/**
 * Refuses the first push into an empty directory where something says that the archive is elsewhere: a file system that is
 * not mounted leaves such a directory, and WAL that goes there is missing in the archive when it comes back. The signs:
 * - `/etc/fstab` names the directory, or one above it, as a mount point, and nothing is mounted there;
 * - the server had WAL of this timeline archived after the directory was last changed: it was not there that it went.
 * @param directory of the archive
 * @param path of the file that is pushed, in the server's WAL directory
 * @throws BackupError `REPOSITORY_NOT_FOUND`; `USAGE` for an archive in the data directory itself
 */
export async function checkFirstPush(directory: string, path: string, tables?: MountTables): Promise<void> {
  await refuseArchiveInData(directory, dirname(path));
  await refuseAbsentMount(directory, tables);
  const archived = await lastArchivedSince(path, (await stat(directory)).mtimeMs);
  if (archived === undefined) return;
  throw archiveElsewhere(say('archive.archived-elsewhere', { directory, segment: archived }));
}

/** A segment of the same timeline that the server has had archived since then, by the marks that it keeps beside its WAL. */
async function lastArchivedSince(path: string, sinceMs: number): Promise<string | undefined> {
  const status = join(dirname(path), 'archive_status');
  const names = await readdir(status).catch(() => []);
  const timeline = basename(path).slice(0, 8);
  const done = names.flatMap((name) => (name.endsWith('.done') ? [name.slice(0, -'.done'.length)] : []));
  for (const name of done.sort().reverse()) {
    if (parseWalFileName(name)?.kind !== 'segment' || name.slice(0, 8) !== timeline) continue;
    // The server renames .ready to .done: that changes ctime.
    const facts = await stat(join(status, `${name}.done`)).catch(() => undefined);
    if (facts !== undefined && facts.ctimeMs > sinceMs) return name;
  }
  return undefined;
}
