import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { parseSize } from './numbers.ts';
import type { GivenOptions } from './option-table.ts';

/** Whether a word is such an amount, which follows the option without `=`. */
export function isAmount(word: string): boolean {
  return /^\d+(?:\.\d+)?(?:%|[kmgt]i?b?)$/i.test(word);
}

/**
 * How much content `--read-data` wants to be read: without a value all, `10%` of it, or `10GB`.
 * @throws BackupError `USAGE`
 */
export function readAmount(given: GivenOptions): 'none' | 'all' | { percent: number } | { bytes: number } {
  const text = given.last('read-data');
  if (text === undefined) return 'none';
  if (text === '') return 'all';
  const percent = Number(/^(\d{1,3}(?:\.\d{1,6})?)%$/.exec(text)?.[1] ?? Number.NaN);
  if (percent > 0 && percent <= 100) return { percent };
  if (/^\d+$/.test(text)) throw new BackupError('USAGE', say('verify-stored.bare-amount', { text }));
  try {
    return { bytes: parseSize('--read-data', text) };
  } catch {
    throw new BackupError('USAGE', say('verify-stored.bad-amount', { text }));
  }
}
