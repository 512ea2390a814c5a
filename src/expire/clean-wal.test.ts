import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryStorage } from '../../test/support/memory-storage.ts';
import { plainInstance, sampleCommit } from '../../test/support/repository-instance.ts';
import { onePiece } from '../bytes/one-piece.ts';
import { putHold } from '../repository/keep-hold.ts';
import { commitObject, newId } from '../repository/names.ts';
import { putCommit } from '../repository/put-commit.ts';
import { readHolds } from '../repository/read-holds.ts';
import { putRemoval } from '../repository/removal.ts';
import { initArchive } from '../wal-archive/archive.ts';
import { segmentBase } from '../wal-archive/archive-wal.ts';
import { readHolds as readStandbys } from '../wal-archive/holds.ts';
import { parseLsn } from '../wal/lsn.ts';
import { performExpire } from './perform-expire.ts';
import { cleanInstanceWal, type CleanWalRequest } from './clean-wal.ts';

const hourMs = 3_600_000;
const facts = { systemIdentifier: 7n, product: 'PostgreSQL 17', walMagic: 0xd116, segmentSizeBytes: 16 * 1024 * 1024 };
const segment = (number: number) => `00000001000000000000000${number}`;

let nowMs: number;
let storage: MemoryStorage;
let wal: MemoryStorage;
const now = () => (nowMs += 1);
const clean = (more: Partial<CleanWalRequest> = {}) =>
  cleanInstanceWal({ instance: { ...plainInstance(storage), wal }, ...more });
const removed = async (more: Partial<CleanWalRequest> = {}) =>
  (await clean(more)).cuts.flatMap(({ before }) => before.removals.map((removal) => removal.name));

async function segments(): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of wal.list('generations/1/wal/'))
    if (/[0-9A-F]{24}$/.test(name)) names.push(name.slice(-24));
  return names;
}

async function namesOf(of: MemoryStorage): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of of.list('')) names.push(name);
  return names;
}

/** Of a backup that starts in the segment. */
async function backup(number: number): Promise<string> {
  const commit = sampleCommit({ startLsn: parseLsn(`0/${number}000028`) });
  await putCommit(storage, commit);
  return commit.backup;
}

beforeEach(async () => {
  // By the clock of this host: a dry run asks no other.
  nowMs = Date.now() - 96 * hourMs;
  storage = new MemoryStorage(now);
  wal = new MemoryStorage(now);
  await initArchive(wal, facts);
  for (let number = 1; number <= 6; number += 1) {
    for (const ending of ['', '.receipt']) {
      await wal.put(segmentBase(1, segment(number)) + ending, () => onePiece(Buffer.from('x')));
    }
  }
});
const aDayLater = () => (nowMs = Date.now());

describe('the WAL of an instance', () => {
  it('goes up to the oldest backup, and a dry run says the same and writes nothing', async () => {
    await backup(3);
    await backup(5);
    aDayLater();
    const before = await namesOf(storage);
    expect(await removed({ dryRun: true })).toEqual([1, 2].map(segment));
    expect(await namesOf(storage)).toEqual(before);
    expect(await segments()).toHaveLength(6);
    expect(await removed()).toEqual([1, 2].map(segment));
    expect(await segments()).toEqual([3, 4, 5, 6].map(segment));
    expect((await readHolds(storage)).holds).toEqual([]);
    expect(await removed()).toEqual([]);
  });

  it('stays where there is no backup, and within the grace', async () => {
    aDayLater();
    expect(await removed()).toEqual([]);
    await backup(6);
    expect(await removed({ graceMs: 200 * hourMs })).toEqual([]);
    const short = { code: 'USAGE', sentence: { key: 'expire.short-wal-grace' } };
    const hint = { key: 'expire.short-grace.hint' };
    await expect(clean({ graceMs: hourMs / 6 - 1 })).rejects.toMatchObject({ ...short, hint });
    expect(await removed({ graceMs: hourMs / 6, dryRun: true })).toHaveLength(5);
    expect(await segments()).toHaveLength(6);
  });

  it('stays for a backup that is off the catalogue, as long as it is there', async () => {
    const first = await backup(2);
    await backup(5);
    await putRemoval(storage, { backup: first, reason: 'retention', minimum: 1 });
    aDayLater();
    expect(await removed()).toEqual([segment(1)]);
    await storage.delete(commitObject(first));
    expect(await removed()).toEqual([2, 3, 4].map(segment));
  });

  it('stays for whoever makes a backup, also for one who slept: nothing is fenced here', async () => {
    await backup(5);
    const hold = await putHold(storage, { kind: 'backup', backup: newId(), prior: undefined }, { now });
    await hold.leave();
    aDayLater();
    expect(await clean()).toEqual({ cuts: [], isUnclear: true });
    const other = newId();
    await (await putHold(storage, { kind: 'backup', backup: other, prior: undefined }, { now })).leave();
    for await (const { name } of storage.list('commits/')) expect(name).not.toContain(other);
    expect(await segments()).toHaveLength(6);
  });

  it('is unclear until expire clears what an interrupted backup left, a day after that was last heard of', async () => {
    await backup(5);
    await (await putHold(storage, { kind: 'backup', backup: newId(), prior: undefined }, { now })).leave();
    const expire = () => performExpire({ instance: { ...plainInstance(storage), wal }, rules: { keepLast: 1 } });
    nowMs += 24 * hourMs - 60_000;
    await expire();
    expect((await clean()).isUnclear).toBe(true);
    nowMs += 60_000;
    expect((await clean()).isUnclear).toBe(true);
    await expire();
    expect((await clean()).isUnclear).toBe(false);
  });

  it('keeps more where an older file is named, for a standby that is remembered', async () => {
    await backup(5);
    aDayLater();
    const limit = { oldest: segment(3), hold: 'standby' };
    expect(await removed({ limit, dryRun: true })).toEqual([1, 2].map(segment));
    expect(await readStandbys(wal)).toEqual([]);
    expect(await removed({ limit })).toEqual([1, 2].map(segment));
    expect(await readStandbys(wal)).toEqual([{ name: 'standby', segment: segment(3) }]);
    expect(await removed()).toEqual([]);
    expect(await removed({ limit: { oldest: segment(6), hold: 'standby' } })).toEqual([3, 4].map(segment));
    expect(await readStandbys(wal)).toEqual([{ name: 'standby', segment: segment(6) }]);
    await expect(clean({ limit: { oldest: 'nothing' } })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(clean({ limit: { oldest: segment(6), hold: '../x' } })).rejects.toMatchObject({ code: 'USAGE' });
  });
});
