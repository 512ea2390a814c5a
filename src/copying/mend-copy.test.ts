import { describe, expect, it } from 'vitest';
import { collect } from '../../test/support/byte-pieces.ts';
import { CopyWorld, outcomesOf } from '../../test/support/copy-world.ts';
import { FaultyStorage } from '../../test/support/faulty-storage.ts';
import { onePiece } from '../bytes/one-piece.ts';
import { checkRepository } from '../inspecting/check-repository.ts';
import { render } from '../messages/message.ts';
import { packName } from '../packs/chunk-ref.ts';
import type { Instance } from '../repository/instance.ts';
import { commitObject } from '../repository/names.ts';
import { openKnownInstance } from '../repository/open-instance.ts';
import type { Storage } from '../storage/storage.ts';
import { segmentBase } from '../wal-archive/archive-wal.ts';
import { generationName } from '../wal-archive/generation.ts';

/** The target by a way that notes what it is asked for; opened once, as passwords take time. */
class Watched {
  asked = '';
  readonly storage: Storage;

  constructor(storage: Storage) {
    this.storage = new FaultyStorage(storage, (_, name) => {
      this.asked = name;
      return undefined;
    });
  }
}

const known = new WeakMap<CopyWorld, { readonly watched: Watched; readonly instance: Promise<Instance> }>();

/** @param name below the instance, as people know it. @returns the name in the storage */
async function storedName(world: CopyWorld, name: string): Promise<string> {
  const watched = new Watched(world.targetRoot);
  const opened = known.get(world) ?? {
    watched,
    instance: world.openTarget(watched.storage).then((target) => openKnownInstance(target, 'orders')),
  };
  known.set(world, opened);
  const { storage } = await opened.instance;
  expect(await storage.stat(name), name).toBeDefined();
  return opened.watched.asked;
}

async function lose(world: CopyWorld, name: string): Promise<void> {
  await world.targetRoot.delete(await storedName(world, name));
}

/** It is shorter by a byte then. */
const cut = (world: CopyWorld, name: string): Promise<void> => change(world, name, (bytes) => bytes.subarray(0, -1));

/** Of the same size, with another bit. */
function flip(world: CopyWorld, name: string): Promise<void> {
  return change(world, name, (bytes) => bytes.map((byte, at) => (at === bytes.length >> 1 ? byte ^ 1 : byte)));
}

async function change(world: CopyWorld, name: string, how: (bytes: Buffer) => Uint8Array): Promise<void> {
  const stored = await storedName(world, name);
  const bytes = await collect(world.targetRoot.get(stored));
  await world.targetRoot.delete(stored);
  await world.targetRoot.put(stored, () => onePiece(how(bytes)));
}

async function names(world: CopyWorld, prefix: string): Promise<string[]> {
  const found: string[] = [];
  const { storage } = await openKnownInstance(world.target, 'orders');
  for await (const { name } of storage.list(prefix)) found.push(name);
  return found;
}

async function expectWhole(world: CopyWorld, story: string): Promise<void> {
  expect(await world.checkTarget(story), story).toEqual(world.ids);
  const findings: string[] = [];
  await checkRepository({
    repository: world.target,
    onFinding: ({ severity, what }) => {
      if (severity !== 'note') findings.push(render(what));
    },
  });
  expect(findings, story).toEqual([]);
}

describe('what the target lost', () => {
  for (const password of [undefined, 'there']) {
    it(`comes again, whatever it is: ${password === undefined ? 'plain' : 'encrypted'}`, async () => {
      const world = await CopyWorld.make(undefined, password);
      await world.backups(2);
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
      for (const name of [`wal/${generationName(1)}`, 'wal/gausskeep-archive.json', 'instance.json']) {
        await lose(world, name);
        await world.copy();
        await expectWhole(world, name);
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
      const segments = world.small.backups.map(({ segment }) => `wal/${segmentBase(1, segment)}.gz`);
      for (const name of segments) await flip(world, name);
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
