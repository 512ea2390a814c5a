import { describe, expect, it } from 'vitest';
import { collect } from '../../test/support/byte-pieces.ts';
import { CopyWorld, outcomesOf } from '../../test/support/copy-world.ts';
import { FaultyStorage } from '../../test/support/faulty-storage.ts';
import { onePiece } from '../bytes/one-piece.ts';
import { render } from '../messages/message.ts';
import { packName } from '../packs/chunk-ref.ts';
import { readCatalogue } from '../repository/catalogue.ts';
import { claimInstance } from '../repository/instance.ts';
import { openInstance, openKnownInstance } from '../repository/open-instance.ts';
import { condemnBackup, liftMarks, pinBackup } from '../repository/put-mark.ts';
import type { Storage } from '../storage/storage.ts';
import { copyRepository } from './copy-repository.ts';
import type { CopiedInstance } from './copy-request.ts';

const ways = [
  [undefined, undefined],
  [undefined, 'there'],
  ['here', undefined],
  ['here', 'there'],
] as const;

async function overwrite(storage: Storage, name: string, at: (bytes: Buffer) => number): Promise<void> {
  const bytes = Buffer.from(await collect(storage.get(name)));
  const index = at(bytes);
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  await storage.delete(name);
  await storage.put(name, () => onePiece(bytes));
}

const lastByte = (bytes: Buffer): number => bytes.length - 1;
const middleByte = (bytes: Buffer): number => bytes.length >> 1;

function reasonOf({ backups }: CopiedInstance, at: number): string {
  return backups[at]?.reasons.map((reason) => render(reason)).join('; ') ?? '';
}

describe('a copy into another repository', () => {
  for (const [here, there] of ways) {
    const kind = (password: string | undefined): string => (password === undefined ? 'plain' : 'encrypted');
    it(`from ${kind(here)} to ${kind(there)}: everything, and the second time nothing`, async () => {
      const world = await CopyWorld.make(here, there);
      await world.backups(3);
      const rehearsed = await world.copy(world.target, true);
      expect(outcomesOf(rehearsed)).toEqual(['copied', 'copied', 'copied']);
      const first = await world.copy();
      expect(outcomesOf(first)).toEqual(['copied', 'copied', 'copied']);
      expect(first.backups.map(({ bytes }) => bytes)).toEqual(rehearsed.backups.map(({ bytes }) => bytes));
      expect(first.wal).toMatchObject({ segments: 3, present: 0, damaged: [], unfinished: [] });
      expect(rehearsed.wal).toMatchObject({ segments: 3, bytes: first.wal?.bytes });
      expect(await world.checkTarget()).toEqual(world.ids);
      const puts: string[] = [];
      const watched = new FaultyStorage(world.targetRoot, (call, name) => {
        if (call === 'put') puts.push(name);
        return undefined;
      });
      const second = await world.copy(await world.openTarget(watched));
      expect(outcomesOf(second)).toEqual(['present', 'present', 'present']);
      expect(second.wal).toMatchObject({ segments: 0, present: 3 });
      expect(puts).toEqual([]);
    });
  }

  it('a dry run writes nothing', async () => {
    const world = await CopyWorld.make();
    await world.backups(1);
    const names = async (): Promise<string[]> => {
      const found: string[] = [];
      for (const storage of [world.root, world.targetRoot]) {
        for await (const { name } of storage.list('')) found.push(name);
      }
      return found;
    };
    const before = await names();
    expect(outcomesOf(await world.copy(world.target, true))).toEqual(['copied']);
    expect(await names()).toEqual(before);
  });

  it('the next run brings what is new, and nothing else', async () => {
    const world = await CopyWorld.make();
    await world.backups(2);
    await world.copy();
    await world.backups(1);
    const next = await world.copy();
    expect(outcomesOf(next)).toEqual(['present', 'present', 'copied']);
    expect(next.wal).toMatchObject({ segments: 1, present: 2 });
    expect(await world.checkTarget()).toEqual(world.ids);
  });

  it('one instance by its name; one that is not there is refused, and so is the repository itself', async () => {
    const { small, target } = await CopyWorld.make();
    await small.backup(new Map());
    const wanted = { source: small.repository, target, instances: ['orders', 'orders'] };
    expect((await copyRepository(wanted)).instances).toHaveLength(1);
    await expect(copyRepository({ ...wanted, instances: ['others'] })).rejects.toThrow('others');
    const itself = copyRepository({ source: small.repository, target: small.repository });
    await expect(itself).rejects.toThrow('the same repository');
  });

  it('an instance of another server under the name is refused, and gets nothing', async () => {
    const world = await CopyWorld.make();
    await world.backups(1);
    const other = { systemIdentifier: 42n, product: 'PostgreSQL' };
    await claimInstance(await openInstance(world.target, 'orders'), other);
    const { instances } = await copyRepository({ source: world.small.repository, target: world.target });
    expect(instances[0]?.failure).toMatchObject({ code: 'SYSTEM_MISMATCH' });
    expect(await world.checkTarget()).toEqual([]);
  });
});

describe('damage', () => {
  it('a pack: the backups that need it are kept back, by its name, and no other', async () => {
    const world = await CopyWorld.make();
    await world.backups(2);
    const [, second = ''] = world.ids;
    const [pack = ''] = [...(await world.small.contentPacks())].filter((name) => name.includes(second));
    const object = `instances/orders/${pack}`;
    await overwrite(world.root, object, lastByte);
    const result = await world.copy();
    expect(outcomesOf(result)).toEqual(['copied', 'damaged']);
    expect(reasonOf(result, 1)).toContain(pack);
    expect(await world.checkTarget()).toEqual(world.ids.slice(0, 1));
    await overwrite(world.root, object, lastByte);
    expect(outcomesOf(await world.copy())).toEqual(['present', 'copied']);
    expect(await world.checkTarget()).toEqual(world.ids);
  });

  it('a pack that is missing in the source, or of another size in the target', async () => {
    const world = await CopyWorld.make();
    await world.backups(1);
    const pack = packName({ backup: world.ids[0] ?? '', number: 0 });
    const name = `instances/orders/${pack}`;
    const bytes = await collect(world.root.get(name));
    await world.root.delete(name);
    const missing = await world.copy();
    expect(outcomesOf(missing)).toEqual(['damaged']);
    expect(reasonOf(missing, 0)).toContain(pack);
    await world.root.put(name, () => onePiece(bytes));
    const { storage } = await openKnownInstance(world.target, 'orders');
    await storage.put(pack, () => onePiece(Buffer.from('another')));
    const kept = new FaultyStorage(world.targetRoot, (call, name) =>
      call === 'delete' && name.endsWith(pack) ? 'refuse' : undefined,
    );
    expect(reasonOf(await world.copy(await world.openTarget(kept)), 0)).toContain(
      `"${pack}" is damaged in the other repository, and cannot be replaced there`,
    );
    expect(outcomesOf(await world.copy())).toEqual(['copied']);
    expect(await world.checkTarget()).toEqual(world.ids);
  });

  it('a commit and a root: named, the others are copied', async () => {
    const world = await CopyWorld.make();
    await world.backups(3);
    const [first = '', second = '', third = ''] = world.ids;
    await overwrite(world.root, `instances/orders/commits/${first}.json`, middleByte);
    const root = world.small.backups[1]?.commit.rootPacks[0]?.pack ?? { backup: '', number: 0 };
    await overwrite(world.root, `instances/orders/${packName(root)}`, middleByte);
    const result = await world.copy();
    expect(result.backups.map(({ backup, outcome }) => [backup, outcome])).toEqual([
      [second, 'damaged'],
      [third, 'copied'],
      [first, 'damaged'],
    ]);
    expect(await world.checkTarget()).toEqual([third]);
  });

  it('a segment: named, the backup that needs it is kept back, and the rest is copied', async () => {
    const world = await CopyWorld.make();
    await world.backups(3);
    const segment = world.small.backups[1]?.segment ?? '';
    const folder = `instances/orders/wal/generations/1/wal/${segment.slice(0, 16)}`;
    await overwrite(world.root, `${folder}/${segment}.gz`, middleByte);
    const result = await world.copy();
    expect(outcomesOf(result)).toEqual(['copied', 'damaged', 'copied']);
    expect(reasonOf(result, 1)).toContain(segment);
    expect(result.wal).toMatchObject({ segments: 2, damaged: [{ name: segment, generation: 1 }] });
    expect(await world.checkTarget()).toEqual([world.ids[0], world.ids[2]]);
  });

  it('a receipt is lost in the middle: told, and left out', async () => {
    const world = await CopyWorld.make();
    await world.backups(3);
    const segment = world.small.backups[1]?.segment ?? '';
    const folder = `instances/orders/wal/generations/1/wal/${segment.slice(0, 16)}`;
    await world.root.delete(`${folder}/${segment}.receipt`);
    const result = await world.copy();
    expect(result.wal).toMatchObject({ segments: 2, unfinished: [segment] });
    expect(outcomesOf(result)).toEqual(['copied', 'damaged', 'copied']);
  });
});

describe('what is said of backups', () => {
  it('comes with them and later; what takes it back too', async () => {
    const world = await CopyWorld.make();
    await world.backups(2);
    const [first = '', second = ''] = world.ids;
    const { storage: source } = world.small.instance;
    await pinBackup(source, first, { until: undefined });
    expect((await world.copy()).marks).toBe(1);
    const { storage } = await openKnownInstance(world.target, 'orders');
    expect((await readCatalogue(storage)).backups[0]?.pinnedUntilMs).toBe('forever');
    await liftMarks(source, first, 'pin');
    await condemnBackup(source, second, { text: 'bad' });
    expect((await world.copy()).marks).toBe(2);
    const { backups } = await readCatalogue(storage);
    expect(backups[0]?.pinnedUntilMs).toBeUndefined();
    expect(backups[1]?.isCondemned).toBe(true);
    expect((await world.copy()).marks).toBe(0);
  });

  it('a condemned backup is not copied; absolved it is', async () => {
    const world = await CopyWorld.make();
    await world.backups(2);
    const [first = ''] = world.ids;
    await condemnBackup(world.small.instance.storage, first, { text: 'bad' });
    expect(outcomesOf(await world.copy())).toEqual(['condemned', 'copied']);
    expect(await world.checkTarget()).toEqual(world.ids.slice(1));
    await liftMarks(world.small.instance.storage, first, 'condemn');
    expect(outcomesOf(await world.copy())).toEqual(['copied', 'present']);
    expect(await world.checkTarget()).toEqual(world.ids);
  });
});
