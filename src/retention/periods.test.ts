import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { periodOf } from './periods.ts';

const dayMs = 86_400_000;
const moment = (text: string): number => Date.parse(text);
const anyTime = fc.integer({ min: moment('1970-01-01T00:00:00Z'), max: moment('2999-12-31T00:00:00Z') });

describe('the period of a moment', () => {
  it.each([
    ['2026-11-22T23:59:59.999Z', '2026-11-22', '2026-W47', '2026-11', '2026'],
    ['2026-11-23T00:00:00Z', '2026-11-23', '2026-W48', '2026-11', '2026'],
    ['2021-01-03T12:00:00Z', '2021-01-03', '2020-W53', '2021-01', '2021'],
    ['2024-12-30T00:00:00Z', '2024-12-30', '2025-W01', '2024-12', '2024'],
    ['1970-01-01T00:00:00Z', '1970-01-01', '1970-W01', '1970-01', '1970'],
    ['1969-12-28T23:00:00Z', '1969-12-28', '1969-W52', '1969-12', '1969'],
  ])('%s is in %s, %s, %s, %s', (text, day, week, month, year) => {
    const kinds = ['daily', 'weekly', 'monthly', 'yearly'] as const;
    expect(kinds.map((kind) => periodOf(kind, moment(text), undefined))).toEqual([day, week, month, year]);
  });

  it('is that of the clocks of the zone', () => {
    const berlin = { offsetAt: (seconds: number) => (seconds < moment('2026-10-25T01:00:00Z') / 1000 ? 7200 : 3600) };
    expect(periodOf('daily', moment('2026-10-24T22:00:00Z'), berlin)).toBe('2026-10-25');
    expect(periodOf('daily', moment('2026-10-25T22:59:59Z'), berlin)).toBe('2026-10-25');
    expect(periodOf('yearly', moment('2026-12-31T23:00:00Z'), berlin)).toBe('2027');
  });

  it('is one week from Monday to Sunday, and another after it', () => {
    fc.assert(
      fc.property(anyTime, (timeMs) => {
        const monday = timeMs - (new Date(timeMs).getUTCDay() || 7) * dayMs + dayMs;
        const days = [0, 1, 2, 3, 4, 5, 6, 7].map((day) => periodOf('weekly', monday + day * dayMs, undefined));
        expect(new Set(days.slice(0, 7)).size).toBe(1);
        expect((days[7] ?? '') > (days[0] ?? '')).toBe(true);
      }),
    );
  });
});
