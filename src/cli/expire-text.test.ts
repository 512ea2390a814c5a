import { describe, expect, it } from 'vitest';
import type { RetentionDecision } from '../index.ts';
import { expireLines, expireRecord } from './expire-text.ts';
import { textWidth } from './text-width.ts';

const nameOf = (day: number): string => `202611${day}T031500Z-${'0'.repeat(30)}${day}`;
const plan: RetentionDecision[] = [
  { backup: nameOf(18), keep: false, reasons: [] },
  { backup: nameOf(19), keep: true, reasons: [{ rule: 'pinned', untilMs: Date.parse('2027-01-01T00:00:00Z') }] },
  { backup: nameOf(20), keep: true, reasons: [{ rule: 'window-base' }] },
  {
    backup: nameOf(22),
    keep: true,
    reasons: [
      ...[{ rule: 'last' } as const, { rule: 'within' } as const, { rule: 'window' } as const],
      ...[{ rule: 'daily', period: '2026-11-22' } as const, { rule: 'weekly', period: '2026-W47' } as const],
      ...[{ rule: 'monthly', period: '2026-11' } as const, { rule: 'yearly', period: '2026' } as const],
      { rule: 'held' },
    ],
  },
];

describe('what retention decided', () => {
  it('is a line a backup, with all that keeps it, and nothing else in a rehearsal', () => {
    const lines = expireLines('orders', plan, undefined);
    expect(lines).toEqual([
      'orders: 3 would be kept, 1 removed',
      '  remove  20261118T031500Z',
      '  keep    20261119T031500Z  pinned until 2027-01-01 00:00',
      '  keep    20261120T031500Z  the window begins with it',
      '  keep    20261122T031500Z  last, within, window, day 2026-11-22, week 2026-W47,',
      '                            month 2026-11, year 2026, in use',
    ]);
    expect(lines.filter((line) => textWidth(line) > 80)).toEqual([]);
  });

  it('says what was deleted, and what waits', () => {
    const done = { deleted: ['a'], waiting: ['b', 'c'], packs: 7, bytes: 7 << 20 };
    const lines = expireLines('orders', plan, done);
    expect(lines[0]).toBe('orders: 3 kept, 1 removed');
    expect(lines.slice(-2)).toEqual([
      '1 backup deleted that had been removed before: 7 packs, 7.0 MB',
      '2 removed backups wait to be deleted by a later run, when nobody uses them any more',
    ]);
    expect(expireLines('orders', plan, { deleted: [], waiting: [], packs: 0, bytes: 0 })).toHaveLength(6);
  });

  it('is data for programs', () => {
    expect(expireRecord('orders', plan.slice(0, 3), undefined)).toEqual({
      ...{ messageType: 'expire', instance: 'orders', dryRun: true },
      backups: [
        { id: nameOf(18), keep: false, reasons: [] },
        { id: nameOf(19), keep: true, reasons: [{ rule: 'pinned', until: '2027-01-01T00:00:00.000Z' }] },
        { id: nameOf(20), keep: true, reasons: [{ rule: 'window-base' }] },
      ],
      ...{ deleted: null, waiting: null, packs: null, bytes: null },
    });
    const done = { deleted: ['a'], waiting: [], packs: 1, bytes: 5 };
    expect(expireRecord('orders', plan.slice(3), done)).toMatchObject({
      ...{ dryRun: false, deleted: ['a'], waiting: [], packs: 1, bytes: 5 },
      backups: [{ reasons: [{}, {}, {}, { rule: 'daily', period: '2026-11-22' }, {}, {}, {}, { rule: 'held' }] }],
    });
  });
});
