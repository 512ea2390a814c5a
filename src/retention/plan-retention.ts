import { compareBackups, type DatedBackup } from './backup-order.ts';
import { periodOf, type PeriodKind } from './periods.ts';
import { checkRules, type RetentionRules } from './rules.ts';

/** A committed backup, as far as retention looks at it. */
export interface RetentionBackup extends DatedBackup {
  /** When its commit was stored, by the clock of the storage. */
  readonly storedAtMs: number;
  /** Its commit was stored before it ended: one of two clocks was wrong. */
  readonly isClockWrong: boolean;
  /** Until when it is pinned; undefined: it is not. */
  readonly pinnedUntilMs?: number | 'forever' | undefined;
  /** Known to be bad: counts for no rule. */
  readonly condemned: boolean;
  /** A live hold names it, as what it reads or as its prior. */
  readonly held: boolean;
}

/** What keeps a backup. */
export type RetentionReason =
  /** Among the newest ones; younger than the time that goes with it; within the window; the one that the window begins with; never fewer. */
  | { readonly rule: 'last' | 'within' | 'window' | 'window-base' | 'minimum' }
  /** The newest of a period, for example `2026-W47`. */
  | { readonly rule: PeriodKind; readonly period: string }
  | { readonly rule: 'pinned'; readonly untilMs: number | 'forever' }
  | { readonly rule: 'held' }
  /** Condemned: it goes when all sound ones that rules keep are newer, and stays where there are none. */
  | { readonly rule: 'condemned' }
  /** Stored after the moment that the plan is for: its age is not known. */
  | { readonly rule: 'ahead' }
  /** Stored before it ended: one of its dates is wrong. */
  | { readonly rule: 'misdated' };

/** Kept with every reason there is; without one it is to be removed. */
export interface RetentionDecision {
  readonly backup: string;
  readonly keep: boolean;
  readonly reasons: readonly RetentionReason[];
}

const dayMs = 86_400_000;
/** So far may two clocks be apart. */
const clockToleranceMs = 5 * 60_000;
const periods: readonly [PeriodKind, (rules: RetentionRules) => number | undefined][] = [
  ['daily', ({ keepDaily }) => keepDaily],
  ['weekly', ({ keepWeekly }) => keepWeekly],
  ['monthly', ({ keepMonthly }) => keepMonthly],
  ['yearly', ({ keepYearly }) => keepYearly],
];

class Reasons {
  readonly #reasons = new Map<RetentionBackup, RetentionReason[]>();

  add(backup: RetentionBackup | undefined, reason: RetentionReason): void {
    if (backup === undefined) return;
    const known = this.#reasons.get(backup);
    if (known === undefined) this.#reasons.set(backup, [reason]);
    else known.push(reason);
  }

  has(backup: RetentionBackup): boolean {
    return this.#reasons.has(backup);
  }

  of(backup: RetentionBackup): readonly RetentionReason[] {
    return this.#reasons.get(backup) ?? [];
  }
}

/**
 * Which backups stay. The same input gives the same plan, in whatever order the backups come. Pins and holds keep what they
 * name and change nothing about the others: rules are counted as if there were none.
 * @param nowMs by the clock of the storage
 * @returns one decision a backup, oldest first @throws BackupError `USAGE` for rules that are none
 */
export function planRetention(
  backups: readonly RetentionBackup[],
  rules: RetentionRules,
  nowMs: number,
): RetentionDecision[] {
  checkRules(rules);
  const ordered = [...backups].sort(compareBackups);
  const counted = ordered.filter((backup) => !backup.condemned && faultOf(backup, nowMs) === undefined).reverse();
  const reasons = new Reasons();
  addCounts(counted, rules, nowMs, reasons);
  addWindow(counted, rules, nowMs, reasons);
  for (const [kind, countOf] of periods) addPeriods(counted, kind, countOf(rules) ?? 0, rules, reasons);
  addMinimum(counted, rules.keepMinimum ?? 1, reasons);
  const oldestKept = counted.findLast((backup) => reasons.has(backup));
  for (const backup of ordered) {
    const { condemned, held, pinnedUntilMs } = backup;
    const fault = faultOf(backup, nowMs);
    if (fault !== undefined) reasons.add(backup, { rule: fault });
    else if (condemned && !isOlder(backup, oldestKept)) reasons.add(backup, { rule: 'condemned' });
    if (pinnedUntilMs === 'forever' || (pinnedUntilMs !== undefined && pinnedUntilMs > nowMs)) {
      reasons.add(backup, { rule: 'pinned', untilMs: pinnedUntilMs });
    }
    if (held) reasons.add(backup, { rule: 'held' });
  }
  return ordered.map((backup) => ({
    backup: backup.backup,
    keep: reasons.has(backup),
    reasons: reasons.of(backup),
  }));
}

/** What is wrong with its dates: it concerns this backup only, which counts for no rule and stays. */
function faultOf({ storedAtMs, isClockWrong }: RetentionBackup, nowMs: number): 'ahead' | 'misdated' | undefined {
  if (storedAtMs > nowMs + clockToleranceMs) return 'ahead';
  return isClockWrong ? 'misdated' : undefined;
}

function isOlder(backup: RetentionBackup, than: RetentionBackup | undefined): boolean {
  return than !== undefined && compareBackups(backup, than) < 0;
}

function addCounts(
  newestFirst: readonly RetentionBackup[],
  { keepLast, keepWithinMs }: RetentionRules,
  nowMs: number,
  reasons: Reasons,
): void {
  for (const backup of newestFirst.slice(0, keepLast ?? 0)) reasons.add(backup, { rule: 'last' });
  // A burst of backups cannot push out the others by count alone.
  const withinMs = keepWithinMs ?? (keepLast ?? 0) * dayMs;
  for (const backup of newestFirst) {
    if (withinMs > 0 && nowMs - backup.timeMs < withinMs) reasons.add(backup, { rule: 'within' });
  }
}

function addWindow(
  newestFirst: readonly RetentionBackup[],
  { keepWindowMs }: RetentionRules,
  nowMs: number,
  reasons: Reasons,
): void {
  if (keepWindowMs === undefined) return;
  const isBefore = ({ timeMs }: RetentionBackup): boolean => timeMs <= nowMs - keepWindowMs;
  for (const backup of newestFirst) {
    if (!isBefore(backup)) reasons.add(backup, { rule: 'window' });
  }
  reasons.add(newestFirst.find(isBefore), { rule: 'window-base' });
}

function addPeriods(
  newestFirst: readonly RetentionBackup[],
  kind: PeriodKind,
  count: number,
  { zone }: RetentionRules,
  reasons: Reasons,
): void {
  const seen = new Set<string>();
  for (const backup of newestFirst) {
    if (seen.size >= count) return;
    const period = periodOf(kind, backup.timeMs, zone);
    if (!seen.has(period)) reasons.add(backup, { rule: kind, period });
    seen.add(period);
  }
}

function addMinimum(newestFirst: readonly RetentionBackup[], minimum: number, reasons: Reasons): void {
  let missing = minimum - newestFirst.filter((backup) => reasons.has(backup)).length;
  for (const backup of newestFirst) {
    if (missing <= 0) return;
    if (reasons.has(backup)) continue;
    reasons.add(backup, { rule: 'minimum' });
    missing -= 1;
  }
}
