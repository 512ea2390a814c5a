/** What a receiver has in `open/`, as everything that reads an archive finds it, also while the receiver goes on. */
import { mkdir, mkdtemp, open, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { performCleanup, planCleanup } from '../../src/archiving/cleanup-wal.ts';
import { getWal } from '../../src/archiving/get-wal.ts';
import { prefetchWal } from '../../src/archiving/prefetch-wal.ts';
import { pushWal } from '../../src/archiving/push-wal.ts';
import { openLocalStorage } from '../../src/storage/local-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { storedIndexCache } from '../../src/survey/index-cache.ts';
import { surveyWindow } from '../../src/survey/survey-window.ts';
import { fromText } from '../../src/bytes/byte-string.ts';
import { openWalFiles } from '../../src/verify/wal-files.ts';
import { openArchive, openGeneration, readGenerations } from '../../src/wal-archive/archive.ts';
import { openArchiveWal } from '../../src/wal-archive/archive-wal.ts';
import { recordGap } from '../../src/wal-archive/gaps.ts';
import type { WalObject, WalSource } from '../../src/wal-archive/wal-source.ts';
import { lsn, parseLsn } from '../../src/wal/lsn.ts';
import { namesOf } from '../contract/storage.contract.ts';
import { collect } from '../support/byte-pieces.ts';
import { writeFixtureWal } from '../support/fixture-wal.ts';

const size = 16 * 1024 * 1024;
const segment = (digits: string): string => `0000000100000000000000${digits}`;
let parent: string;
let wal: string;
let files: Map<string, Buffer>;
let directory: string;
let storage: Storage;
let received: string;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'gausskeep-open-'));
  wal = join(parent, 'pg_xlog');
  files = await writeFixtureWal(wal);
});
afterAll(() => rm(parent, { recursive: true, force: true }));
beforeEach(async () => {
  directory = await mkdtemp(join(parent, 'archive-'));
  storage = await openLocalStorage(directory);
  for (const digits of ['26', '27']) await push(digits);
  received = join(directory, 'generations/1/open');
  await mkdir(received);
});

const push = (digits: string, more: object = {}) => pushWal({ storage, path: join(wal, segment(digits)), ...more });
const bytesOf = (digits: string): Buffer => files.get(segment(digits))!;
/** As a receiver writes it: the beginning, zeros behind. */
const grow = (digits: string, length: number): Promise<void> =>
  writeFile(
    join(received, `${segment(digits)}.partial`),
    Buffer.concat([bytesOf(digits).subarray(0, length), Buffer.alloc(size - length)]),
  );
const whole = (digits: string): Promise<void> => writeFile(join(received, segment(digits)), bytesOf(digits));
async function source(generation = 1): Promise<WalSource> {
  const archive = await openArchive(storage);
  return openArchiveWal(archive, await readGenerations(archive), generation);
}
async function listed(generation?: number): Promise<WalObject[]> {
  const objects: WalObject[] = [];
  for await (const object of (await source(generation)).list()) objects.push(object);
  return objects;
}
const short = (name: string): string => name.slice(22);
const names = async (generation?: number): Promise<string[]> =>
  (await listed(generation)).map(({ file }) => short(file.name));
const lastOf = async (): Promise<readonly [string, number, bigint]> => {
  const [line] = (await surveyWindow({ archive: directory })).lines;
  const stretch = line?.stretches.at(-1);
  return [short(stretch?.lastSegment ?? ''), stretch?.commits ?? 0, stretch?.endLsn ?? 0n];
};

describe('segments that a receiver has', () => {
  it('are those of the archive: whole ones, and one that grows up to its last record', async () => {
    const [, before] = await lastOf();
    await whole('28');
    await grow('29', 600);
    expect(await names()).toEqual(['26', '27', '28', '29.partial']);
    const [last, commits, end] = await lastOf();
    expect(last).toBe('29');
    expect(commits).toBeGreaterThan(before);
    expect(end).toBeGreaterThan(parseLsn('0/29000028'));
    expect(end).toBeLessThanOrEqual(parseLsn('0/29000258'));
    // It grows: what a later look finds is more.
    await grow('29', 100_000);
    expect((await lastOf())[2]).toBeGreaterThan(end);
    const target = join(parent, 'RECOVERYXLOG');
    expect(await getWal({ storage, name: segment('28'), target })).toMatchObject({ outcome: 'found', paddingBytes: 0 });
    expect(bytesOf('28').equals(await readFile(target))).toBe(true);
    const beginning = await getWal({ storage, name: segment('29'), target });
    expect(beginning).toMatchObject({ outcome: 'found', sizeBytes: size });
    const given = await readFile(target);
    expect(given.subarray(0, 99_000).equals(bytesOf('29').subarray(0, 99_000))).toBe(true);
    expect(given.subarray(100_000).every((byte) => byte === 0)).toBe(true);
    const verified = openWalFiles(
      { kind: 'directory', path: fromText(directory) },
      { signal: AbortSignal.timeout(60_000) },
    );
    expect((await collect((await verified.open(segment('28')))!)).equals(bytesOf('28'))).toBe(true);
    expect((await collect((await verified.open(segment('29')))!)).equals(given)).toBe(true);
    expect(await verified.open(segment('2A'))).toBeUndefined();
    await verified.close();
    // Fetched ahead is what is whole; a gap is seen behind what is received.
    const spool = { directory: join(parent, 'spool'), archive: directory };
    expect(await prefetchWal({ storage, name: segment('27') }, spool, 4)).toEqual([segment('28')]);
    await rm(join(received, segment('28')));
    await expect(getWal({ storage, name: segment('28'), target })).rejects.toMatchObject({ code: 'WAL_MISSING' });
  });

  it('count after what is stored, and before a pushed beginning without receipt', async () => {
    await whole('28');
    await push('28', { codec: 'gzip' });
    await grow('29', 300_000);
    await push('29');
    const objects = await listed();
    expect(objects.map(({ storedName }) => storedName)).toEqual([
      ...['26', '27'].map((digits) => `generations/1/wal/0000000100000000/${segment(digits)}`),
      `generations/1/wal/0000000100000000/${segment('28')}.gz`,
      `generations/1/wal/0000000100000000/${segment('29')}`,
      `generations/1/open/${segment('29')}.partial`,
    ]);
    expect((await lastOf())[0]).toBe('29');
  });

  it('are passed over where they are nothing yet, or no WAL of that name', async () => {
    await writeFile(join(received, `${segment('28')}.partial`), Buffer.alloc(size));
    await writeFile(join(received, segment('29')), bytesOf('28'));
    await writeFile(join(received, segment('2A')), bytesOf('2A').subarray(0, 8192));
    expect(await names()).toEqual(['26', '27']);
    expect(await (await source()).findUnsound(segment('29'))).toBe(`generations/1/open/${segment('29')}`);
  });

  it('count with what they hold more than a beginning that was pushed, as a standby does when it is promoted', async () => {
    await push('28');
    const pushed = join(parent, `${segment('29')}.partial`);
    await writeFile(pushed, Buffer.concat([bytesOf('29').subarray(0, 8192 * 2), Buffer.alloc(size - 8192 * 2)]));
    await pushWal({ storage, path: pushed });
    const [, before, end] = await lastOf();
    await grow('29', 8192 * 10);
    const [last, commits, further] = await lastOf();
    expect(last).toBe('29');
    expect(further).toBeGreaterThan(end);
    expect(commits).toBeGreaterThan(before);
    const target = join(parent, 'RECOVERYXLOG');
    await getWal({ storage, name: segment('29'), target });
    expect((await readFile(target)).subarray(0, 8192 * 10).equals(bytesOf('29').subarray(0, 8192 * 10))).toBe(true);
    // One that holds less does not.
    await grow('29', 8192);
    expect((await lastOf())[2]).toBe(end);
  });

  it('are inherited up to the fork, and not the segment with it', async () => {
    await whole('28');
    await grow('29', 100_000);
    const archive = await openArchive(storage);
    await openGeneration(archive, { parent: 1, forkLsn: parseLsn('0/29000100'), reason: 'test' });
    expect(await names(2)).toEqual(['26', '27', '28']);
    await mkdir(join(directory, 'generations/2/open'));
    await writeFile(join(directory, `generations/2/open/${segment('29')}`), bytesOf('29'));
    expect(await names(2)).toEqual(['26', '27', '28', '29']);
    expect((await listed(2)).at(-1)?.generation).toBe(2);
  });

  it('end at the first page that is empty, as a power cut leaves them, and are not damaged for what lies behind', async () => {
    await whole('28');
    const bytes = Buffer.alloc(size);
    bytes.set(bytesOf('29').subarray(0, 4 * 8192));
    bytes.set(bytesOf('29').subarray(6 * 8192, 8 * 8192), 6 * 8192);
    await writeFile(join(received, `${segment('29')}.partial`), bytes);
    const object = await (await source()).find(`${segment('29')}.partial`);
    expect(object?.grownBytes).toBeLessThanOrEqual(4 * 8192);
    const [line] = (await surveyWindow({ archive: directory })).lines;
    expect(line?.stretches.map(({ end }) => end.kind)).toEqual(['end']);
  });
});

describe('while a receiver goes on', () => {
  it('what was found is read as it was found, wherever it lies by then', async () => {
    await grow('28', 70_000);
    const at = await source();
    const object = await at.find(`${segment('28')}.partial`);
    const expected = Buffer.concat([
      bytesOf('28').subarray(0, object?.grownBytes),
      Buffer.alloc(size - (object?.grownBytes ?? 0)),
    ]);
    const read = async (): Promise<boolean> => (await collect(object!.read())).equals(expected);
    expect(await read()).toBe(true);
    const growing = await open(join(received, `${segment('28')}.partial`), 'r+');
    await growing.write(bytesOf('28'), 0, size, 0);
    await growing.close();
    expect(await read()).toBe(true);
    await rename(join(received, `${segment('28')}.partial`), join(received, segment('28')));
    const whole28 = await at.find(segment('28'));
    expect(await read()).toBe(true);
    await push('28', { codec: 'lz4' });
    await unlink(join(received, segment('28')));
    expect(await read()).toBe(true);
    expect((await collect(whole28!.read())).equals(bytesOf('28'))).toBe(true);
    expect(await at.find(`${segment('28')}.partial`)).toBeUndefined();
  });

  it('a listing has each segment once, under the name that it has when it is its turn', async () => {
    await whole('28');
    await grow('29', 100_000);
    await grow('2A', 50_000);
    const seen: string[] = [];
    for await (const { file } of (await source()).list()) {
      seen.push(short(file.name));
      if (file.name !== segment('26')) continue;
      // Listed, and sealed before it is looked at.
      await push('28');
      await unlink(join(received, segment('28')));
      await push('29');
      await unlink(join(received, `${segment('29')}.partial`));
      await writeFile(join(received, segment('2A')), bytesOf('2A'));
      await unlink(join(received, `${segment('2A')}.partial`));
    }
    expect(seen).toEqual(['26', '27', '28', '29', '2A']);
  });

  it('nothing of a segment that grows is remembered from one look to the next', async () => {
    const cache = storedIndexCache(await openLocalStorage(await mkdtemp(join(parent, 'cache-'))));
    const survey = async () =>
      (await surveyWindow({ archive: directory }, { cache })).lines[0]?.stretches.at(-1)?.endLsn ?? 0n;
    await grow('28', 600);
    const file = await open(join(received, `${segment('28')}.partial`), 'r+');
    const { atime, mtime } = await file.stat();
    const before = await survey();
    await file.write(bytesOf('28'), 0, 100_000, 0);
    await file.utimes(atime, mtime);
    await file.close();
    expect(await survey()).toBeGreaterThan(before);
  });
});

describe('wal cleanup', () => {
  it('removes what a receiver left before the cut-off, and nothing of the segment that grows', async () => {
    await grow('28', 1000);
    await whole('29');
    await grow('2A', 1000);
    for (const [from, to] of [
      [0x25, 0x26],
      [0x2b, 0x2c],
    ] as const) {
      const noticedAt = '2026-11-21T10:00:00.000Z';
      const at = (digits: number) => lsn(BigInt(digits) << 24n);
      await recordGap(storage, 1, { timeline: 1, beginLsn: at(from), endLsn: at(to), noticedAt, reason: 'removed' });
    }
    const plan = await planCleanup({ storage, oldest: segment('2B') });
    expect(plan.removals.map(({ name }) => short(name))).toEqual(['26', '27', '28.partial', '29']);
    await performCleanup(storage, plan);
    expect((await namesOf(storage)).filter((name) => !name.endsWith('.json'))).toEqual([
      `generations/1/open/${segment('2A')}.partial`,
    ]);
    expect((await namesOf(storage)).filter((name) => name.includes('/gaps/'))).toEqual([
      'generations/1/gaps/00000001.000000002B000000.000000002C000000.json',
    ]);
  });
});
