import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { InstanceStats, RepositoryFinding } from '../index.ts';
import { say } from '../messages/message.ts';
import { checkRecord, findingLines, lookedAtLines } from './check-text.ts';
import { statsLines, statsRecord, totalRecord } from './stats-text.ts';
import { textWidth } from './text-width.ts';

const amount = (objects: number, bytes: number) => ({ objects, bytes });
const gigabyte = 1024 ** 3;
const orders: InstanceStats = {
  instance: 'orders',
  backups: 12,
  removed: 2,
  damagedBackups: 1,
  damaged: 1,
  logicalBytes: 1000 * gigabyte,
  packs: amount(6400, 100 * gigabyte),
  used: amount(6000, 94 * gigabyte),
  unused: amount(400, 6 * gigabyte),
  running: amount(4, 64 << 20),
  runningUntilMs: Date.parse('2026-11-23T03:00:00Z'),
  wal: amount(3002, 16 * gigabyte),
  all: amount(9420, 116 * gigabyte),
  unreadable: [],
  holds: [
    {
      kind: 'backup',
      backup: 'ab'.repeat(16),
      host: 'db1',
      pid: 4711,
      sinceMs: Date.parse('2026-11-22T01:00:00Z'),
      renewedAtMs: Date.parse('2026-11-22T03:00:00Z'),
      untilMs: Date.parse('2026-11-23T03:00:00Z'),
    },
  ],
};
const long = { ...orders, instance: 'a'.repeat(63), used: undefined, unused: undefined, running: undefined };

describe('what a repository takes', () => {
  it('is a table with all at its end, and what its columns are', () => {
    const lines = statsLines(
      [orders, { ...orders, instance: 'billing', removed: 0, damagedBackups: 0, running: amount(0, 0), holds: [] }],
      amount(20_000, 233 * gigabyte),
    );
    expect(lines.slice(0, 4)).toEqual([
      'Instance  Backups     Size   Packs     Used   Unused      WAL  Objects',
      'orders         12  1000 GB  100 GB  94.0 GB   6.0 GB  16.0 GB     9420',
      'billing        12  1000 GB  100 GB  94.0 GB   6.0 GB  16.0 GB     9420',
      'all            24   2.0 TB  200 GB   188 GB  12.0 GB  32.0 GB    18840',
    ]);
    const text = lines.slice(4).join(' ');
    expect(text).toContain('orders: 2 backups are being removed');
    expect(text).toContain('orders: 1 backup cannot be read; what only it uses is in Unused');
    expect(text).toContain(
      'orders: 64.0 MB of Unused are kept by a hold of a backup that has no commit that can be read',
    );
    expect(text).toContain('Of instance orders is in use:   held by a backup: process 4711 of host db1');
    expect(text.replaceAll(/ +/g, ' ')).toContain('is not deleted before 2026-11-23 03:00');
    expect(text).not.toContain('billing');
    expect(text).not.toContain('No such process');
    expect(text).toContain('The storage lists 20000 objects of 233 GB in all.');
  });

  it('says of a process that is not seen here what may have become of it', () => {
    // No process has so high a number.
    const holds = orders.holds.map((hold) => ({ ...hold, host: hostname(), pid: 0x7fff_ffff }));
    const text = statsLines([{ ...orders, holds }], amount(1, 1)).join(' ');
    expect(text.replaceAll(/ +/g, ' ')).toContain(
      'No such process is seen on this host: it has ended, was killed, or runs in a container.',
    );
  });

  it('fits 80 columns', () => {
    const lines = statsLines([orders, long], amount(1_000_000, 5000 * gigabyte));
    expect(lines.filter((line) => textWidth(line) > 80)).toEqual([]);
    expect(lines[2]).toMatch(/^a+… .* \? +\? /);
  });

  it('as JSON says null for what is not known', () => {
    expect(statsRecord(orders)).toMatchObject({
      instance: 'orders',
      unusedBytes: 6 * gigabyte,
      runningBytes: 64 << 20,
      holds: [{ command: 'backup', host: 'db1', pid: 4711, until: '2026-11-23T03:00:00.000Z' }],
    });
    const all = totalRecord([orders, long], amount(5, 7));
    expect(all).toMatchObject({ instance: null, backups: 24, usedBytes: null, runningBytes: null, storedBytes: 7 });
    expect(Object.keys(all)).toEqual(Object.keys(statsRecord(orders)));
  });
});

describe('what is wrong with a repository', () => {
  const finding = (number: number): RepositoryFinding => ({
    severity: 'warning',
    instance: 'orders',
    object: `notes-${String(number)}.txt`,
    what: say('repo-check.stranger', { name: `notes-${String(number)}.txt` }),
    action: say('repo-check.stranger.action'),
  });
  const lookedAt = {
    keys: 1,
    instances: 1,
    catalogueObjects: 3,
    roots: 3,
    packs: 9,
    holds: 0,
    receipts: 1,
    objects: 20,
  };

  it('is told with what to do, those that are alike not all', () => {
    const lines = findingLines([1, 2, 3].map(finding), 2);
    expect(lines).toEqual([
      'warning  orders: "notes-1.txt" is none of a repository',
      '           Find out where it came from, and take it away if nobody needs it. It',
      '           does no harm there.',
      'warning  orders: "notes-2.txt" is none of a repository',
      '           Find out where it came from, and take it away if nobody needs it. It',
      '           does no harm there.',
      '         1 more like the last one: "--json" names all',
    ]);
  });

  it('says what was looked at and what was not', () => {
    const lines = lookedAtLines(checkRecord([], lookedAt), lookedAt);
    expect(lines.filter((line) => textWidth(line) > 80)).toEqual([]);
    expect(lines[0]).toBe('nothing wrong was found in what was looked at');
    expect(lines.join(' ')).toContain('1 key, 1 instance; the names, sizes and dates of 20 objects;');
    expect(lines.join(' ')).toContain('Not read: what lies in the 9 packs, of content and of lists of files');
    expect(checkRecord([finding(1)], lookedAt)).toMatchObject({ verdict: 'warnings', warnings: 1, damages: 0 });
    expect(checkRecord([{ ...finding(1), severity: 'damage' }], lookedAt).verdict).toBe('damaged');
    expect(checkRecord([{ ...finding(1), severity: 'note' }], lookedAt).verdict).toBe('nothing-found');
  });
});
