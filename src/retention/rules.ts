import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';

/** Offsets of a time zone from UTC in seconds, positive east of Greenwich. */
export interface RetentionZone {
  readonly offsetAt: (unixSeconds: number) => number;
}

/**
 * What keeps backups; what no rule keeps goes. Counts are whole numbers from 1, times ms from 0; undefined: no such rule.
 * At least one but `keepMinimum` and `zone` must be there, and `keepWithinMs: 0` by itself is none.
 */
export interface RetentionRules {
  /** The newest so many, and everything younger than so many days, unless `keepWithinMs` says another time. */
  readonly keepLast?: number | undefined;
  /** Everything younger. */
  readonly keepWithinMs?: number | undefined;
  /** Everything younger, and the newest one that is older: every moment since then can be reached. */
  readonly keepWindowMs?: number | undefined;
  /** The newest backup of each of the last so many days that have one. */
  readonly keepDaily?: number | undefined;
  /** As `keepDaily`, of ISO weeks. */
  readonly keepWeekly?: number | undefined;
  readonly keepMonthly?: number | undefined;
  readonly keepYearly?: number | undefined;
  /** Never fewer than this many, default 1. */
  readonly keepMinimum?: number | undefined;
  /** Where days, weeks, months and years begin; default UTC. */
  readonly zone?: RetentionZone | undefined;
}

const highestCount = 1_000_000;
/** A thousand years: beyond it, ms since 1970 lose their meaning as dates. */
const highestMs = 1000 * 366 * 86_400_000;

/** @throws BackupError `USAGE` for numbers out of range and rules that would keep nothing by themselves */
export function checkRules(rules: RetentionRules): void {
  const { keepLast, keepDaily, keepWeekly, keepMonthly, keepYearly, keepMinimum } = rules;
  const counts = [keepLast, keepDaily, keepWeekly, keepMonthly, keepYearly];
  for (const given of [...counts, keepMinimum]) {
    if (given === undefined || (Number.isSafeInteger(given) && given >= 1 && given <= highestCount)) continue;
    throw new BackupError('USAGE', say('retention.bad-count', { given, highest: highestCount }));
  }
  const times = [rules.keepWithinMs, rules.keepWindowMs];
  for (const given of times) {
    if (given === undefined || (given >= 0 && given <= highestMs)) continue;
    throw new BackupError('USAGE', say('retention.bad-time', { given, highest: highestMs }));
  }
  const within = rules.keepWithinMs === 0 ? undefined : rules.keepWithinMs;
  if ([...counts, within, rules.keepWindowMs].some((given) => given !== undefined)) return;
  throw new BackupError('USAGE', say('retention.no-rules'), { hint: say('retention.no-rules.hint') });
}
