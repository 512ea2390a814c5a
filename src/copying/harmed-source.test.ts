import { describe, expect, it } from 'vitest';
import { CopyWorld, outcomesOf } from '../../test/support/copy-world.ts';
import { collect } from '../../test/support/byte-pieces.ts';
import { FaultyStorage } from '../../test/support/faulty-storage.ts';
import { expectWhole, lose } from '../../test/support/harmed-copy.ts';
import { onePiece } from '../bytes/one-piece.ts';
import { copyLines } from '../cli/copy-text.ts';
import { render } from '../messages/message.ts';
import { packName } from '../packs/chunk-ref.ts';
import { openContent } from '../packs/content-reader.ts';
import { commitObject } from '../repository/names.ts';
import { copyRepository } from './copy-repository.ts';
import type { CopiedInstance } from './copy-request.ts';

const inSource = (name: string): string => `instances/orders/${name}`;

/** A pack of content that the first backup wrote and all use. */
async function sharedPack({ small }: CopyWorld): Promise<string> {
  const own = async (index: number): Promise<Set<string>> => {
    const root = small.backups[index]?.commit.root ?? [];
    const { root: content } = await openContent(small.instance.storage, root);
    return new Set(content.packs.entries.map(({ pack }) => packName(pack)));
  };
  const all = await Promise.all(small.backups.map((_, index) => own(index)));
  const [shared = ''] = [...(all[0] ?? [])].filter((name) => all.every((one) => one.has(name)));
  expect(shared).not.toBe('');
  return shared;
}

function told({ harmed }: CopiedInstance): [string, number][] {
  return harmed.map(({ reason, backups }) => [render(reason), backups.length]);
}

describe('what the source has lost is named', () => {
  it('though the target has it, by a dry run too; and comes back from there', async () => {
    const world = await CopyWorld.make();
    await world.backups(3);
    await world.copy();
    const pack = await sharedPack(world);
    await world.root.delete(inSource(pack));
    for (const copied of [await world.copy(world.target, true), await world.copy(), await world.copyReading('all')]) {
      expect(outcomesOf(copied)).toEqual(['present', 'present', 'present']);
      expect(told(copied)).toEqual([[`"${pack}" is missing, which the backup needs`, 3]]);
    }
    const { instances } = await copyRepository({ source: world.target, target: world.small.repository });
    expect(instances.map(outcomesOf)).toEqual([expect.arrayContaining(['mended'])]);
    expect(told(await world.copy())).toEqual([]);
  });

  it('a root that can be read in the target alone', async () => {
    const world = await CopyWorld.make();
    await world.backups(2);
    await world.copy();
    const name = inSource(packName(world.small.backups[1]!.commit.rootPacks[0]!.pack));
    const bytes = await collect(world.root.get(name));
    await world.root.delete(name);
    await world.root.put(name, () => onePiece(bytes.map((byte, at) => (at === bytes.length >> 1 ? byte ^ 1 : byte))));
    expect(told(await world.copy())).toEqual([[expect.stringContaining('packs/'), 1]]);
  });

  it('a backup that is removed while it is looked at lost nothing', async () => {
    const world = await CopyWorld.make();
    await world.backups(3);
    await world.copy();
    const [first = ''] = world.ids;
    const going = [commitObject(first), packName({ backup: first, number: 0 })];
    const source = new FaultyStorage(world.root, (call, name) => {
      if (call === 'list' && name.endsWith('/packs/')) for (const one of going) void world.root.delete(inSource(one));
      return undefined;
    });
    const copied = await world.copyFrom(source);
    expect(await world.root.stat(inSource(going[1]!))).toBeUndefined();
    // What it shares with the others they lost indeed.
    expect(copied.harmed.flatMap(({ backups }) => backups).some((name) => name.endsWith(first))).toBe(false);
  });
});

it('a dry run promises no mend that cannot be, and counts a pack once', async () => {
  const world = await CopyWorld.make();
  await world.backups(3);
  await world.copy();
  const pack = await sharedPack(world);
  await lose(world, pack);
  const mended = await world.copy(world.target, true);
  expect(outcomesOf(mended)).toEqual(['mended', 'mended', 'mended']);
  expect(copyLines(mended, true).join('\n')).toMatch(/3 backups would be mended .* in 1 pack\)/);
  await world.root.delete(inSource(pack));
  for (const isDry of [true, false]) {
    const copied = await world.copy(world.target, isDry);
    expect(outcomesOf(copied)).toEqual(['damaged', 'damaged', 'damaged']);
    expect(copied.backups.map(({ packs, wasThere }) => [packs, wasThere])).toEqual(Array(3).fill([0, true]));
    expect(told(copied)).toMatchObject([[expect.stringContaining(pack), 3]]);
  }
  await expect(expectWhole(world, 'without the pack')).rejects.toThrow();
});

it('packs of a backup that is refused are not told as those of the others', async () => {
  const world = await CopyWorld.make();
  await world.backups(1);
  await world.copy();
  await world.backups(2);
  const [last] = world.small.backups.slice(-1);
  const { root } = await openContent(world.small.instance.storage, last!.commit.root);
  const own = root.packs.entries.filter(({ pack }) => pack.backup === last!.commit.backup);
  await world.root.delete(inSource(packName(own[0]!.pack)));
  const copied = await world.copy();
  expect(outcomesOf(copied)).toEqual(['present', 'copied', 'damaged']);
  const [, second, third] = copied.backups;
  const lines = copyLines(copied, false).join('\n');
  expect(lines).toContain(`in ${second!.packs} pack`);
  if (third!.packs > 0) expect(lines).toContain(`copied for backups that are not whole there`);
});

it('a backup that another run brought meanwhile is told as one that was there', async () => {
  const world = await CopyWorld.make();
  await world.backups(2);
  const runs = await Promise.all([world.copy(), world.copy()]);
  const backups = runs.flatMap((run) => run.backups);
  for (const { outcome, packs } of backups)
    expect([outcome, packs > 0]).toEqual([packs > 0 ? 'copied' : 'present', packs > 0]);
});
