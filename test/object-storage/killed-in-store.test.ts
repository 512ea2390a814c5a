/** kill -9 of what works on a repository in a store, when the store has done one of its requests. Nothing that is listed is lost, and the next run comes to its end. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { everyFault } from '../faults/every-fault.ts';
import type { FaultRule } from '../support/object-store/fault-script.ts';
import { expireToOne, SharedRepository } from '../support/object-store/shared-repository.ts';
import { NeverArrived, type StoreHost } from '../support/object-store/store-host.ts';
import { forRealStore, onInProcessServer, type StoreUnderTest } from '../support/object-store/stores-under-test.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

type Place = Omit<FaultRule, 'fault'> & { readonly when: 'before' | 'after' };

/** Every so many of the requests that change the store, between which it is the same; where not every fault is tried, the given ones. */
function* places(stride: number, sample: readonly Place[]): Generator<Place> {
  if (!everyFault) {
    yield* sample;
    return;
  }
  for (let nth = 1; ; nth += stride) yield { changes: true, nth, when: 'after' };
}

/** Kills it there. @returns false: it came to its end before */
async function killAt(host: StoreHost, words: readonly string[], place: Place): Promise<boolean> {
  try {
    const stopped = await host.stopAt(words, place);
    await stopped.killed();
    return true;
  } catch (error) {
    if (error instanceof NeverArrived) return false;
    throw error;
  }
}

const timeout = everyFault ? 3_600_000 : 300_000;

function inWorld(store: StoreUnderTest): { readonly world: SharedRepository } {
  const made: { world: SharedRepository | undefined } = { world: undefined };
  beforeEach(async () => {
    made.world = await SharedRepository.make(store);
  });
  afterEach(() => made.world?.close());
  return made as { readonly world: SharedRepository };
}

describe('on a store as it is', () => {
  forRealStore((store) => {
    const made = inWorld(store);

    it('a backup loses no other one, and the next is whole', { timeout }, async () => {
      const { world } = made;
      const [killed, next] = [await world.host(), await world.host()];
      await next.done(world.backup);
      let kills = 0;
      for (const place of places(1, [{ key: /\/packs\//, operation: 'PutObject', when: 'after' }])) {
        const before = await world.ids();
        world.change();
        const isKilled = await killAt(killed, world.backup, place);
        const after = await world.sound('killed');
        expect(after.slice(0, before.length), JSON.stringify(place)).toEqual(before);
        if (!isKilled) break;
        kills += 1;
        // What it stored the next round reads.
        await next.done(world.backup);
        if (!everyFault) expect(await world.sound()).toHaveLength(after.length + 1);
        if (!everyFault) break;
        // Few enough that each round takes as long as the first.
        await next.done(['expire', '--keep-last', '2', '--keep-within', '0d']);
      }
      expect(kills).toBeGreaterThan(everyFault ? 7 : 0);
    });

    it.runIf(everyFault)('a copy is taken up by the next', { timeout }, async () => {
      const { world } = made;
      const host = await world.host();
      await host.done(world.backup);
      world.change();
      await host.done(world.backup);
      let kills = 0;
      for (const place of places(2, [{ key: /copy.*\/commits\//, operation: 'PutObject', when: 'after' }])) {
        const target = `${world.repository}-copy-${String(kills)}`;
        const copy = ['repo', 'copy', '--repo', world.repository, '--to', target];
        const own = { GAUSSKEEP_REPO: target };
        await host.done(['repo', 'init', target]);
        const isKilled = await killAt(host, copy, place);
        expect([0, 3]).toContain((await host.run(['repo', 'check'], own)).status);
        await host.done(copy);
        const verified = await host.done(['verify', '--read-data', '--json'], own);
        expect(verified.match(/"state":"sound"/g)).toHaveLength(2);
        if (!isKilled) break;
        kills += 1;
      }
      expect(kills).toBeGreaterThan(everyFault ? 7 : 0);
      await world.sound();
    });
  });
});

describe('while hours pass', () => {
  onInProcessServer((store) => {
    const made = inWorld(store);

    it.runIf(everyFault)('retention loses nothing that stays, and the next run goes on', { timeout }, async () => {
      const { world } = made;
      const [killed, next] = [await world.host(), await world.host()];
      await next.done(world.backup);
      let kills = 0;
      for (const place of places(2, [{ key: /\/commits\//, operation: 'DeleteObject', when: 'after' }])) {
        world.change();
        await next.done(world.backup);
        await next.done(expireToOne);
        world.moveTime(20 * minuteMs);
        const isKilled = await killAt(killed, expireToOne, place);
        expect(await world.sound('killed'), JSON.stringify(place)).toHaveLength(1);
        if (!isKilled) break;
        kills += 1;
        world.change();
        await next.done(world.backup);
        await next.done(expireToOne);
      }
      expect((await world.sound()).length).toBeGreaterThan(0);
      expect(kills).toBeGreaterThan(everyFault ? 9 : 0);
      // What the killed runs held is dead some day, and all that they left goes.
      for (let day = 0; day < 3; day += 1) {
        world.moveTime(25 * hourMs);
        await next.done(expireToOne);
      }
      const [id] = await world.sound();
      expect((await next.done(['list', '--json'])).trim().split('\n')).toHaveLength(1);
      expect(world.packsOf()).toContain(id!.slice(-32));
    });
  });
});
