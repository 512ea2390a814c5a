import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { parseInteger } from './numbers.ts';
import type { GivenOptions } from './option-table.ts';

/** The rules of retention as options say them: counts from 1, times in ms. Whether they are a policy, retention judges. */
export interface RetentionSettings {
  readonly keepLast: number | undefined;
  readonly keepWithinMs: number | undefined;
  readonly keepWindowMs: number | undefined;
  readonly keepDaily: number | undefined;
  readonly keepWeekly: number | undefined;
  readonly keepMonthly: number | undefined;
  readonly keepYearly: number | undefined;
  readonly keepMinimum: number | undefined;
}

const highestCount = 1_000_000;
const unitsMs: Readonly<Record<string, number>> = { min: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };
/** A hundred years. */
const longestMs = 36_525 * 86_400_000;

/** @throws BackupError `USAGE` naming the option */
export function retentionSettings(given: GivenOptions): RetentionSettings {
  const count = (option: string): number | undefined => {
    const text = given.last(option);
    return text === undefined ? undefined : parseInteger(`--${option}`, text, 1, highestCount);
  };
  return {
    keepLast: count('keep-last'),
    keepWithinMs: durationOption(given, 'keep-within'),
    keepWindowMs: durationOption(given, 'keep-window'),
    keepDaily: count('keep-daily'),
    keepWeekly: count('keep-weekly'),
    keepMonthly: count('keep-monthly'),
    keepYearly: count('keep-yearly'),
    keepMinimum: count('keep-minimum'),
  };
}

/** A time such as `14d`: a whole number of `min`, `h`, `d` or `w`. @returns ms @throws BackupError `USAGE` */
export function durationOption(given: GivenOptions, option: string): number | undefined {
  const text = given.last(option);
  if (text === undefined) return undefined;
  const match = /^(\d{1,9}) ?(min|[hdw])$/.exec(text.trim());
  const durationMs = Number(match?.[1]) * (unitsMs[match?.[2] ?? ''] ?? Number.NaN);
  if (durationMs <= longestMs) return durationMs;
  throw new BackupError('USAGE', say('options.bad-duration', { option: `--${option}`, text }), {
    hint: say('options.bad-duration.hint'),
  });
}
