import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BackupFacts, ShownBackup, ShownInstance } from './shown-backup.ts';
import { parseLsn } from '../index.ts';
import { backupRecord } from './list-record.ts';
import { listLines } from './list-text.ts';
import { textWidth } from './text-width.ts';

const facts: BackupFacts = {
  ...{ systemIdentifier: 7_446_351_236_798_345_121n, product: 'PostgreSQL', release: '17.10' },
  ...{ generation: 1, timeline: 3, startLsn: parseLsn('0/3000028'), endLsn: parseLsn('0/3000158') },
  ...{ startedAt: '2026-11-20T03:15:00.000Z', endedAt: '2026-11-20T03:20:11.000Z', label: 'nightly' },
  ...{ source: 'stream', prior: undefined, files: 1234, trust: 'read' },
  ...{ logicalBytes: 1_300_000_000_000, newBytes: 402_000_000_000, referencedBytes: 402_000_000_000 },
};
const backup = (id: string, more: Partial<ShownBackup> = {}): ShownBackup => ({
  ...{ id, facts, storedAtMs: Date.parse('2026-11-20T03:20:12Z'), note: undefined, pins: [], condemned: undefined },
  ...{ isRemoved: false, standaloneBy: undefined, lockedUntilMs: undefined, ...more },
});
const nameOf = (day: number, id: string): string => `202611${day}T031500Z-${id.padEnd(32, '0')}`;
const instance: ShownInstance = {
  name: 'orders',
  identity: facts,
  newestWal: {
    ...{ generation: 1, name: '0000000300000012000000A4', storedAtMs: Date.parse('2026-11-22T12:31:40Z') },
  },
  backups: [
    backup(nameOf(20, '1a'), {
      note: 'before the migration',
      pins: [{ until: '2027-01-01T00:00:00Z', by: 'root@host', at: '2026-11-20T08:00:00Z', text: 'audit' }],
    }),
    backup(nameOf(21, '2b'), {
      facts: { ...facts, endedAt: '2026-11-21T03:22:00Z', newBytes: 3_400_000_000 },
      standaloneBy: {
        ...{ generation: 1, timeline: 3, at: '2026-11-22T08:30:00Z' },
        ...{ beginLsn: parseLsn('0/4000000'), endLsn: parseLsn('0/9000000') },
      },
      condemned: { by: 'root@host', at: '2026-11-22T08:00:00Z', text: undefined },
    }),
    backup(nameOf(22, '3c'), { facts: { ...facts, endedAt: '2026-11-22T03:22:00Z', newBytes: 700 } }),
    backup(nameOf(22, '4d'), { facts: undefined, storedAtMs: undefined }),
    backup(nameOf(23, '5e'), { isRemoved: true }),
  ],
};

describe('a list of backups', () => {
  it('says what there is, since when, how big, and whether it is good', () => {
    expect(listLines(instance)).toEqual([
      'orders: PostgreSQL 17.10, system identifier 7446351236798345121',
      '  Backup                 Ended               Size     New  State',
      '  20261120T031500Z-1a00  2026-11-20 03:20  1.2 TB  374 GB  complete, pinned',
      '    note: before the migration',
      '    pinned until 2027-01-01 00:00 by root@host: audit',
      '  20261121T031500Z-2b00  2026-11-21 03:22  1.2 TB  3.2 GB  condemned, standalone',
      '    condemned on 2026-11-22 08:00 by root@host',
      '    only to its end: no WAL from 0/4000000 to 0/9000000, removed 2026-11-22',
      '  20261122T031500Z-3c00  2026-11-22 03:22  1.2 TB   700 B  complete',
      '  20261122T031500Z-4d00                                    damaged',
      '  20261123T031500Z-5e00  2026-11-20 03:20  1.2 TB  374 GB  being removed',
      '  3 backups since 2026-11-20 03:20, which wrote 378 GB',
      '  besides 1 backup that is being removed',
      '  besides 1 backup that cannot be read',
      '  newest WAL: 0000000300000012000000A4, generation 1, stored 2026-11-22 12:31',
    ]);
  });

  it('counts nothing where no backup is left in the catalogue', () => {
    const backups = [backup(nameOf(22, '4d'), { facts: undefined }), backup(nameOf(23, '5e'), { isRemoved: true })];
    expect(listLines({ ...instance, backups }).slice(-3)).toEqual([
      '  besides 1 backup that is being removed',
      '  besides 1 backup that cannot be read',
      '  newest WAL: 0000000300000012000000A4, generation 1, stored 2026-11-22 12:31',
    ]);
  });

  it('tells an instance that has nothing yet', () => {
    expect(listLines({ name: 'new', identity: undefined, backups: [], newestWal: undefined })).toEqual([
      'new',
      '  no backups',
      '  no WAL in the archive',
    ]);
  });

  it('fits 80 columns, a line for each thing, whatever people wrote', () => {
    const text = fc.string({ unit: 'binary', maxLength: 200 });
    fc.assert(
      fc.property(text, text, fc.nat({ max: 2 ** 52 }), (said, by, bytes) => {
        const one = backup(nameOf(20, '1a'), {
          facts: { ...facts, logicalBytes: bytes, newBytes: bytes },
          note: said,
          pins: [{ until: undefined, by, at: facts.endedAt, text: said }],
          condemned: { by, at: facts.endedAt, text: said },
        });
        const lines = listLines({ ...instance, backups: [one, backup(nameOf(20, '1b'))] });
        expect(lines).toHaveLength(said === '' ? 8 : 9);
        expect(lines.filter((line) => textWidth(line) > 80 || /\p{Cc}/u.test(line))).toEqual([]);
      }),
    );
  });
});

it('a backup as JSON has all that is known of it', () => {
  const [first, , , damaged] = instance.backups;
  if (first === undefined || damaged === undefined) throw new Error('too few');
  expect(backupRecord(instance, first)).toEqual({
    ...{ messageType: 'backup', instance: 'orders', id: nameOf(20, '1a'), state: 'complete' },
    ...{ systemIdentifier: '7446351236798345121', product: 'PostgreSQL', release: '17.10', generation: 1, timeline: 3 },
    ...{ startLsn: '0/3000028', endLsn: '0/3000158' },
    ...{ startedAt: '2026-11-20T03:15:00.000Z', endedAt: '2026-11-20T03:20:11.000Z' },
    ...{ storedAt: '2026-11-20T03:20:12.000Z', label: 'nightly', note: 'before the migration', source: 'stream' },
    ...{ prior: null, files: 1234, logicalBytes: 1_300_000_000_000, newBytes: 402_000_000_000 },
    ...{ referencedBytes: 402_000_000_000, trust: 'read', condemned: null, lockedUntil: null, standalone: null },
    pins: [{ until: '2027-01-01T00:00:00Z', reason: 'audit', by: 'root@host', at: '2026-11-20T08:00:00Z' }],
  });
  const record = backupRecord(instance, damaged);
  expect(Object.keys(record)).toEqual(Object.keys(backupRecord(instance, first)));
  expect(record).toMatchObject({ id: nameOf(22, '4d'), state: 'damaged', startLsn: null, storedAt: null, pins: [] });
});
