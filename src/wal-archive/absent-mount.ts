import { readFile, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';

/** Where to look; the defaults are those of Linux. */
export interface MountTables {
  /** What should be mounted. */
  readonly configured: string;
  /** What is mounted. */
  readonly mounted: string;
}

/**
 * Refuses to make an empty directory an archive where `/etc/fstab` names it, or one above it, as a mount point, and nothing is
 * mounted there: what goes into it is missing in the archive when that is mounted.
 * @throws BackupError `REPOSITORY_NOT_FOUND`
 */
export async function refuseAbsentMount(
  directory: string,
  tables: MountTables = { configured: '/etc/fstab', mounted: '/proc/self/mountinfo' },
): Promise<void> {
  const mountPoint = await absentMount(await realpath(directory), tables);
  if (mountPoint !== undefined) throw archiveElsewhere(say('archive.not-mounted', { directory, mountPoint }));
}

/** Something says that the archive is elsewhere than in an empty directory. */
export function archiveElsewhere(sentence: Message): BackupError {
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
