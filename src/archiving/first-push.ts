import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { refuseArchiveInData } from './archive-place.ts';
import { parseWalFileName } from '../wal-archive/wal-file-name.ts';

/** Where to look; the defaults are those of Linux. */
export interface MountTables {
  /** What should be mounted. */
  readonly configured: string;
  /** What is mounted. */
  readonly mounted: string;
}

/**
 * Refuses the first push into an empty directory where something says that the archive is elsewhere: a file system that is
 * not mounted leaves such a directory, and WAL that goes there is missing in the archive when it comes back. The signs:
 * - `/etc/fstab` names the directory, or one above it, as a mount point, and nothing is mounted there;
 * - the server had WAL of this timeline archived after the directory was last changed: it was not there that it went.
 * @param directory of the archive
 * @param path of the file that is pushed, in the server's WAL directory
 * @throws BackupError `REPOSITORY_NOT_FOUND`; `USAGE` for an archive in the data directory itself
 */
export async function checkFirstPush(
  directory: string,
  path: string,
  tables: MountTables = { configured: '/etc/fstab', mounted: '/proc/self/mountinfo' },
): Promise<void> {
  await refuseArchiveInData(directory, dirname(path));
  const place = await realpath(directory);
  const mountPoint = await absentMount(place, tables);
  if (mountPoint !== undefined) throw refusal(say('archive.not-mounted', { directory, mountPoint }));
  const archived = await lastArchivedSince(path, (await stat(place)).mtimeMs);
  if (archived !== undefined) throw refusal(say('archive.archived-elsewhere', { directory, segment: archived }));
}

function refusal(sentence: Message): BackupError {
  return new BackupError('REPOSITORY_NOT_FOUND', sentence, { hint: say('archive.first-push.hint') });
}

async function absentMount(place: string, { configured, mounted }: MountTables): Promise<string | undefined> {
  const points = await fieldOf(configured, 1);
  const wanted = ancestorsOf(place).find((directory) => points.has(directory));
  if (wanted === undefined) return undefined;
  const present = await fieldOf(mounted, 4);
  // Without a list of what is mounted nothing is known.
  return present.size === 0 || present.has(wanted) ? undefined : wanted;
}

/** The directory itself and those above it, without the root. */
function ancestorsOf(place: string): string[] {
  const directories: string[] = [];
  for (let next = place; next !== dirname(next); next = dirname(next)) directories.push(next);
  return directories;
}

/** One column of a mount table, with its octal escapes of blanks resolved. Empty when the file cannot be read. */
async function fieldOf(table: string, column: number): Promise<Set<string>> {
  const text = await readFile(table, 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => !line.trimStart().startsWith('#'));
  const values = lines.map((line) => line.trim().split(/\s+/)[column] ?? '');
  return new Set(
    values.map((value) =>
      value.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8))),
    ),
  );
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
