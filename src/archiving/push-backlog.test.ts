import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dangerOf, isBehind, type Backlog } from '../checks/backlog.ts';
import { readBacklog } from './push-backlog.ts';

const gib = 1024 ** 3;

describe('what a server waits to have archived', () => {
  let wal: string;
  beforeAll(() => {
    wal = mkdtempSync(join(tmpdir(), 'gausskeep-backlog-'));
    mkdirSync(join(wal, 'archive_status'));
  });
  afterAll(() => rmSync(wal, { recursive: true }));

  it('is counted by the marks of the server', () => {
    expect(readBacklog(wal)).toMatchObject({ count: 0, bytes: 0, oldest: undefined });
    const mark = (name: string, ending: string, ageSeconds: number): void => {
      const path = join(wal, 'archive_status', name + ending);
      writeFileSync(path, '');
      const at = Date.now() / 1000 - ageSeconds;
      utimesSync(path, at, at);
    };
    for (const name of ['000000010000000000000002', '000000010000000000000003', '00000002.history']) {
      writeFileSync(join(wal, name), Buffer.alloc(name.length === 24 ? 4096 : 100));
      mark(name, '.ready', name.endsWith('3') ? 90 : 30);
    }
    mark('000000010000000000000001', '.done', 500);
    mark('not-of-the-server', '.ready', 500);
    const backlog = readBacklog(wal);
    expect(backlog).toMatchObject({ count: 3, bytes: 8292, oldest: { name: '000000010000000000000003' } });
    expect(backlog.oldest!.seconds).toBeGreaterThanOrEqual(89);
    expect(backlog.totalBytes).toBeGreaterThan(backlog.freeBytes);
    expect(isBehind(backlog)).toBe(true);
  });

  it('puts the disk in danger where it is more than what is free, or waits long where little is free', () => {
    const backlog = (change: Partial<Backlog>): Backlog => ({
      count: 100,
      bytes: 100 * 2 ** 24,
      oldest: { name: 'x', seconds: 61 },
      freeBytes: 20 * gib,
      totalBytes: 100 * gib,
      ...change,
    });
    const recent = { name: 'x', seconds: 60 };
    expect(dangerOf(backlog({}))).toBeUndefined();
    expect(dangerOf(backlog({ freeBytes: 10 * gib - 1 }))).toBe('free');
    expect(dangerOf(backlog({ freeBytes: 10 * gib - 1, oldest: recent }))).toBeUndefined();
    expect(dangerOf(backlog({ freeBytes: 2 * gib, totalBytes: 10 * gib }))).toBeUndefined();
    expect(dangerOf(backlog({ freeBytes: 1.6 * gib, totalBytes: 4 * gib }))).toBeUndefined();
    expect(dangerOf(backlog({ count: 1, bytes: 2 ** 24, freeBytes: 0, oldest: recent }))).toBeUndefined();
    expect(dangerOf(backlog({ freeBytes: gib, oldest: recent }))).toBe('backlog');
  });
});
