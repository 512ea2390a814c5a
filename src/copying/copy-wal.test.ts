import { describe, expect, it } from 'vitest';
import { CopyWorld, outcomesOf } from '../../test/support/copy-world.ts';
import { collect } from '../../test/support/byte-pieces.ts';
import { onePiece } from '../bytes/one-piece.ts';
import { openKnownInstance } from '../repository/open-instance.ts';
import { putPruned, readPruned } from '../repository/pruned.ts';
import { openPlace } from '../storage/place.ts';
import type { Storage } from '../storage/storage.ts';
import { closeGeneration, findArchive, openGeneration, readGenerations } from '../wal-archive/archive.ts';
import { readGaps, recordGap } from '../wal-archive/gaps.ts';
import { walFolder } from '../wal-archive/archive-wal.ts';
import { lsn } from '../wal/lsn.ts';
import { parseSegmentName, segmentEndLsn } from '../wal/segment.ts';
import { NeededWal } from './needed-wal.ts';

const segmentSizeBytes = 1024 * 1024;

async function archiveOf(world: CopyWorld, of: 'source' | 'target'): Promise<Storage> {
  const repository = of === 'source' ? world.small.repository : world.target;
  return (await openPlace((await openKnownInstance(repository, 'orders')).wal)).storage;
}

async function names(storage: Storage, prefix = ''): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of storage.list(prefix)) found.push(name);
  return found;
}

/** Removes all objects of a segment. */
async function remove(storage: Storage, segment: string): Promise<void> {
  for (const name of await names(storage, walFolder(1))) if (name.includes(segment)) await storage.delete(name);
}

function rangeOf(segment: string) {
  const { startLsn, timeline } = parseSegmentName(segment, segmentSizeBytes)!;
  const endLsn = segmentEndLsn(startLsn, segmentSizeBytes);
  return { generation: 1, timeline, beginLsn: startLsn, endLsn, at: new Date().toISOString() };
}

describe('the WAL of a copy', () => {
  it('is the same archive, object for object', async () => {
    const world = await CopyWorld.make();
    await world.backups(2);
    const source = await archiveOf(world, 'source');
    await source.put(`${walFolder(1)}00000002.history`, () => onePiece(Buffer.from('1\t0/3000000\tbecause\n')));
    const gap = { timeline: 1, beginLsn: lsn(0x5000000n), endLsn: lsn(0x6000000n), noticedAt: '2026-11-23T00:00:00Z' };
    await recordGap(source, 1, { ...gap, reason: 'gone' });
    await world.copy();
    const target = await archiveOf(world, 'target');
    expect(await names(target)).toEqual(await names(source));
    for (const name of await names(source)) {
      expect((await collect(target.get(name))).equals(await collect(source.get(name))), name).toBe(true);
    }
    expect(await readGaps(target, 1)).toHaveLength(1);
  });

  it('new generations and the end of old ones come with a later run', async () => {
    const world = await CopyWorld.make();
    await world.backups(1);
    await world.copy();
    const archive = await findArchive(await archiveOf(world, 'source'));
    await openGeneration(archive!, { parent: 1, forkLsn: lsn(0x1100000n), reason: 'recovered' });
    await closeGeneration(archive!, 1, 'recovered');
    await world.copy();
    const target = await findArchive(await archiveOf(world, 'target'));
    expect(await readGenerations(target!)).toEqual(await readGenerations(archive!));
  });

  it('ranges that retention removed in the source are told in the target; what it removed there stays away', async () => {
    const world = await CopyWorld.make();
    await world.backups(3);
    const [, middle = ''] = world.small.backups.map(({ segment }) => segment);
    await putPruned(world.small.instance.storage, rangeOf(middle));
    await world.copy();
    const { storage } = await openKnownInstance(world.target, 'orders');
    expect(await readPruned(storage)).toEqual(await readPruned(world.small.instance.storage));
    await remove(await archiveOf(world, 'target'), middle);
    const again = await world.copy();
    expect(again.wal).toMatchObject({ segments: 0, present: 2, unneeded: 1 });
  });

  it('a segment that the target lost comes again; one with other content is a conflict, and stays', async () => {
    const world = await CopyWorld.make();
    await world.backups(2);
    await world.copy();
    const target = await archiveOf(world, 'target');
    const [first = '', second = ''] = world.small.backups.map(({ segment }) => segment);
    await remove(target, second);
    expect((await world.copy()).wal).toMatchObject({ segments: 1, present: 1 });
    const receipt = (await names(target)).find((name) => name.endsWith(`${first}.receipt`)) ?? '';
    const other = (await names(target)).find((name) => name.endsWith(`${second}.receipt`)) ?? '';
    const data = `${receipt.slice(0, -'.receipt'.length)}.gz`;
    await target.delete(receipt);
    await target.delete(data);
    await target.put(data, () => target.get(`${other.slice(0, -'.receipt'.length)}.gz`));
    await expect(world.copy()).rejects.toMatchObject({ code: 'OBJECT_EXISTS' });
    expect(await names(target)).toContain(data);
    expect(await names(target)).not.toContain(receipt);
  });

  it('WAL that a target got by itself is left, where it is the same', async () => {
    const world = await CopyWorld.make();
    await world.backups(1);
    await world.copy();
    const target = await archiveOf(world, 'target');
    const receipt = (await names(target)).find((name) => name.endsWith('.receipt')) ?? '';
    await target.delete(receipt);
    const again = await world.copy();
    // The data of a push that did not come to its end: compared, and its receipt put.
    expect(again.wal).toMatchObject({ segments: 1, bytes: 0 });
    expect(outcomesOf(again)).toEqual(['present']);
    expect(await world.checkTarget()).toEqual(world.ids);
  });
});

describe('WAL that is needed', () => {
  const at = (number: number) => lsn(BigInt(number) * BigInt(segmentSizeBytes));
  const name = (number: number): string => `00000001000000000000000${number.toString(16).toUpperCase()}`;
  const generations = [
    { number: 1, parent: undefined, forkLsn: undefined, createdAt: '', reason: '', closed: true },
    { number: 2, parent: 1, forkLsn: at(4), createdAt: '', reason: '', closed: false },
  ];
  const start = (generation: number, segment: number) => ({ generation, timeline: 1, startLsn: at(segment) });
  const neededIn = (number: number, starts: readonly ReturnType<typeof start>[], pruned = [0, 0]): number[] => {
    const [from = 0, to = 0] = pruned;
    const range = { generation: number, timeline: 1, beginLsn: at(from), endLsn: at(to), at: '' };
    const needed = new NeededWal({ starts, pending: [], pruned: [range] }, generations, number, segmentSizeBytes);
    return [2, 3, 4, 5, 6].filter((segment) => needed.needs(name(segment)));
  };

  it('begins with the oldest backup of the line', () => {
    expect(neededIn(1, [start(1, 3), start(1, 5)])).toEqual([3, 4, 5, 6]);
    expect(neededIn(2, [start(2, 5)])).toEqual([5, 6]);
    expect(neededIn(2, [start(1, 3), start(2, 5)])).toEqual([3, 4, 5, 6]);
    expect(neededIn(1, [])).toEqual([2, 3, 4, 5, 6]);
  });

  it('has no range that retention removed', () => {
    expect(neededIn(1, [start(1, 3)], [4, 6])).toEqual([3, 6]);
  });
});
