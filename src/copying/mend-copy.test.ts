import { describe, expect, it } from 'vitest';
import { CopyWorld, outcomesOf } from '../../test/support/copy-world.ts';
import { FaultyStorage } from '../../test/support/faulty-storage.ts';
import { cut, expectWhole, flip, lose, markNames, names } from '../../test/support/harmed-copy.ts';
import { packName } from '../packs/chunk-ref.ts';
import { commitObject } from '../repository/names.ts';
import { segmentBase } from '../wal-archive/archive-wal.ts';
import { generationName } from '../wal-archive/generation.ts';

describe('what the target lost', () => {
  for (const password of [undefined, 'there']) {
    it(`comes again, whatever it is: ${password === undefined ? 'plain' : 'encrypted'}`, async () => {
      const world = await CopyWorld.make(undefined, password);
      await world.backups(2);
      await world.small.mark();
      await world.copy();
      const [first = '', second = ''] = world.ids;
      const segment = `wal/${segmentBase(1, world.small.backups[1]?.segment ?? '')}`;
      const root = world.small.backups[0]?.commit.rootPacks[0]?.pack ?? { backup: '', number: 0 };
      const packs = [packName({ backup: second, number: 0 }), packName(root)];
      const wal = [`${segment}.gz`, `${segment}.receipt`, `${segment}.index`];
      for (const harm of [lose, cut]) {
        for (const name of [commitObject(first), ...packs]) {
          await harm(world, name);
          const copied = await world.copy();
          // What another run has not seen to the end may have been interrupted.
          const brought = name.startsWith('commits/') ? /^(?:copied|mended) present$/ : /^mended present$/;
          expect(outcomesOf(copied).toSorted().join(' '), `${harm.name} ${name}`).toMatch(brought);
          await expectWhole(world, `${harm.name} ${name}`);
        }
        for (const name of wal) {
          await harm(world, name);
          await world.copy();
          await expectWhole(world, `${harm.name} ${name}`);
        }
      }
      const marks = await names(world, 'marks/');
      expect(marks).toHaveLength(2);
      for (const harm of [lose, cut, flip]) {
        for (const name of [`wal/${generationName(1)}`, 'wal/gausskeep-archive.json', 'instance.json', ...marks]) {
          await harm(world, name);
          await world.copy();
          await expectWhole(world, `${harm.name} ${name}`);
          expect(await markNames(world), `${harm.name} ${name}`).toEqual(['note', 'pin']);
        }
      }
      const puts: string[] = [];
      const watched = new FaultyStorage(world.targetRoot, (call, name) => {
        if (call === 'put' || call === 'delete') puts.push(name);
        return undefined;
      });
      expect(outcomesOf(await world.copy(await world.openTarget(watched)))).toEqual(['present', 'present']);
      expect(puts).toEqual([]);
    });
  }

  it('all of it at once, as counted by a dry run before', async () => {
    const world = await CopyWorld.make();
    await world.backups(3);
    await world.copy();
    for (const prefix of ['commits/', 'packs/', 'wal/generations/1/wal/']) {
      for (const name of await names(world, prefix)) await lose(world, name);
    }
    const rehearsed = await world.copy(world.target, true);
    const copied = await world.copy();
    expect(copied.backups.map(({ packs, bytes }) => [packs, bytes])).toEqual(
      rehearsed.backups.map(({ packs, bytes }) => [packs, bytes]),
    );
    await expectWhole(world, 'all');
  });

  it("a commit, after expire took what was left for nobody's; what expire removed itself stays away", async () => {
    const world = await CopyWorld.make();
    await world.backups(3);
    await world.copy();
    await world.expire(world.target, 2);
    const [, second = '', third = ''] = world.ids;
    expect(outcomesOf(await world.copy())).toEqual(['expired', 'present', 'present']);
    world.wait(25);
    await lose(world, commitObject(second));
    await world.expire(world.target, 2);
    expect(await names(world, `commits/${second}`)).toHaveLength(1);
    expect(outcomesOf(await world.copy())).toEqual(['expired', 'mended', 'present']);
    expect(await world.checkTarget()).toEqual([second, third]);
    await world.expire(world.target, 1);
    expect(outcomesOf(await world.copy())).toEqual(['expired', 'expired', 'present']);
    expect(await world.checkTarget()).toEqual([third]);
  });

  it('where nothing may be deleted: what is missing comes, what is damaged is named, and the rest is copied', async () => {
    const world = await CopyWorld.make();
    await world.backups(2);
    await world.copy();
    const [first = '', second = ''] = world.ids;
    await lose(world, packName({ backup: first, number: 0 }));
    await cut(world, packName({ backup: second, number: 0 }));
    await world.backups(1);
    const kept = new FaultyStorage(world.targetRoot, (call) => (call === 'delete' ? 'refuse' : undefined));
    const copied = await world.copy(await world.openTarget(kept));
    expect(outcomesOf(copied)[0]).toBe('mended');
    expect(copied.backups[1]).toMatchObject({ outcome: 'damaged', wasThere: true });
    await world.copy();
    await expectWhole(world, 'with the right key');
  });
});

describe('what is damaged inside', () => {
  for (const password of [undefined, 'there']) {
    it(`is found by reading, and only then: ${password === undefined ? 'plain' : 'encrypted'}`, async () => {
      const world = await CopyWorld.make(undefined, password);
      await world.backups(2);
      await world.copy();
      const packs = await names(world, 'packs/');
      for (const name of packs) await flip(world, name);
      const [first = '', second = ''] = world.small.backups.map(({ segment }) => `wal/${segmentBase(1, segment)}`);
      for (const name of [`${first}.gz`, `${second}.index`]) await flip(world, name);
      expect(outcomesOf(await world.copy())).toEqual(['present', 'present']);
      const part = await world.copyReading({ bytes: 1 });
      expect(part.read).toMatchObject({ packs: packs.length, readPacks: 1, mended: 1, damaged: [] });
      expect(part.wal).toMatchObject({ segments: 0, read: 0 });
      const all = await world.copyReading('all');
      expect(all.read).toMatchObject({ readPacks: packs.length, mended: packs.length - 1, damaged: [] });
      expect(all.wal).toMatchObject({ segments: 2, mended: 2, read: 2, damaged: [] });
      await expectWhole(world, 'read');
      const again = await world.copyReading('all');
      expect([again.read?.mended, again.wal?.mended, again.wal?.present]).toEqual([0, 0, 2]);
    });
  }
});

describe('a source that cannot be read everywhere', () => {
  async function torn(fault: 'unreadable' | 'fail') {
    const world = await CopyWorld.make();
    await world.backups(4);
    const segment = world.small.backups[1]?.segment ?? '';
    const bad = [
      packName({ backup: world.ids[0] ?? '', number: 0 }),
      `${segment}.gz`,
      commitObject(world.ids[2] ?? ''),
    ];
    const source = new FaultyStorage(world.root, (call, name) =>
      call === 'get' && bad.some((one) => name.endsWith(one)) ? fault : undefined,
    );
    return { world, segment, source };
  }

  it('unreadable: a pack, a segment and a commit are named, and the others are copied', async () => {
    const { world, segment, source } = await torn('unreadable');
    const { backups, wal } = await world.copyFrom(source);
    const [first, second, third, fourth] = world.ids;
    expect(backups.map(({ backup, outcome }) => [backup, outcome])).toEqual([
      [first, 'damaged'],
      [second, 'damaged'],
      [fourth, expect.any(String)],
      [third, 'damaged'],
    ]);
    expect(wal?.damaged).toMatchObject([{ name: segment }]);
    await world.copy();
    await expectWhole(world, 'read again');
  });

  it('a storage that is away ends the run', async () => {
    const { world, source } = await torn('fail');
    await expect(world.copyFrom(source)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  });
});
