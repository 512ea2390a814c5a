import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { parseInteger } from './numbers.ts';
import type { GivenOptions } from './option-table.ts';

/** How objects are to be locked. */
interface LockSettings {
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
  readonly days: number;
}

/** A hundred years, as Amazon S3 allows. */
const mostDays = 36_500;
const modes = { governance: 'GOVERNANCE', compliance: 'COMPLIANCE' } as const;

/** What `--lock` and `--lock-mode` say; undefined: nothing. @throws BackupError `USAGE` naming the option */
export function lockSettings(given: GivenOptions): LockSettings | undefined {
  const text = given.last('lock');
  const word = given.last('lock-mode');
  if (text === undefined) {
    if (word !== undefined) throw new BackupError('USAGE', say('lock.mode-unused'));
    return undefined;
  }
  const mode = word ?? 'governance';
  if (mode !== 'governance' && mode !== 'compliance')
    throw new BackupError('USAGE', say('lock.bad-mode', { text: mode }));
  return { days: parseInteger('--lock', text, 1, mostDays), mode: modes[mode] };
}
