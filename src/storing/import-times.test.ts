import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseBackupLabel } from '../wal/backup-label.ts';
import { importTimes, type ImportTimes } from './import-times.ts';

let spool: string;

beforeEach(() => {
  spool = mkdtempSync(join(tmpdir(), 'times-'));
});
afterEach(() => rmSync(spool, { recursive: true, force: true }));

const text = (startTime: string): string =>
  `START WAL LOCATION: 0/5000028 (file 000000010000000000000005)\nCHECKPOINT LOCATION: 0/5000060\nBACKUP METHOD: streamed\nSTART TIME: ${startTime}\nLABEL: x\n`;
const seconds = (iso: string): bigint => BigInt(Date.parse(iso) / 1000);
const control = { updatedAt: seconds('2026-03-01T10:00:40Z'), checkpoint: { time: seconds('2026-03-01T09:59:00Z') } };

function timesOf(startTime: string, lastUs?: bigint, now = '2026-04-01T00:00:00Z'): Promise<ImportTimes> {
  return importTimes(parseBackupLabel(text(startTime)), control, { spool, lastUs, now: new Date(now) });
}

it.each([
  ['2026-03-01 10:00:00 UTC', '2026-03-01T10:00:00.000Z'],
  ['2026-03-01 10:00:00 GMT', '2026-03-01T10:00:00.000Z'],
  ['2026-03-01 18:00:00 +08', '2026-03-01T10:00:00.000Z'],
  ['2026-03-01 15:30:00 +05:30', '2026-03-01T10:00:00.000Z'],
  // China, Cuba or the middle of America: then the checkpoint tells.
  ['2026-03-01 18:00:00 CST', '2026-03-01T09:59:00.000Z'],
  ['soon', '2026-03-01T09:59:00.000Z'],
])('begins at %s: %s', async (written, startedAt) => {
  expect(await timesOf(written)).toEqual({ startedAt, endedAt: '2026-03-01T10:00:40.000Z' });
});

it('ends with the last transaction that it needs, or where its history says, and never later than now', async () => {
  const start = '2026-03-01 10:00:00 UTC';
  const lastUs = BigInt(Date.parse('2026-03-01T10:05:00Z')) * 1000n;
  expect((await timesOf(start, lastUs)).endedAt).toBe('2026-03-01T10:05:00.000Z');
  expect(await timesOf(start, lastUs, '2026-02-01T00:00:00Z')).toEqual({
    startedAt: '2026-02-01T00:00:00.000Z',
    endedAt: '2026-02-01T00:00:00.000Z',
  });
  const other = text(start).replace('0/5000028', '0/6000028');
  writeFileSync(
    join(spool, '000000010000000000000006.00000028.backup'),
    `${other}STOP TIME: 2026-03-01 10:20:00 UTC\n`,
  );
  expect((await timesOf(start, lastUs)).endedAt).toBe('2026-03-01T10:05:00.000Z');
  writeFileSync(
    join(spool, '000000010000000000000005.00000028.backup'),
    `${text(start)}STOP TIME: 2026-03-01 10:07:00 UTC\n`,
  );
  expect((await timesOf(start, lastUs)).endedAt).toBe('2026-03-01T10:07:00.000Z');
});
