import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';

/**
 * The end of a day in UTC, as a pin has it.
 * @param text `YYYY-MM-DD`
 * @returns ISO 8601 in UTC @throws BackupError `USAGE` for what is no day, and one that has passed
 */
export function pinDate(text: string, nowMs = Date.now()): string {
  const endMs = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T23:59:59Z`) : Number.NaN;
  // 02-31 is taken for a day of March.
  const isDay = !Number.isNaN(endMs) && new Date(endMs).toISOString().startsWith(text);
  if (!isDay) throw new BackupError('USAGE', say('repo.mark.bad-date', { text }));
  if (endMs > nowMs) return new Date(endMs).toISOString();
  throw new BackupError('USAGE', say('repo.mark.past-date', { text }));
}
