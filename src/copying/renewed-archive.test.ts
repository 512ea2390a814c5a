import { describe, expect, it } from 'vitest';
import { CopyWorld } from '../../test/support/copy-world.ts';
import { expectWhole, flip, lose, names, rewrite } from '../../test/support/harmed-copy.ts';
import { copyLines } from '../cli/copy-text.ts';
import { decodeSealed, encodeSealed } from '../storage/sealed-json.ts';
import { segmentBase } from '../wal-archive/archive-wal.ts';
import { generationName } from '../wal-archive/generation.ts';
import { copyRepository } from './copy-repository.ts';
import type { CopiedInstance } from './copy-request.ts';

const identity = 'wal/gausskeep-archive.json';
const generation = `wal/${generationName(1)}`;

async function copied(): Promise<CopyWorld> {
  const world = await CopyWorld.make();
  await world.backups(2);
  await world.copy();
  return world;
}

function renewed({ wal, isIdentityRenewed }: CopiedInstance) {
  return [isIdentityRenewed, ...(wal?.renewed ?? [])];
}

const everything = (world: CopyWorld) =>
  names(world, '').then((all) => all.filter((name) => !name.startsWith('holds/')));

describe('an archive of the target that lost what says whose it is', () => {
  for (const harm of [lose, flip]) {
    it(`identity and generation: both come again, ${harm.name}`, async () => {
      const world = await copied();
      await harm(world, identity);
      await lose(world, generation);
      const inArchive = [identity, generation].map((name) => name.slice('wal/'.length));
      const before = await everything(world);
      expect(renewed(await world.copy(world.target, true))).toEqual([false, ...inArchive]);
      expect(await everything(world)).toEqual(before);
      const copy = await world.copy();
      expect(renewed(copy)).toEqual([false, ...inArchive]);
      expect(copyLines(copy, false).join('\n')).toContain(`"${identity}" was missing there, or could not be read`);
      await expectWhole(world, 'both');
      expect(renewed(await world.copy())).toEqual([false]);
    });
  }

  it('each is told, and a new one is none', async () => {
    const world = await CopyWorld.make();
    await world.backups(1);
    expect(renewed(await world.copy(world.target, true))).toEqual([false]);
    expect(renewed(await world.copy())).toEqual([false]);
    for (const [name, told] of [
      ['instance.json', [true]],
      [identity, [false, identity.slice('wal/'.length)]],
      [generation, [false, generation.slice('wal/'.length)]],
    ] as const) {
      for (const harm of [lose, flip]) {
        await harm(world, name);
        expect(renewed(await world.copy(world.target, true)), `${harm.name} ${name}`).toEqual(told);
        expect(renewed(await world.copy()), `${harm.name} ${name}`).toEqual(told);
      }
    }
    await expectWhole(world, 'each');
  });

  const receiptOf = ({ small }: CopyWorld, index: number): string =>
    `wal/${segmentBase(1, small.backups[index]?.segment ?? '')}.receipt`;
  const harms: readonly (readonly [string, (world: CopyWorld) => Promise<void>])[] = [
    [
      'the newest receipt is of other content',
      (world) =>
        rewrite(world, receiptOf(world, 1), (bytes) => {
          const fields = Object.entries({ ...decodeSealed(bytes, ''), sha256: 'f'.repeat(64) });
          return encodeSealed(Object.fromEntries(fields.filter(([member]) => member !== 'crc32c')));
        }),
    ],
    [
      'there is no receipt',
      async (world) => {
        for (const index of [0, 1]) await lose(world, receiptOf(world, index));
      },
    ],
  ];
  for (const [story, harm] of harms) {
    it(`stays as it is where nothing shows that it is a copy: ${story}`, async () => {
      const world = await copied();
      await harm(world);
      await lose(world, identity);
      await lose(world, generation);
      const before = await everything(world);
      for (const isDry of [true, false]) {
        await expect(world.copy(world.target, isDry)).rejects.toMatchObject({
          code: 'CORRUPT',
          sentence: { key: 'copy.unknown-archive' },
          hint: { key: 'copy.unknown-archive.hint' },
        });
      }
      const { instances } = await copyRepository({ source: world.small.repository, target: world.target });
      expect(instances.flatMap((one) => copyLines(one, false)).join('\n')).not.toContain('there is no WAL archive');
      expect(await everything(world)).toEqual(before);
    });
  }
});
