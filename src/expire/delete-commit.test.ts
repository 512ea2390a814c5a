import { describe, expect, it } from 'vitest';
import { minuteMs, RepositoryWorld } from '../../test/support/repository-world.ts';
import { SteppedRun } from '../../test/support/stepped-storage.ts';
import { readCatalogue } from '../repository/catalogue.ts';

const dayMs = 24 * 60 * minuteMs;
const rules = { keepLast: 1, keepWithinMs: 0 };

/** Two backups that share a block, of which the first was taken off a day ago. */
async function begin(): Promise<RepositoryWorld> {
  const world = new RepositoryWorld();
  await world.backup('x:one');
  world.nowMs += dayMs;
  await world.backup('x:two');
  await world.expire(rules);
  world.nowMs += dayMs;
  return world;
}
const expiring = (world: RepositoryWorld): SteppedRun =>
  new SteppedRun(world.storage, async (storage) => {
    await world.expire(rules, storage);
  });
const tombstones = async (world: RepositoryWorld): Promise<readonly string[]> =>
  (await readCatalogue(world.storage)).tombstones;

describe('a tombstone', () => {
  it.each([0, dayMs])('stays, wherever a run sleeps meanwhile that deletes the commit, %i ms', async (pauseMs) => {
    const calls = await expiring(await begin()).step();
    let found = 0;
    for (let at = 0; at <= calls; at += 1) {
      const world = await begin();
      const slow = expiring(world);
      await slow.step(at);
      world.nowMs += pauseMs;
      // The second finds packs that belong to no backup, and says so.
      await world.expire(rules);
      await world.expire(rules);
      const before = await tombstones(world);
      await slow.step();
      expect(await tombstones(world), `stops at ${at}`).toEqual(expect.arrayContaining([...before]));
      found += before.length;
      await world.checkAll();
    }
    expect(found).toBeGreaterThan(0);
  });
});
