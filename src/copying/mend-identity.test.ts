import { describe, expect, it } from 'vitest';
import { collect } from '../../test/support/byte-pieces.ts';
import { CopyWorld } from '../../test/support/copy-world.ts';
import { FaultyStorage } from '../../test/support/faulty-storage.ts';
import { cut, expectWhole, flip, lose, markNames, names, rewrite } from '../../test/support/harmed-copy.ts';
import { crc32c } from '../bytes/crc32c.ts';
import { render } from '../messages/message.ts';
import { commitObject } from '../repository/names.ts';
import { openKnownInstance } from '../repository/open-instance.ts';
import { encodeSealed, decodeSealed } from '../storage/sealed-json.ts';
import { segmentBase } from '../wal-archive/archive-wal.ts';
import { generationName } from '../wal-archive/generation.ts';

const archiveIdentity = 'wal/gausskeep-archive.json';
const firstGeneration = `wal/${generationName(1)}`;

async function copied(): Promise<CopyWorld> {
  const world = await CopyWorld.make();
  await world.backups(2);
  await world.small.mark();
  await world.copy();
  return world;
}

function sealedAnew(index: Buffer, how: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(index);
  how(bytes);
  bytes.writeUInt32LE(crc32c(bytes.subarray(40), crc32c(bytes.subarray(0, 36))), 36);
  return bytes;
}

/** Sound, and another one. */
function reworded(name: string, members: Readonly<Record<string, unknown>>): (bytes: Buffer) => Uint8Array {
  return (bytes) => {
    const fields = Object.entries({ ...decodeSealed(bytes, name), ...members });
    return encodeSealed(Object.fromEntries(fields.filter(([member]) => member !== 'crc32c')));
  };
}

/** Everything that is stored in the target, but what is in hands. */
async function stored({ targetRoot }: CopyWorld): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  for await (const { name } of targetRoot.list('')) {
    if (!name.includes('/holds/')) all.set(name, (await collect(targetRoot.get(name))).toString('hex'));
  }
  return all;
}

describe('what cannot be read in the target, and may be of others, stays as it is', () => {
  const other = 'f'.repeat(32);
  const cases: readonly (readonly [string, (world: CopyWorld) => Promise<void>])[] = [
    ['an identity of another instance', (world) => rewrite(world, 'instance.json', reworded('', { name: 'shop' }))],
    [
      'an identity that cannot be read, with a commit that cannot either',
      async (world) => {
        await flip(world, commitObject(world.ids[0] ?? ''));
        await flip(world, 'instance.json');
      },
    ],
    [
      'an identity of the archive, with no generation to tell whose it is',
      async (world) => {
        await cut(world, firstGeneration);
        await flip(world, archiveIdentity);
      },
    ],
    [
      'an identity of the archive, with a generation that began at another moment',
      async (world) => {
        await rewrite(world, firstGeneration, reworded('', { createdAt: '2020-01-01T00:00:00.000Z' }));
        await flip(world, archiveIdentity);
      },
    ],
    [
      'a generation of another archive',
      async (world) => {
        await rewrite(world, archiveIdentity, reworded('', { archive: other }));
        await flip(world, firstGeneration);
      },
    ],
  ];
  for (const [story, harm] of cases) {
    it(story, async () => {
      const world = await copied();
      await harm(world);
      const before = await stored(world);
      await expect(world.copy()).rejects.toMatchObject({ code: 'CORRUPT' });
      const after = await stored(world);
      for (const [name, bytes] of before) expect(after.get(name), name).toBe(bytes);
    });
  }
});

it('what cannot be read and may not be deleted is named, and the rest is copied', async () => {
  const world = await copied();
  const [mark = ''] = await names(world, 'marks/');
  await flip(world, mark);
  await world.backups(1);
  const kept = new FaultyStorage(world.targetRoot, (call) => (call === 'delete' ? 'refuse' : undefined));
  const { backups, unreadable } = await world.copy(await world.openTarget(kept));
  expect(backups.map(({ outcome }) => outcome)).toEqual(['present', 'present', 'copied']);
  expect(unreadable.map(({ name, error }) => [name, render(error.sentence).includes('cannot be replaced')])).toEqual([
    [mark, true],
  ]);
  for (const name of ['instance.json', archiveIdentity, firstGeneration]) {
    await flip(world, name);
    await expect(world.copy(await world.openTarget(kept)), name).rejects.toMatchObject({ code: 'CORRUPT' });
    await world.copy();
  }
  await expectWhole(world, 'with the right key');
  expect(await markNames(world)).toEqual(['note', 'pin']);
});

it('a mark that is damaged in the source as well stays as it is', async () => {
  const world = await copied();
  const [first = '', second = ''] = await names(world, 'marks/');
  await flip(world, first);
  await flip(world, second);
  const inSource = `instances/orders/${first}`;
  const bytes = await collect(world.root.get(inSource));
  await world.root.delete(inSource);
  await world.root.put(inSource, async function* () {
    await Promise.resolve();
    yield bytes.subarray(1);
  });
  const { marks } = await world.copy();
  expect(marks).toBe(1);
  const { storage } = await openKnownInstance(world.target, 'orders');
  expect(await names(world, 'holds/')).toEqual([]);
  await expect(collect(storage.get(first))).rejects.toMatchObject({ code: 'CORRUPT' });
  await expect(collect(storage.get(second))).resolves.toBeDefined();
});

it('a dry run of what cannot be read counts as if it were lost, and writes nothing', async () => {
  const world = await copied();
  for (const name of ['instance.json', archiveIdentity, firstGeneration]) await flip(world, name);
  const before = await stored(world);
  await expect(world.copy(world.target, true)).rejects.toMatchObject({ code: 'CORRUPT' });
  // Whose archive it is the generation tells.
  await lose(world, firstGeneration);
  await world.targetRoot.put(`instances/orders/${firstGeneration}`, () =>
    world.root.get(`instances/orders/${firstGeneration}`),
  );
  const { backups, wal } = await world.copy(world.target, true);
  expect(backups.map(({ outcome }) => outcome)).toEqual(['present', 'present']);
  expect(wal).toMatchObject({ segments: 0, present: 2 });
  expect([...(await stored(world)).keys()]).toEqual([...before.keys()]);
  await world.copy();
  await expectWhole(world, 'after a dry run');
});

describe('indexes', () => {
  it('one of another segment is found by reading, one of another release stays', async () => {
    const world = await copied();
    const [first = '', second = ''] = world.small.backups.map(({ segment }) => `${segmentBase(1, segment)}.index`);
    const read = (name: string) => collect(world.targetRoot.get(`instances/orders/wal/${name}`));
    const [one, other] = [await read(first), await read(second)];
    await rewrite(world, `wal/${first}`, () => other);
    expect((await world.copyReading('all')).wal).toMatchObject({ mended: 1, segments: 1, bytes: 0 });
    expect(await read(first)).toEqual(one);
    await expectWhole(world, 'another segment');
    const newer = sealedAnew(other, (bytes) => bytes.writeUInt16LE(99, 4));
    await rewrite(world, `wal/${second}`, () => newer);
    expect((await world.copyReading('all')).wal).toMatchObject({ mended: 0 });
    expect(await read(second)).toEqual(newer);
  });

  it('a damaged one of the source replaces none', async () => {
    const world = await copied();
    const name = `instances/orders/wal/${segmentBase(1, world.small.backups[0]?.segment ?? '')}.index`;
    const bytes = await collect(world.root.get(name));
    await world.root.delete(name);
    await world.root.put(name, async function* () {
      await Promise.resolve();
      yield bytes.subarray(0, -3);
    });
    await world.copy();
    expect((await collect(world.targetRoot.get(name))).equals(bytes)).toBe(true);
  });
});
