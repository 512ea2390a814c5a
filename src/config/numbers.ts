import { BackupError } from '../errors/backup-error.ts';
import { say, type MessageValue } from '../messages/message.ts';

/** A whole number in decimal between `low` and `high`. @throws BackupError `USAGE`, stating the range */
export function parseInteger(what: MessageValue, text: string, low: number, high: number): number {
  const value = /^[+-]?\d{1,15}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (Number.isNaN(value) || value < low || value > high) {
    throw new BackupError('USAGE', say('options.bad-integer', { what, text, low, high }));
  }
  return value;
}

const rateUnits: Readonly<Record<string, number>> = { '': 1, k: 1, M: 1024 };

/**
 * A transfer rate as pg_basebackup's --max-rate: kB/s, with suffix `k` or `M`; 32 kB/s … 1 GB/s.
 * @returns KiB per second @throws BackupError `USAGE`
 */
export function parseRate(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([^\s\d]*)\s*$/.exec(text);
  if (match === null) throw new BackupError('USAGE', say('options.bad-rate', { text }));
  const unit = rateUnits[match[2] ?? ''];
  if (unit === undefined) throw new BackupError('USAGE', say('options.bad-rate-unit', { unit: match[2] ?? '' }));
  const rate = Number(match[1]) * unit;
  if (rate === 0) throw new BackupError('USAGE', say('options.zero-rate'));
  if (rate < 32 || rate > 1024 * 1024) throw new BackupError('USAGE', say('options.rate-range', { text }));
  return Math.floor(rate);
}

const sizeUnits: Readonly<Record<string, number>> = {
  '': 0,
  b: 0,
  k: 10,
  kb: 10,
  m: 20,
  mb: 20,
  g: 30,
  gb: 30,
  t: 40,
  tb: 40,
};

/** A size such as `512MB` or `10GB`, in powers of 1024; without a unit bytes. @returns bytes, at least 1 @throws BackupError `USAGE` */
export function parseSize(option: string, text: string): number {
  const match = /^(\d{1,15}) ?([A-Za-z]*)$/.exec(text);
  const shift = sizeUnits[match?.[2]?.toLowerCase() ?? '-'];
  const bytes = shift === undefined ? Number.NaN : Number(match?.[1]) * 2 ** shift;
  if (Number.isSafeInteger(bytes) && bytes >= 1) return bytes;
  throw new BackupError('USAGE', say('options.bad-size', { option, text }), { hint: say('options.bad-size.hint') });
}
