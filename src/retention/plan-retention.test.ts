import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BackupError } from '../errors/backup-error.ts';
import { planRetention, type RetentionBackup, type RetentionDecision } from './plan-retention.ts';
import type { RetentionRules } from './rules.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const nowMs = Date.parse('2026-11-22T12:00:00Z');

const backup = (name: string, storedAtMs: number, more: Partial<RetentionBackup> = {}): RetentionBackup => ({
  ...{ generation: 1, timeline: 1, startLsn: 0n },
  ...{ backup: name, timeMs: storedAtMs, storedAtMs, isClockWrong: false, condemned: false, held: false },
  ...more,
});

/** One a day at 03:00, the newest today; `d0` is today's. */
const daily = (days: number): RetentionBackup[] =>
  Array.from({ length: days }, (_, at) => backup(`d${at}`, nowMs - 9 * hourMs - at * dayMs));

const kept = (plan: readonly RetentionDecision[]): string[] =>
  plan.filter(({ keep }) => keep).map((decision) => decision.backup);

/** In whole hours, so that many fall together; some later than now. */
const anyBackups = fc
  .array(
    fc.record({
      hoursAgo: fc.oneof(
        fc.integer({ min: -48, max: 24 * 60 }),
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 0, max: 24 * 900 }),
      ),
      storedLaterHours: fc.oneof(
        { arbitrary: fc.constant(0), weight: 5 },
        { arbitrary: fc.integer({ min: -30, max: 24 * 30 }), weight: 1 },
      ),
      condemned: fc.oneof({ arbitrary: fc.constant(false), weight: 4 }, { arbitrary: fc.boolean(), weight: 1 }),
      held: fc.oneof({ arbitrary: fc.constant(false), weight: 8 }, { arbitrary: fc.boolean(), weight: 1 }),
      pinnedUntilMs: fc.option(fc.constantFrom<number | 'forever'>('forever', nowMs + dayMs, nowMs - dayMs), {
        nil: undefined,
        freq: 8,
      }),
    }),
    { maxLength: 60 },
  )
  .map((given) =>
    given.map(({ hoursAgo, storedLaterHours, ...more }, at) => {
      const timeMs = nowMs - hoursAgo * hourMs;
      const storedAtMs = timeMs + storedLaterHours * hourMs;
      return backup(`b${at}`, storedAtMs, { ...more, timeMs, isClockWrong: storedLaterHours < 0 });
    }),
  );
/** Not condemned, and not of the future or stored before it ended. */
const isSound = ({ condemned, storedAtMs, isClockWrong }: RetentionBackup): boolean =>
  !condemned && storedAtMs <= nowMs && !isClockWrong;

const few = fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined });
const someTime = fc.option(
  fc.integer({ min: 0, max: 40 * 24 }).map((hours) => hours * hourMs),
  { nil: undefined },
);
const anyRules: fc.Arbitrary<RetentionRules> = fc
  .record({
    ...{ keepLast: few, keepDaily: few, keepWeekly: few, keepMonthly: few, keepYearly: few, keepMinimum: few },
    ...{ keepWithinMs: someTime, keepWindowMs: someTime },
  })
  .map((rules) => {
    const { keepDaily, keepWeekly, keepMonthly, keepYearly, keepWithinMs, keepWindowMs } = rules;
    const periods = [keepDaily, keepWeekly, keepMonthly, keepYearly].filter((count) => count !== undefined);
    const isEmpty = periods.length === 0 && keepWindowMs === undefined && !keepWithinMs;
    return isEmpty ? { ...rules, keepLast: rules.keepLast ?? 1 } : rules;
  });

describe('the rules of retention', () => {
  it('keep by count, and what came in a burst does not push out the others', () => {
    const burst = Array.from({ length: 50 }, (_, at) => backup(`burst${at}`, nowMs - at));
    const days = daily(10);
    const ofDays = (plan: readonly RetentionDecision[]): string[] => kept(plan).filter((name) => name.startsWith('d'));
    expect(kept(planRetention(days, { keepLast: 3 }, nowMs))).toEqual(['d2', 'd1', 'd0']);
    expect(ofDays(planRetention([...days, ...burst], { keepLast: 3 }, nowMs))).toEqual(['d2', 'd1', 'd0']);
    const longer = { keepLast: 3, keepWithinMs: 7 * dayMs };
    expect(ofDays(planRetention([...days, ...burst], longer, nowMs))).toEqual([
      ...['d6', 'd5', 'd4', 'd3', 'd2', 'd1', 'd0'],
    ]);
    const byCountAlone = { keepLast: 3, keepWithinMs: 0 };
    expect(ofDays(planRetention([...days, ...burst], byCountAlone, nowMs))).toEqual([]);
  });

  it('keep the newest that is older than the window', () => {
    const plan = planRetention(daily(10), { keepWindowMs: 3 * dayMs }, nowMs);
    expect(plan.slice(-4)).toEqual([
      { backup: 'd3', keep: true, reasons: [{ rule: 'window-base' }] },
      { backup: 'd2', keep: true, reasons: [{ rule: 'window' }] },
      { backup: 'd1', keep: true, reasons: [{ rule: 'window' }] },
      { backup: 'd0', keep: true, reasons: [{ rule: 'window' }] },
    ]);
    expect(kept(plan)).toHaveLength(4);
  });

  it('keep the newest of each day, week, month and year that has one', () => {
    const twice = daily(800).flatMap((one) => [one, { ...one, backup: `${one.backup}e`, timeMs: one.timeMs - hourMs }]);
    const rules = { keepDaily: 2, keepWeekly: 2, keepMonthly: 2, keepYearly: 5 };
    expect(planRetention(twice, rules, nowMs).filter(({ keep }) => keep)).toEqual([
      { backup: 'd691', keep: true, reasons: [{ rule: 'yearly', period: '2024' }] },
      { backup: 'd326', keep: true, reasons: [{ rule: 'yearly', period: '2025' }] },
      { backup: 'd22', keep: true, reasons: [{ rule: 'monthly', period: '2026-10' }] },
      { backup: 'd7', keep: true, reasons: [{ rule: 'weekly', period: '2026-W46' }] },
      { backup: 'd1', keep: true, reasons: [{ rule: 'daily', period: '2026-11-21' }] },
      {
        ...{ backup: 'd0', keep: true },
        reasons: [
          { rule: 'daily', period: '2026-11-22' },
          { rule: 'weekly', period: '2026-W47' },
          { rule: 'monthly', period: '2026-11' },
          { rule: 'yearly', period: '2026' },
        ],
      },
    ]);
  });

  it('count by the days of the zone', () => {
    const two = [
      backup('late', Date.parse('2026-11-21T15:30:00Z')),
      backup('later', Date.parse('2026-11-21T16:30:00Z')),
    ];
    const shanghai = { offsetAt: () => 8 * 3600 };
    expect(kept(planRetention(two, { keepDaily: 5 }, nowMs))).toEqual(['later']);
    expect(kept(planRetention(two, { keepDaily: 5, zone: shanghai }, nowMs))).toEqual(['late', 'later']);
  });

  it('count nothing that is condemned, which goes when all that is kept is newer', () => {
    const [d0, d1, d2, d3, ...older] = daily(6);
    if (d0 === undefined || d1 === undefined || d2 === undefined || d3 === undefined) throw new Error('too few');
    const bad = (one: RetentionBackup): RetentionBackup => ({ ...one, condemned: true });
    const plan = planRetention([bad(d0), d1, bad(d2), d3, ...older.map(bad)], { keepLast: 2 }, nowMs);
    expect(plan.filter(({ keep }) => keep)).toEqual([
      { backup: 'd3', keep: true, reasons: [{ rule: 'last' }] },
      { backup: 'd2', keep: true, reasons: [{ rule: 'condemned' }] },
      { backup: 'd1', keep: true, reasons: [{ rule: 'last' }, { rule: 'within' }] },
      { backup: 'd0', keep: true, reasons: [{ rule: 'condemned' }] },
    ]);
    // With nothing sound there is nothing that could stand in for them.
    expect(kept(planRetention(daily(6).map(bad), { keepLast: 2 }, nowMs))).toHaveLength(6);
  });

  it('keep what is pinned until that time, and nothing else for it', () => {
    const days = daily(6);
    const pinned = (until: number | 'forever'): RetentionBackup[] =>
      days.map((one) => (one.backup === 'd5' ? { ...one, pinnedUntilMs: until } : one));
    expect(kept(planRetention(pinned('forever'), { keepLast: 2 }, nowMs))).toEqual(['d5', 'd1', 'd0']);
    expect(kept(planRetention(pinned(nowMs + 1), { keepLast: 2 }, nowMs))).toEqual(['d5', 'd1', 'd0']);
    expect(kept(planRetention(pinned(nowMs), { keepLast: 2 }, nowMs))).toEqual(['d1', 'd0']);
  });

  it('take the time of a backup, and keep what has impossible dates', () => {
    const copied = daily(6).map((one) => ({ ...one, storedAtMs: nowMs }));
    expect(kept(planRetention(copied, { keepLast: 2 }, nowMs))).toEqual(['d1', 'd0']);
    const later = backup('later', nowMs + 6 * 60_000);
    const soon = backup('soon', nowMs + 4 * 60_000);
    const wrong = backup('wrong', nowMs - 40 * dayMs, { isClockWrong: true });
    const plan = planRetention([...daily(6), later, soon, wrong], { keepLast: 2 }, nowMs);
    expect(plan.filter(({ keep }) => keep)).toEqual([
      { backup: 'wrong', keep: true, reasons: [{ rule: 'misdated' }] },
      { backup: 'd1', keep: true, reasons: [{ rule: 'within' }] },
      { backup: 'd0', keep: true, reasons: [{ rule: 'last' }, { rule: 'within' }] },
      { backup: 'soon', keep: true, reasons: [{ rule: 'last' }, { rule: 'within' }] },
      { backup: 'later', keep: true, reasons: [{ rule: 'ahead' }] },
    ]);
  });

  it.each<[string, RetentionRules]>([
    ['no rule', {}],
    ['the minimum alone', { keepMinimum: 3 }],
    ['no time', { keepWithinMs: 0 }],
    ['none', { keepLast: 0 }],
    ['a part of one', { keepDaily: 1.5 }],
    ['no number', { keepWeekly: Number.NaN }],
    ['more than can be counted', { keepYearly: Number.POSITIVE_INFINITY }],
    ['less than none', { keepLast: 3, keepMinimum: -1 }],
    ['a time that is no number', { keepLast: 3, keepWithinMs: Number.NaN }],
    ['a time without end', { keepWindowMs: Number.POSITIVE_INFINITY }],
    ['a time to come', { keepWindowMs: -1 }],
  ])('are refused when they say %s', (_, rules) => {
    expect(() => planRetention(daily(3), rules, nowMs)).toThrow(BackupError);
  });
});

describe('any backups under any rules', () => {
  it('give one plan, in whatever order they come', () => {
    fc.assert(
      fc.property(
        anyBackups.chain((backups) =>
          fc.tuple(fc.constant(backups), fc.shuffledSubarray(backups, { minLength: backups.length })),
        ),
        anyRules,
        ([backups, shuffled], rules) => {
          expect(planRetention(shuffled, rules, nowMs)).toEqual(planRetention(backups, rules, nowMs));
        },
      ),
    );
  });

  it('lose nothing more when the plan is made again of what it kept', () => {
    fc.assert(
      fc.property(anyBackups, anyRules, (backups, rules) => {
        const first = new Set(kept(planRetention(backups, rules, nowMs)));
        const rest = backups.filter((one) => first.has(one.backup));
        expect(kept(planRetention(rest, rules, nowMs))).toHaveLength(rest.length);
      }),
    );
  });

  it('keep what is pinned or held, and the rest as if nothing were', () => {
    fc.assert(
      fc.property(anyBackups, anyRules, (backups, rules) => {
        const free = backups.map((one) => ({ ...one, held: false, pinnedUntilMs: undefined }));
        const without = new Set(kept(planRetention(free, rules, nowMs)));
        const plan = new Set(kept(planRetention(backups, rules, nowMs)));
        for (const one of backups) {
          const { pinnedUntilMs = 0, held } = one;
          const isProtected = held || pinnedUntilMs === 'forever' || pinnedUntilMs > nowMs;
          expect(plan.has(one.backup)).toBe(isProtected || without.has(one.backup));
        }
      }),
    );
  });

  it('never leave fewer sound ones than the minimum, as far as there are', () => {
    fc.assert(
      fc.property(anyBackups, anyRules, (backups, rules) => {
        const sound = backups.filter(isSound);
        const plan = new Set(kept(planRetention(backups, rules, nowMs)));
        const left = sound.filter((one) => plan.has(one.backup));
        expect(left.length).toBeGreaterThanOrEqual(Math.min(rules.keepMinimum ?? 1, sound.length));
      }),
    );
  });

  it('keep everything younger than the time, however many come', () => {
    fc.assert(
      fc.property(anyBackups, anyRules, (backups, rules) => {
        const plan = new Set(kept(planRetention(backups, rules, nowMs)));
        const withinMs = rules.keepWithinMs ?? (rules.keepLast ?? 0) * dayMs;
        for (const one of backups.filter(({ condemned }) => !condemned)) {
          if (nowMs - one.timeMs < withinMs) expect(plan.has(one.backup)).toBe(true);
        }
      }),
    );
  });

  it('reach every hour of the window that a sound backup reached before', () => {
    fc.assert(
      fc.property(anyBackups, fc.integer({ min: 0, max: 40 }), anyRules, (backups, days, rules) => {
        const plan = new Set(kept(planRetention(backups, { ...rules, keepWindowMs: days * dayMs }, nowMs)));
        const sound = backups.filter(isSound);
        for (let hour = 0; hour <= days * 24; hour += 1) {
          const reaches = (one: RetentionBackup): boolean => one.timeMs <= nowMs - hour * hourMs;
          if (sound.some(reaches)) expect(sound.some((one) => reaches(one) && plan.has(one.backup))).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('60 days of backups with retention after each', () => {
  const history = fc.array(fc.integer({ min: 0, max: 60 * 24 }), { minLength: 1, maxLength: 150 });

  it('reach every hour of the window behind every one of them', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 20 }), (hours, days) => {
        const begin = nowMs - 60 * dayMs;
        const taken = new Set(hours);
        const first = Math.min(...hours);
        let present: RetentionBackup[] = [];
        for (let hour = 0; hour <= 60 * 24; hour += 1) {
          const now = begin + hour * hourMs;
          if (taken.has(hour)) present.push(backup(`h${hour}`, now));
          const left = new Set(kept(planRetention(present, { keepWindowMs: days * dayMs }, now)));
          present = present.filter((one) => left.has(one.backup));
          const oldest = present[0]?.storedAtMs ?? Number.POSITIVE_INFINITY;
          const from = begin + Math.max(first, hour - days * 24) * hourMs;
          if (hour >= first && oldest > from)
            throw new Error(`at hour ${hour} the window begins at ${oldest}, not ${from}`);
        }
      }),
      { numRuns: 15 },
    );
  });

  it('have the newest of each day and week at any time', () => {
    fc.assert(
      fc.property(history, (hours) => {
        const begin = nowMs - 60 * dayMs;
        const all = [...new Set(hours)]
          .sort((left, right) => left - right)
          .map((hour) => backup(`h${hour}`, begin + hour * hourMs));
        const rules = { keepDaily: 5, keepWeekly: 4 };
        let present: RetentionBackup[] = [];
        for (const one of all) {
          present = [...present, one];
          const left = new Set(kept(planRetention(present, rules, one.storedAtMs)));
          present = present.filter((other) => left.has(other.backup));
        }
        // What was removed on the way would not have been kept by a plan of all either.
        const last = all.at(-1)?.storedAtMs ?? 0;
        expect(present.map((one) => one.backup)).toEqual(kept(planRetention(all, rules, last)));
      }),
    );
  });
});
