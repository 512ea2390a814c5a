import { describe, expect, it } from 'vitest';
import type { RetentionDecision, WalRange } from '../index.ts';
import { lsn } from '../wal/lsn.ts';
import { expireLines, expireRecord, type ShownExpire } from './expire-text.ts';
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

const nothing: ShownExpire = {
  plan,
  deleted: [],
  deletedNames: [],
  waiting: [],
  packs: 0,
  bytes: 0,
  wal: [],
  passedOver: [],
};
const range = (first: number, last: number): WalRange => {
  const name = (number: number): string =>
    `0000000100000000000000${number.toString(16).padStart(2, '0').toUpperCase()}`;
  const size = 16 << 20;
  const segments = last - first + 1;
  const lsnAt = (number: number) => lsn(BigInt(number * size));
  const positions = { beginLsn: lsnAt(first), endLsn: lsnAt(last + 1) };
  return {
    timeline: 1,
    firstSegment: name(first),
    lastSegment: name(last),
    segments,
    ...positions,
    sizeBytes: segments << 20,
  };
};
const much: ShownExpire = {
  ...nothing,
  ...{ deleted: ['a'], deletedNames: ['name of a'], packs: 7, bytes: 7 << 20 },
  waiting: [
    { backup: 'b', name: nameOf(15), dueAtMs: Date.parse('2026-11-23T03:15:40.250Z'), obstacles: ['grace'] },
    { backup: 'c', name: nameOf(16), dueAtMs: undefined, obstacles: ['grace', 'held'] },
    { backup: 'd', name: nameOf(17), dueAtMs: Date.parse('2026-12-01T00:00:00Z'), obstacles: ['pinned'] },
  ],
  wal: [
    { generation: 1, cutoff: range(4, 4).firstSegment, before: [range(1, 3)], between: [range(6, 6), range(9, 11)] },
  ],
};

describe('what retention decided', () => {
  it('is a line a backup, with all that keeps it', () => {
    const lines = expireLines('orders', nothing, true);
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

  it('says what was deleted, what waits and for what, and which WAL went', () => {
    const lines = expireLines('orders', much, false);
    expect(lines[0]).toBe('orders: 3 kept, 1 removed');
    expect(lines.slice(6)).toEqual([
      '1 backup deleted that had been removed before: 7 packs, 7.0 MB',
      '3 removed backups are not deleted yet:',
      '  20261115T031500Z  from 2026-11-23 03:15:41 on',
      '  20261116T031500Z  taken off less than the time of --grace ago, in use',
      '  20261117T031500Z  from 2026-12-01 00:00:00 on: pinned',
      'WAL of generation 1 that no backup needs: 3 segments deleted, 3.0 MB',
      '  000000010000000000000001 to 000000010000000000000003',
      'WAL of generation 1 behind older backups: 4 segments deleted, 4.0 MB',
      '  000000010000000000000006',
      '  000000010000000000000009 to 00000001000000000000000B',
    ]);
    expect(expireLines('orders', nothing, false)).toHaveLength(6);
  });

  it('says the same in a rehearsal, as what would be', () => {
    const [said, would] = [false, true].map((isDry) => expireLines('orders', much, isDry));
    expect(would).toHaveLength(said?.length ?? 0);
    expect(would?.filter((line, at) => line !== said?.[at])).toEqual([
      'orders: 3 would be kept, 1 removed',
      '1 backup would be deleted that had been removed before: 7 packs, 7.0 MB',
      '3 removed backups would not be deleted yet:',
      'WAL of generation 1 that no backup needs: 3 segments would be deleted, 3.0 MB',
      'WAL of generation 1 behind older backups: 4 segments would be deleted, 4.0 MB',
    ]);
  });

  it('counts ranges of WAL where there are many', () => {
    const between = Array.from({ length: 9 }, (_, at) => range(2 * at, 2 * at));
    const lines = expireLines(
      'orders',
      { ...nothing, wal: [{ generation: 2, cutoff: '', before: [], between }] },
      false,
    );
    expect(lines.slice(6)).toHaveLength(8);
    expect(lines.at(-1)).toBe('  3 more ranges (--json lists all)');
  });

  it('tells what object lock keeps, and until when', () => {
    const untilMs = Date.parse('2026-12-24T03:15:30Z');
    const locked = { count: 2, bytes: 3 << 20, untilMs };
    const wal = [{ generation: 1, cutoff: '000000010000000000000004', before: [], between: [], locked }];
    const waiting = [{ backup: 'b', name: nameOf(15), dueAtMs: untilMs, obstacles: ['locked' as const] }];
    const result = { ...nothing, plan: [], locked, waiting, wal };
    expect(expireLines('orders', result, false).slice(1)).toEqual([
      '2 packs of removed backups, 3.0 MB, locked until 2026-12-24 03:15:30 or later: a later run deletes them',
      '1 removed backup is not deleted yet:',
      `  ${nameOf(15).slice(0, 16)}  from 2026-12-24 03:15:30 on: locked`,
      '2 files of WAL of generation 1 that no backup needs, 3.0 MB, locked until 2026-12-24 03:15:30 or later',
    ]);
    const record = { count: 2, bytes: 3 << 20, lockedUntil: '2026-12-24T03:15:30.000Z' };
    expect(expireRecord('orders', result, false)).toMatchObject({
      lockedPacks: record,
      wal: [{ lockedFiles: record }],
    });
  });

  it('is data for programs', () => {
    expect(expireRecord('orders', { ...nothing, plan: plan.slice(0, 3) }, true)).toEqual({
      ...{ messageType: 'expire', instance: 'orders', dryRun: true },
      backups: [
        { id: nameOf(18), keep: false, reasons: [] },
        { id: nameOf(19), keep: true, reasons: [{ rule: 'pinned', until: '2027-01-01T00:00:00.000Z' }] },
        { id: nameOf(20), keep: true, reasons: [{ rule: 'window-base' }] },
      ],
      ...{ deleted: [], waiting: [], waitingFor: [], packs: 0, bytes: 0, lockedPacks: null, wal: [], passedOver: [] },
      mayDelete: null,
    });
    const records = [false, true].map((isDry) => expireRecord('orders', { ...much, plan: plan.slice(3) }, isDry));
    expect(records[0]).toMatchObject({
      ...{
        dryRun: false,
        deleted: ['name of a'],
        waiting: [nameOf(15), nameOf(16), nameOf(17)],
        packs: 7,
        bytes: 7 << 20,
      },
      backups: [{ reasons: [{}, {}, {}, { rule: 'daily', period: '2026-11-22' }, {}, {}, {}, { rule: 'held' }] }],
      waitingFor: [
        { id: nameOf(15), dueAt: '2026-11-23T03:15:40.250Z', obstacles: ['grace'] },
        { id: nameOf(16), dueAt: null, obstacles: ['grace', 'held'] },
        { id: nameOf(17), dueAt: '2026-12-01T00:00:00.000Z', obstacles: ['pinned'] },
      ],
      wal: [
        {
          ...{ generation: 1, cutoff: '000000010000000000000004' },
          unneeded: [{ timeline: 1, segments: 3, bytes: 3 << 20, beginLsn: '0/1000000', endLsn: '0/4000000' }],
          behindOlderBackups: [{ segments: 1 }, { firstSegment: '000000010000000000000009', segments: 3 }],
        },
      ],
    });
    expect({ ...records[1], dryRun: false }).toEqual(records[0]);
  });
});
