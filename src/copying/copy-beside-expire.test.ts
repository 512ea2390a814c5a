import { describe, expect, it } from 'vitest';
import { everyFault } from '../../test/faults/every-fault.ts';
import { CopyWorld, outcomesOf } from '../../test/support/copy-world.ts';
import { FaultyStorage } from '../../test/support/faulty-storage.ts';
import { SteppedRun } from '../../test/support/stepped-storage.ts';
import { performExpire } from '../expire/perform-expire.ts';
import { openKnownInstance } from '../repository/open-instance.ts';
import type { Storage } from '../storage/storage.ts';

describe('retention on both sides of a copy', () => {
  it('what expired in the target is not copied again, nor its WAL; later backups that need its packs are whole', async () => {
    const world = await CopyWorld.make();
    await world.backups(3);
    await world.copy();
    await world.expire(world.target);
    expect(await world.checkTarget()).toEqual(world.ids.slice(2));
    const again = await world.copy();
    expect(outcomesOf(again)).toEqual(['expired', 'expired', 'present']);
    expect(again.wal).toMatchObject({ segments: 0, present: 1, unneeded: 2 });
    await world.backups(1);
    expect(outcomesOf(await world.copy())).toEqual(['expired', 'expired', 'present', 'copied']);
    expect(await world.checkTarget()).toEqual(world.ids.slice(2));
  });

  it('what expired in the source stays in the target, and the record of it goes', async () => {
    const world = await CopyWorld.make();
    await world.backups(2);
    await world.copy();
    await world.expire(world.small.repository);
    expect(outcomesOf(await world.copy())).toEqual(['present']);
    expect(await world.checkTarget()).toEqual(world.ids);
    const names: string[] = [];
    for await (const { name } of world.targetRoot.list('instances/orders/copied/')) names.push(name);
    expect(names).toHaveLength(1);
  });

  it('a copy that was interrupted is taken up after days and an expire, as if nothing had been', async () => {
    const world = await CopyWorld.make();
    await world.backups(2);
    let puts = 0;
    const failing = new FaultyStorage(world.targetRoot, (call, name) => {
      if (call === 'put' && name.includes('/packs/')) puts += 1;
      return puts >= 3 ? 'fail' : undefined;
    });
    await expect(world.openTarget(failing).then((into) => world.copy(into))).rejects.toThrow('on purpose');
    world.wait(50);
    await world.expire(world.target);
    expect(outcomesOf(await world.copy())).toEqual(['copied', 'copied']);
    expect(await world.checkTarget()).toEqual(world.ids);
  });

  it('of one that was interrupted, whose backup the source has no longer, nothing stays but what others need', async () => {
    const world = await CopyWorld.make();
    await world.backups(2);
    const [first = '', second = ''] = world.ids;
    const failing = new FaultyStorage(world.targetRoot, (call, name) =>
      call === 'put' && name.endsWith(`commits/${first}.json`) ? 'fail' : undefined,
    );
    await expect(world.openTarget(failing).then((into) => world.copy(into))).rejects.toThrow('on purpose');
    await world.expire(world.small.repository);
    expect(outcomesOf(await world.copy())).toEqual(['copied']);
    await world.expire(world.target);
    expect(await world.checkTarget()).toEqual([second]);
    const holds: string[] = [];
    for await (const { name } of world.targetRoot.list('instances/orders/holds/')) holds.push(name);
    expect(holds).toEqual([]);
  });
});

/** Which calls of a run are tried: all of them in `npm run test:all`. */
const stride = everyFault ? 1 : 6;

describe('a copy that stops at any call', () => {
  it(
    'leaves nothing that is listed and not whole, and the next one comes to the end',
    { timeout: 600_000 },
    async () => {
      const world = await CopyWorld.make();
      await world.backups(2);
      for (let at = 1, isOver = false; !isOver; at += stride) {
        for (const fault of ['fail', 'fail-after'] as const) {
          await world.anew();
          const faulty = new FaultyStorage(world.targetRoot, (_call, _name, number) =>
            number >= at ? fault : undefined,
          );
          const isWhole = await world
            .openTarget(faulty)
            .then((into) => world.copy(into))
            .then(
              () => true,
              () => false,
            );
          isOver = isWhole && faulty.calls < at;
          await world.checkTarget(`call ${at}, ${fault}`).catch(nothingYet);
          expect(outcomesOf(await world.copy()).every((one) => one === 'copied' || one === 'present')).toBe(true);
          expect(await world.checkTarget(`call ${at}, ${fault}`)).toEqual(world.ids);
        }
      }
    },
  );
});

/** The instance may not be there yet. */
function nothingYet(error: unknown): void {
  if (!(error instanceof Error) || !error.message.includes('orders')) throw error;
}

describe('a copy and an expire of the target at once', () => {
  /** The target has two of three backups, and the first of them is about to go. */
  async function begin(): Promise<CopyWorld> {
    const world = await CopyWorld.make();
    await world.backups(2);
    await world.copy();
    await expireOnce(world);
    world.wait(25);
    await world.backups(1);
    return world;
  }

  async function expireOnce(world: CopyWorld, storage: Storage = world.targetRoot): Promise<void> {
    const instance = await openKnownInstance(await world.openTarget(storage), 'orders');
    await performExpire({ instance, rules: { keepLast: 1, keepWithinMs: 0 } });
  }

  const copyBy = (world: CopyWorld): SteppedRun =>
    new SteppedRun(world.targetRoot, async (storage) => {
      await world.copy(await world.openTarget(storage));
    });
  const expireBy = (world: CopyWorld): SteppedRun =>
    new SteppedRun(world.targetRoot, (storage) => expireOnce(world, storage));

  for (const [name, sleeper, other] of [
    ['expire comes while the copy sleeps', copyBy, expireBy],
    ['the copy comes while expire sleeps', expireBy, copyBy],
  ] as const) {
    for (const hours of [0, 26]) {
      it(`${name}, ${hours} hours later`, { timeout: 600_000 }, async () => {
        for (let at = 1, isOver = false; !isOver; at += stride) {
          const world = await begin();
          const first = sleeper(world);
          await first.step(at);
          isOver = first.isOver;
          world.wait(hours);
          await other(world).step();
          await first.step();
          const story = `${name}, ${hours} hours, call ${at}`;
          await world.checkTarget(story);
          await world.copy();
          expect(await world.checkTarget(story), story).toContain(world.ids[2]);
          await world.expire(world.target);
          expect(await world.checkTarget(story), story).toEqual(world.ids.slice(2));
        }
      });
    }
  }

  it('two copies at once, one of which stops anywhere', { timeout: 600_000 }, async () => {
    for (let at = 1, isOver = false; !isOver; at += stride) {
      const world = await CopyWorld.make();
      await world.backups(2);
      const first = copyBy(world);
      await first.step(at);
      isOver = first.isOver;
      const second = copyBy(world);
      await second.step();
      expect(second.failure, `call ${at}`).toBeUndefined();
      expect(await world.checkTarget()).toEqual(world.ids);
      await first.step();
      expect(first.failure, `call ${at}`).toBeUndefined();
      expect(await world.checkTarget()).toEqual(world.ids);
    }
  });
});
