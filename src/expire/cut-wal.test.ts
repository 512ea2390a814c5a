import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryStorage } from '../../test/support/memory-storage.ts';
import { sampleCommit } from '../../test/support/repository-instance.ts';
import { onePiece } from '../bytes/one-piece.ts';
import type { Catalogue, ListedBackup } from '../repository/catalogue.ts';
import type { ListedHold } from '../repository/read-holds.ts';
import { initArchive, openGeneration } from '../wal-archive/archive.ts';
import { segmentBase } from '../wal-archive/archive-wal.ts';
import { parseLsn } from '../wal/lsn.ts';
import { cutWal, type WalCut } from './cut-wal.ts';

const hourMs = 3_600_000;
const begin = Date.parse('2026-11-22T15:00:00Z');
const facts = { systemIdentifier: 7n, product: 'PostgreSQL 17', walMagic: 0xd116, segmentSizeBytes: 16 * 1024 * 1024 };
const time = { nowMs: begin + 48 * hourMs, graceMs: 24 * hourMs };

let nowMs: number;
let storage: MemoryStorage;
let instance: MemoryStorage;
beforeEach(() => {
  nowMs = begin;
  storage = new MemoryStorage(() => nowMs);
  instance = new MemoryStorage(() => nowMs);
});

const segment = (timeline: number, number: number) => `0000000${timeline}000000000000000${number}`;
async function push(generation: number, name: string): Promise<void> {
  for (const ending of ['', '.receipt', '.index']) {
    await storage.put(segmentBase(generation, name) + ending, () => onePiece(Buffer.from('x')));
  }
}
async function segmentsOf(generation: number): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of storage.list(`generations/${generation}/wal/`)) names.push(name.slice(-24));
  return [...new Set(names.filter((name) => /^[0-9A-F]{24}$/.test(name)))];
}
/** What the cut looks at of a backup that starts in that segment. */
const backup = (number: number, generation = 1, timeline = 1) =>
  ({ commit: sampleCommit({ generation, timeline, startLsn: parseLsn(`0/${number}000028`) }) }) as ListedBackup;
const cut = (wal: MemoryStorage, needed: { remaining: ListedBackup[]; live: ListedHold[] }): Promise<WalCut[]> => {
  const catalogue = { backups: needed.remaining, removed: [] } as unknown as Catalogue;
  return cutWal({ wal, instance }, { ...needed, catalogue, time, walWindowMs: undefined });
};
const segmentsGone = ({ before }: WalCut): number => before.reduce((sum, { segments }) => sum + segments, 0);
const hold = (number: number | undefined) =>
  ({
    kind: 'backup',
    position:
      number === undefined ? undefined : { timeline: 1, generation: 1, startLsn: parseLsn(`0/${number}000028`) },
  }) as ListedHold;

describe('WAL that no backup needs', () => {
  beforeEach(async () => {
    await initArchive(storage, facts);
    for (let number = 1; number <= 6; number += 1) await push(1, segment(1, number));
    await push(1, segment(2, 2));
    await push(1, segment(2, 4));
  });
  const all = [1, 2, 3, 4, 5, 6].map((number) => segment(1, number));

  it('goes up to the least start, of backups and of those under way', async () => {
    const cuts = await cut(storage, { remaining: [backup(5), backup(3, 1, 2)], live: [hold(4)] });
    expect(cuts).toMatchObject([
      {
        ...{ generation: 1, cutoff: segment(2, 3), between: [] },
        before: [
          { firstSegment: segment(1, 1), lastSegment: segment(1, 2), segments: 2, sizeBytes: 6 },
          { firstSegment: segment(2, 2), lastSegment: segment(2, 2), segments: 1, sizeBytes: 3 },
        ],
      },
    ]);
    expect(await segmentsOf(1)).toEqual([...all.slice(2), segment(2, 4)]);
    await cut(storage, { remaining: [backup(6)], live: [hold(5)] });
    expect(await segmentsOf(1)).toEqual(all.slice(4));
  });

  it('stays while a backup that has just begun does not know its start, and where there is no backup at all', async () => {
    expect(await cut(storage, { remaining: [backup(5)], live: [hold(undefined)] })).toEqual([]);
    expect(await cut(storage, { remaining: [], live: [] })).toEqual([]);
    expect(await segmentsOf(1)).toHaveLength(8);
    expect(await cut(new MemoryStorage(), { remaining: [backup(5)], live: [] })).toEqual([]);
  });

  it('stays for as long as the grace', async () => {
    nowMs = time.nowMs - 23 * hourMs;
    await push(1, segment(3, 1));
    await cut(storage, { remaining: [backup(6)], live: [] });
    expect(await segmentsOf(1)).toEqual([segment(1, 6), segment(3, 1)]);
  });

  it('stays in a generation for what comes of it, and in one of which nothing comes that is backed up', async () => {
    const archive = await initArchive(storage, facts);
    const fork = { parent: 1, forkLsn: parseLsn('0/4000000'), reason: 'recovery' };
    const second = await openGeneration(archive, fork);
    const third = await openGeneration(archive, fork);
    for (const { number } of [second, third]) await push(number, segment(1, 4));
    await push(second.number, segment(1, 5));
    const cuts = await cut(storage, { remaining: [backup(6), backup(5, second.number)], live: [] });
    expect(cuts.map((one) => [one.generation, segmentsGone(one)])).toEqual([
      [1, 6],
      [2, 1],
    ]);
    expect(await segmentsOf(1)).toEqual(all.slice(4));
    expect([await segmentsOf(2), await segmentsOf(3)]).toEqual([[segment(1, 5)], [segment(1, 4)]]);
    // From a backup before the fork all of the new line can be reached.
    await push(second.number, segment(1, 4));
    await cut(storage, { remaining: [backup(3), backup(5, second.number)], live: [] });
    expect(await segmentsOf(2)).toEqual([segment(1, 4), segment(1, 5)]);
  });
});
