import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCodeOf } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import type { DataDirectory } from './data-directory.ts';

/**
 * A server whose archiving is off writes the history of its new timeline without a mark, and never archives it, also when
 * archiving is switched on later: a restore would find the WAL of the timeline and not where it comes from. So this marks
 * it. Nothing looks at the mark as long as archiving is off. Call it when the recovery is over.
 * @returns what was done, or what has to be done
 */
export function markHistory({ path, capabilities }: DataDirectory): Message | undefined {
  if (!capabilities.newTimelineAfterRecovery) return undefined;
  const directory = join(path, capabilities.walDirectory);
  const status = join(directory, 'archive_status');
  let name: string | undefined;
  try {
    const names = readdirSync(directory);
    name = names
      .filter((one) => /^[0-9A-F]{8}\.history$/.test(one))
      .sort()
      .at(-1);
    const marks = readdirSync(status);
    if (name === undefined || marks.includes(`${name}.ready`) || marks.includes(`${name}.done`)) return undefined;
    writeFileSync(join(status, `${name}.ready`), '', { mode: 0o600, flag: 'wx' });
    return say('recovery.history-marked', { name });
  } catch (error) {
    // The server has marked it itself.
    if (systemCodeOf(error) === 'EEXIST') return undefined;
    return say('recovery.history-unmarked', { name: name ?? '*.history', path: status });
  }
}
