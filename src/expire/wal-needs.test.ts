import { describe, expect, it } from 'vitest';
import { planRetention } from '../retention/plan-retention.ts';
import { lsn } from '../wal/lsn.ts';
import { lineKey, needsInWindow, type WalBackup } from './wal-needs.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const begin = Date.parse('2026-09-01T00:30:00Z');

/** A line of WAL with one segment an hour, each as long as its number: `lsn` is the hour. */
const at = (hour: number) => lsn(BigInt(hour));
function backupAt(hour: number, more: Partial<WalBackup> = {}): WalBackup {
  const place = { generation: 1, timeline: 1, startLsn: at(hour), endLsn: at(hour) };
  return { ...place, thereAtMs: begin + hour * hourMs, counts: true, isRead: false, ...more };
}
const living = new Set([lineKey({ generation: 1, timeline: 1 })]);

describe('the WAL of a window', () => {
  it('reaches every hour of it, at every hour of 60 days, whatever backups rules keep', () => {
    const walWindowMs = 3 * dayMs;
    const rules = { keepWindowMs: 5 * dayMs, keepWeekly: 6, keepMonthly: 2 };
    let backups: WalBackup[] = [];
    let wal = new Set<number>();
    const sizes: number[] = [];
    for (let hour = 0; hour < 60 * 24; hour += 1) {
      const nowMs = begin + hour * hourMs;
      wal.add(hour);
      if (hour % 24 === 3) backups.push(backupAt(hour));
      const plan = planRetention(
        backups.map(({ startLsn, thereAtMs }) => ({
          ...{ backup: `b${startLsn}`, generation: 1, timeline: 1, startLsn },
          ...{ timeMs: thereAtMs, storedAtMs: thereAtMs, isClockWrong: false, condemned: false, held: false },
        })),
        rules,
        nowMs,
      );
      const kept = new Set(plan.flatMap(({ backup, keep }) => (keep ? [backup] : [])));
      backups = backups.filter(({ startLsn }) => kept.has(`b${startLsn}`));
      const { from, own } = needsInWindow(backups, { sinceMs: nowMs - walWindowMs, living });
      const least = Math.min(...from.map(({ startLsn }) => Number(startLsn)));
      if (from.length > 0) {
        wal = new Set([...wal].filter((one) => one >= least || own.some(({ startLsn }) => Number(startLsn) === one)));
      }
      // Each of the window, from a backup that was there by then.
      for (let moment = Math.max(3, hour - 72); moment <= hour; moment += 1) {
        const isReached = backups.some(({ startLsn }) => isContinuous(wal, Number(startLsn), moment));
        expect(isReached, `hour ${moment} at hour ${hour}`).toBe(true);
      }
      // And every backup to its own end.
      for (const { startLsn } of backups) expect(wal.has(Number(startLsn))).toBe(true);
      sizes.push(wal.size);
    }
    // Three days, the one that the window begins in, and a few segments of older backups.
    expect(Math.max(...sizes.slice(10 * 24))).toBeLessThan(5 * 24);
    expect(backups.length).toBeGreaterThan(8);
  });

  it('begins with the newest sound backup that was there when it began', () => {
    const backups = [
      backupAt(1),
      backupAt(10),
      backupAt(20, { counts: false }),
      backupAt(30, { thereAtMs: begin + 60 * hourMs }),
      backupAt(50),
    ];
    const { from, own } = needsInWindow(backups, { sinceMs: begin + 40 * hourMs, living });
    expect(from.map(({ startLsn }) => startLsn)).toEqual([10n, 30n, 50n]);
    expect(own.map(({ startLsn }) => startLsn)).toEqual([1n, 20n]);
  });

  it('begins with the one that WAL says is the newest, where two were there within a second', () => {
    const [older, newer] = [backupAt(10, { thereAtMs: begin + 400 }), backupAt(11, { thereAtMs: begin })];
    const { from, own } = needsInWindow([older, newer, backupAt(50)], { sinceMs: begin + 40 * hourMs, living });
    expect(from.map(({ startLsn }) => startLsn)).toEqual([11n, 50n]);
    expect(own).toEqual([older]);
  });

  it('leaves all that follows a backup which somebody reads', () => {
    const backups = [backupAt(1, { isRead: true }), backupAt(10), backupAt(20)];
    const { from, own } = needsInWindow(backups, { sinceMs: begin + 40 * hourMs, living });
    expect(from.map(({ startLsn }) => startLsn)).toEqual([1n, 20n]);
    expect(own.map(({ startLsn }) => startLsn)).toEqual([10n]);
  });

  it('leaves the newest backup as it is where nothing was written any more', () => {
    const backups = [backupAt(1), backupAt(10)];
    const { from } = needsInWindow(backups, { sinceMs: begin + 1000 * hourMs, living: new Set() });
    expect(from.map(({ startLsn }) => startLsn)).toEqual([10n]);
    expect(needsInWindow([], { sinceMs: begin, living })).toEqual({ from: [], own: [] });
  });

  it('has a beginning for each line that was written to, and needs all where one has none', () => {
    const other = { timeline: 2 };
    const backups = [backupAt(1), backupAt(10), backupAt(5, other), backupAt(12, other)];
    const sinceMs = begin + 40 * hourMs;
    const both = new Set([lineKey({ generation: 1, timeline: 1 }), lineKey({ generation: 1, timeline: 2 })]);
    const startsOf = (lines: ReadonlySet<string>): bigint[] =>
      needsInWindow(backups, { sinceMs, living: lines }).from.map(({ startLsn }) => startLsn);
    expect(startsOf(both)).toEqual([10n, 12n]);
    expect(startsOf(new Set(['1:2']))).toEqual([12n]);
    // A third line may have come of either.
    expect(startsOf(new Set(['1:3']))).toEqual([10n, 12n]);
  });
});

function isContinuous(wal: ReadonlySet<number>, from: number, to: number): boolean {
  if (from > to) return false;
  for (let one = from; one <= to; one += 1) if (!wal.has(one)) return false;
  return true;
}
