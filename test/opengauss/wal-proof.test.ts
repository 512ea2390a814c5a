/** What a plan reads of the WAL: every byte that will be replayed, of archives of openGauss and of our own. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLocalStorage } from '../../src/storage/local-storage.ts';
import { recordGap } from '../../src/wal-archive/gaps.ts';
import { parseLsn, type Lsn } from '../../src/wal/lsn.ts';
import { flipOrdinaryRecord } from '../support/damage-wal.ts';
import { fixtureWal } from '../support/fixture-wal.ts';
import { Workspace } from '../support/opengauss/backup-run.ts';
import { writeRecordedArchive, writeRecordedBackup } from '../support/opengauss/recorded-backup.ts';
import { runProgram, type ProgramResult } from '../support/programs.ts';

const segment = (digits: string): string => `0000000100000000000000${digits}`;
const startOf = (digits: string): Lsn => parseLsn(`0/${digits}000000`);
let workspace: Workspace;
let backup: string;
let archive: string;
let target: string;
let cache: string;

beforeEach(async () => {
  workspace = new Workspace();
  [backup, archive, target] = [workspace.at('backups/base'), workspace.at('archive'), workspace.at('restored')];
  cache = workspace.at('cache');
  await writeRecordedBackup(backup);
});
afterEach(() => workspace.remove());

const run = (args: string[]): Promise<ProgramResult> =>
  runProgram('gausskeep', args, { env: { GAUSSKEEP_CACHE: cache, GAUSSKEEP_CONFIG: '/dev/null' } });
const restore = (...args: string[]): Promise<ProgramResult> =>
  run(['restore', '-D', target, '--from', backup, '--archive', archive, '--no-sync', ...args]);

/** Plan and restore are refused alike, with a status and these words, and nothing is written. */
async function refused(status: number, words: readonly string[], ...args: string[]): Promise<void> {
  for (const how of [['--plan'], []]) {
    const result = await restore(...how, ...args);
    expect(result.status, result.stderr).toBe(status);
    for (const word of words) expect(result.stderr).toContain(word);
    expect(existsSync(target)).toBe(false);
  }
}

/** Changes a compressed segment of the archive. @returns what `change` returns */
function rewrite<Result>(path: string, change: (bytes: Buffer) => Result): Result {
  const bytes = gunzipSync(readFileSync(path));
  const result = change(bytes);
  writeFileSync(path, gzipSync(bytes));
  return result;
}

describe('an archive of openGauss', () => {
  beforeEach(() => writeRecordedArchive(archive));

  it('with one bit flipped in an ordinary record is refused with segment, place and LSN', async () => {
    const path = join(archive, `${segment('29')}.gz`);
    const { text } = rewrite(path, (bytes) => flipOrdinaryRecord(bytes, startOf('29'), parseLsn('0/29000200')));
    await refused(16, [segment('29'), `${segment('29')}.gz`, text, 'bad-checksum']);
    // The window knows what a plan has seen, and shows it as a break.
    const window = await run(['window', '--archive', archive]);
    expect(window.stdout).toContain(`segment ${segment('29')}`);
    expect(window.stdout).toContain(text);
    expect(window.stdout).toMatch(/\n[1-9]\d* of \d+ segments were read whole; of the others only the index is known/);
    // The whole WAL up to there can still be had.
    const before = await restore('--allow-end-of-wal', '--plan', '--json');
    expect(before.status, before.stderr).toBe(0);
    const { endLsn } = (JSON.parse(before.stdout) as { recovery: { endLsn: string } }).recovery;
    expect(parseLsn(endLsn)).toBeLessThanOrEqual(parseLsn(text));
  });

  it('that is damaged behind the target recovers to it', async () => {
    const path = join(archive, `${segment('29')}.gz`);
    rewrite(path, (bytes) => flipOrdinaryRecord(bytes, startOf('29'), parseLsn('0/29000910')));
    const result = await restore('--target-xid', '14248');
    expect([0, 3], result.stderr).toContain(result.status);
    // Nothing is said of what lies behind.
    expect(result.stdout).toContain('read up to 0/29000910, to where the recovery needs it: whole and linked');
    expect(result.stdout).not.toContain('last byte');
    const put = readFileSync(join(target, 'pg_xlog', segment('29')));
    expect(put.subarray(0, 0x910).equals(gunzipSync(readFileSync(path)).subarray(0, 0x910))).toBe(true);
    expect(put.subarray(0x910).every((byte) => byte === 0)).toBe(true);
  });

  it('whose segment ends early behind the target recovers to it, and to nothing later', async () => {
    const path = join(archive, `${segment('28')}.gz`);
    const bytes = gunzipSync(readFileSync(path));
    rmSync(path);
    writeFileSync(path, gzipSync(bytes).subarray(0, -200));
    const result = await restore('--target-xid', '14244');
    expect([0, 3], result.stderr).toContain(result.status);
    rmSync(target, { recursive: true });
    await refused(16, [segment('28')], '--target-xid', '14249');
  });

  it('is read once: the next plan knows, until a segment is written anew', async () => {
    const plan = (): Promise<ProgramResult> => restore('--plan', '--progress');
    const first = await plan();
    expect(first.stderr).toContain('of WAL proved');
    const second = await plan();
    expect(second).toMatchObject({ status: 0, stderr: '' });
    const told = second.stdout.split('\n').filter((line) => !first.stdout.includes(line));
    expect(told).toEqual([expect.stringContaining('read by an earlier run, not now')]);
    const path = join(archive, `${segment('29')}.gz`);
    utimesSync(path, 1, 1);
    const third = await plan();
    expect(third.stderr).toContain('16384/16384 kB (100%) of WAL proved');
    expect(third.stderr).not.toContain('32768');
    const fresh = `${path}.new`;
    writeFileSync(fresh, readFileSync(path));
    rewrite(fresh, (bytes) => flipOrdinaryRecord(bytes, startOf('29')));
    renameSync(fresh, path);
    await refused(16, [segment('29')]);
  });

  it('that an earlier run has read is told as that, until it is read again', async () => {
    const first = await restore('--plan');
    expect(first.stdout).toContain('to where the recovery needs it: whole');
    expect(first.stdout).not.toContain('read by an earlier run');
    const second = await restore('--plan');
    const [, count] = /: (\d+) segments on timeline/.exec(second.stdout) ?? [];
    expect(second.stdout).toContain(`${count} of ${count} segments were read by an earlier run, not now`);
    const path = join(archive, `${segment('28')}.gz`);
    utimesSync(path, new Date(), new Date());
    const third = await restore('--plan');
    expect(third.stdout).toContain(`${Number(count) - 1} of ${count} segments were read by an earlier run, not now`);
    cache = '';
    expect((await restore('--plan')).stdout).not.toContain('read by an earlier run');
  });

  it('is told to be unwatched behind the plan, where the server fetches it: there are no receipts', async () => {
    const fetched = await restore('--plan', '--wal-supply', 'restore-command');
    expect(fetched.status, fetched.stderr).toBe(0);
    expect(fetched.stdout).toMatch(/\d segments have no receipt of a push: a change behind this plan is not seen when/);
    const own = await restore('--plan', '--wal-supply', 'restore-command', '--restore-command', 'cp /x/%f %p');
    expect(own.stdout).toContain('what your restore_command fetches is not compared');
    expect((await restore('--plan')).stdout).not.toContain('receipt');
  });

  it('is not read for a quick plan, which says so first', async () => {
    rewrite(join(archive, `${segment('29')}.gz`), (bytes) => flipOrdinaryRecord(bytes, startOf('29')));
    const quick = await restore('--plan=quick');
    expect(quick.status, quick.stderr).toBe(0);
    expect(quick.stdout.split('\n')[0]).toContain('the WAL was not read');
    expect(quick.stdout).not.toContain('whole and linked');
    const json = await restore('--plan=quick', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ recovery: { walRead: false } });
    expect(await restore('--plan=whole')).toMatchObject({ status: 2 });
  });
});

describe('an archive of our own', () => {
  const folder = (): string => join(archive, 'generations/1/wal/0000000100000000');
  const object = (digits: string): string => join(folder(), `${segment(digits)}.gz`);

  beforeEach(async () => {
    const source = workspace.at('source');
    writeRecordedArchive(source);
    for (const name of readdirSync(source)) {
      if (!name.endsWith('.gz')) continue;
      writeFileSync(join(source, name.slice(0, -3)), gunzipSync(readFileSync(join(source, name))));
      rmSync(join(source, name));
    }
    mkdirSync(archive);
    for (const name of readdirSync(source)
      .filter((one) => one.length === 24)
      .sort()) {
      const pushed = await run(['wal', 'push', '--archive', archive, '--compress', 'gzip', join(source, name)]);
      expect(pushed.status, pushed.stderr).toBe(0);
    }
  });

  it('is refused when an object is missing, cut, swapped, flipped and compressed again, or a directory', async () => {
    const whole = readFileSync(object('29'));
    const cases: readonly (readonly [string, () => void])[] = [
      ['its object', () => rmSync(object('29'))],
      ['its object', () => truncateSync(object('29'), whole.length - 100)],
      [`${segment('29')}.gz`, () => writeFileSync(object('29'), readFileSync(object('2A')))],
      [`${segment('29')}.gz`, () => rewrite(object('29'), (bytes) => flipOrdinaryRecord(bytes, startOf('29')))],
      [
        'its object',
        () => {
          rmSync(object('29'));
          mkdirSync(object('29'));
        },
      ],
    ];
    for (const [words, damage] of cases) {
      damage();
      await refused(16, [segment('29'), words]);
      rmSync(object('29'), { recursive: true, force: true });
      writeFileSync(object('29'), whole);
    }
    const result = await restore('--plan');
    expect(result.status, result.stderr).toBe(0);
  });

  it('of which a part is missing that the server had removed is refused with that, and is not when it is there', async () => {
    const files = (digits: string): string[] =>
      ['.gz', '.index', '.receipt'].map((end) => join(folder(), segment(digits) + end));
    const kept = files('29').map((file) => [file, readFileSync(file)] as const);
    for (const [file] of kept) rmSync(file);
    const noticedAt = '2026-11-21T10:00:00.000Z';
    const gap = { timeline: 1, noticedAt, reason: 'requested WAL segment has already been removed' };
    await recordGap(await openLocalStorage(archive), 1, { ...gap, beginLsn: startOf('29'), endLsn: startOf('2A') });
    const words = [
      `missing: ${segment('29')} to ${segment('29')} (1 segment)`,
      `noticed at ${noticedAt}: the server had removed`,
    ];
    await refused(16, words);
    await refused(16, words, '--target-xid', '14247');
    // At the very end of the WAL there is nothing behind it that would show the hole.
    for (const digits of ['2A', '2B']) for (const file of files(digits)) rmSync(file);
    await refused(16, words);
    const before = await restore('--plan', '--target-xid', '14244');
    expect(before.status, before.stderr).toBe(0);
    for (const [file, bytes] of kept) writeFileSync(file, bytes);
    const filled = await restore('--plan', '--target-xid', '14247');
    expect(filled.status, filled.stderr).toBe(0);
    // It is asked from the end of what is there, and that is filled.
    expect((await restore('--plan')).status).toBe(0);
  });

  it('is compared with its receipts when the server fetches it, and the plan says so', async () => {
    const plan = await restore('--plan', '--wal-supply', 'restore-command');
    expect(plan.stdout, plan.stderr).toContain('what is fetched is compared with the receipt of its push');
  });

  it('is refused when an object of the same size holds other bytes', async () => {
    const whole = readFileSync(object('29'));
    const other = Buffer.from(whole);
    other[other.length - 6] = (other[other.length - 6] ?? 0) ^ 1;
    writeFileSync(object('29'), other);
    await refused(16, [segment('29')]);
  });
});

describe('the WAL inside a backup, with which a copy starts that gets no other', () => {
  const alone = (...args: string[]): Promise<ProgramResult> =>
    run(['restore', '-D', target, '--from', backup, '--no-sync', ...args]);
  const own = (digits: string): string => join(backup, 'pg_xlog', segment(digits));

  async function refusedAlone(...words: string[]): Promise<void> {
    for (const how of [['--plan'], []]) {
      const result = await alone(...how);
      expect(result.status, result.stderr).not.toBe(0);
      for (const word of words) expect(result.stderr).toContain(word);
      expect(existsSync(target)).toBe(false);
    }
  }

  it('is read before anything is written; a quick plan says that it was not', async () => {
    const plan = await alone('--plan');
    expect(plan.status, plan.stderr).toBe(0);
    expect(plan.stdout).toContain(
      `WAL in the backup, ${segment('27')} to ${segment('27')}: 1 segment, read to the last byte`,
    );
    const whole = readFileSync(own('27'));
    const damaged = Buffer.from(whole);
    const { lsn, text } = flipOrdinaryRecord(damaged, startOf('27'), parseLsn('0/27000028'));
    expect(lsn).toBeLessThan(parseLsn('0/27000178'));
    writeFileSync(own('27'), damaged);
    await refusedAlone(segment('27'), text, 'bad-checksum');
    const quick = await alone('--plan=quick', '--json');
    expect(JSON.parse(quick.stdout)).toMatchObject({ backupWal: { read: false } });
    const words = await alone('--plan=quick');
    expect(words.stdout.split('\n')[0]).toContain('the WAL was not read');
    writeFileSync(own('27'), whole.subarray(0, 0x100));
    await refusedAlone(segment('27'));
    writeFileSync(own('27'), Buffer.alloc(whole.length));
    await refusedAlone(segment('27'));
    rmSync(own('27'));
    writeFileSync(own('28'), await fixtureWal().then((wal) => wal.get(segment('28'))!));
    await refusedAlone('the WAL that backup', '0/27000028');
  });

  it('that is damaged behind the end of the backup is no obstacle, and is told', async () => {
    const next = Buffer.from(await fixtureWal().then((wal) => wal.get(segment('28'))!));
    const { text } = flipOrdinaryRecord(next, startOf('28'), parseLsn('0/28000100'));
    writeFileSync(own('28'), next);
    const result = await alone('--json');
    expect(result.status, result.stderr).toBe(3);
    const { backupWal, warnings } = JSON.parse(result.stdout) as { backupWal: object; warnings: string[] };
    expect(backupWal).toMatchObject({ read: true, first: segment('27'), last: segment('28'), endLsn: text });
    expect(warnings.join('\n')).toContain(text);
  });

  it('that is not there is told in the plan', async () => {
    rmSync(own('27'));
    const plan = await alone('--plan', '--json');
    expect(JSON.parse(plan.stdout)).toMatchObject({ backupWal: null });
    expect((await alone('--plan')).stdout).toContain(`the backup holds no WAL segment ${segment('27')}`);
  });
});
