import { beforeEach, describe, expect, it } from 'vitest';
import { SteppedRun } from '../../test/support/stepped-storage.ts';
import { WalWorld } from '../../test/support/wal-world.ts';
import { putHold } from '../repository/keep-hold.ts';
import { condemnBackup } from '../repository/put-mark.ts';
import { readCatalogue } from '../repository/catalogue.ts';
import { readPruned, standaloneBy } from '../repository/pruned.ts';

const hourMs = 3_600_000;
let world: WalWorld;
/** Three backups with a day of WAL behind each: in the segments 1, 26 and 51, the newest segment is 75. */
const backups: string[] = [];
beforeEach(async () => {
  world = await WalWorld.begin();
  backups.length = 0;
  for (let day = 0; day < 3; day += 1) {
    backups.push(await world.backup());
    await world.write(24);
  }
});
const numbers = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);
const there = async (): Promise<number[]> => [...(await world.segments())].sort((a, b) => a - b);

describe('continuous WAL for a shorter time than backups', () => {
  it('goes behind older backups, which keep their own, and it is said', async () => {
    const { wal } = await world.expire();
    expect(await there()).toEqual([1, 26, ...numbers(51, 75)]);
    expect(await world.pruned()).toEqual([
      [2, 25],
      [27, 50],
    ]);
    expect(wal).toMatchObject([{ before: [], between: [{ segments: 24 }, { segments: 24 }] }]);
    const listed = (await readCatalogue(world.storage)).backups;
    const ranges = await Promise.all(listed.map(async (one) => standaloneBy(one, await readPruned(world.storage))));
    expect(ranges.map((range) => range && [range.beginLsn, range.endLsn])).toEqual([
      [0x2000000n, 0x1a000000n],
      [0x1b000000n, 0x33000000n],
      undefined,
    ]);
    await world.check('once');
    // Nothing more to do, nor to say.
    expect(await world.expire()).toMatchObject({ wal: [{ before: [], between: [] }] });
    expect(await world.pruned()).toHaveLength(2);
  });

  it('is told by a rehearsal as by the run, and the rehearsal writes nothing', async () => {
    const before = await there();
    const rehearsed = await world.rehearse();
    expect([await there(), await world.pruned()]).toEqual([before, []]);
    const { wal } = await world.expire();
    expect(wal).toEqual(rehearsed.wal);
  });

  it('goes on with the window, and forgets what lies before all backups', async () => {
    await world.expire();
    backups.push(await world.backup());
    await world.write(48);
    await world.expire();
    expect(await there()).toEqual([1, 26, 51, ...numbers(76, 124)]);
    expect((await world.pruned()).at(-1)).toEqual([52, 75]);
    // Two days later only the newest backup is left.
    world.nowMs += 2 * hourMs;
    const rules = { rules: { keepLast: 1, keepWithinMs: 0 } };
    await world.expire(world.storage, rules);
    world.nowMs += 2 * hourMs;
    await world.expire(world.storage, rules);
    expect(await there()).toEqual(numbers(76, 124));
    expect(await world.pruned()).toEqual([]);
  });

  it('counts no condemned backup, and nothing that was stored within the grace', async () => {
    await condemnBackup(world.storage, backups[2] ?? '', {});
    await world.expire();
    expect(await there()).toEqual([1, ...numbers(26, 75)]);
    // A segment that came late.
    await world.storage
      .delete('wal/generations/1/wal/0000000100000000/000000010000000000000010.receipt')
      .catch(() => undefined);
    await world.push(16);
    await world.expire();
    expect(await there()).toContain(16);
    world.nowMs += hourMs;
    await world.expire();
    expect(await there()).not.toContain(16);
    // It was said already.
    expect(await world.pruned()).toEqual([[2, 25]]);
  });

  it('leaves what somebody reads who came before it was said, and takes that back', async () => {
    const hold = await putHold(
      world.storage,
      { kind: 'restore', backup: backups[1] ?? '', prior: undefined },
      { now: world.now },
    );
    await world.expire();
    expect(await there()).toEqual([1, ...numbers(26, 75)]);
    await hold.release();
    await world.expire();
    expect(await there()).toEqual([1, 26, ...numbers(51, 75)]);
  });

  it('leaves the last segment of each timeline: it shows that WAL went on', async () => {
    // Another timeline left the first in segment 40, and was left again.
    for (const number of [40, 41, 42]) await world.push(number, world.storage, 2);
    world.nowMs += 49 * hourMs;
    await world.expire();
    const names: string[] = [];
    for await (const { name } of world.storage.list('wal/generations/1/wal/0000000200000000/'))
      names.push(name.slice(-24));
    expect(names.filter((name) => !name.includes('.'))).toEqual(['00000002000000000000002A']);
  });

  it('keeps a window that is as long as the time since the oldest backup', async () => {
    const before = await there();
    await world.expire(world.storage, { walWindowMs: 80 * hourMs });
    expect([await there(), await world.pruned()]).toEqual([before, []]);
  });
});

describe('a recovery and a run of expire that meet at any call', () => {
  const expiring = (): SteppedRun =>
    new SteppedRun(world.storage, async (storage) => {
      await world.expire(storage);
    });
  const recovering = (results: string[]): SteppedRun =>
    new SteppedRun(world.storage, async (storage) => void results.push(await world.recover(backups[0] ?? '', storage)));

  /** Three backups with a little WAL behind each: many runs. */
  async function small(): Promise<void> {
    world = await WalWorld.begin();
    backups.length = 0;
    for (let day = 0; day < 3; day += 1) {
      backups.push(await world.backup());
      await world.write(2);
      world.nowMs += 22 * hourMs;
    }
  }
  async function callsOf(begin: () => SteppedRun): Promise<number> {
    await small();
    return begin().step();
  }

  it('the recovery gets all that was proved, or learns that retention removed it', async () => {
    const calls = await callsOf(expiring);
    const seen = new Set<string>();
    for (let at = 0; at <= calls; at += 1) {
      for (const resumes of [true, false]) {
        await small();
        const [run, results] = [expiring(), [] as string[]];
        await run.step(at);
        const recovery = recovering(results);
        await recovery.step();
        expect(recovery.failure, `expire stops at ${at}`).toBeUndefined();
        if (resumes) await run.step();
        await world.check(`expire stops at ${at}, ${resumes ? 'resumes' : 'crashes'}`);
        world.nowMs += 25 * hourMs;
        await world.expire();
        await world.check(`expire stops at ${at}, ${resumes ? 'resumes' : 'crashes'}, and again`);
        seen.add(results.join());
      }
    }
    expect([...seen].sort()).toEqual(['done', 'refused']);
  });

  it('and so it is when the recovery stops', async () => {
    const calls = await callsOf(() => recovering([]));
    const seen = new Set<string>();
    for (let at = 0; at <= calls; at += 1) {
      await small();
      const results: string[] = [];
      const recovery = recovering(results);
      await recovery.step(at);
      await expiring().step();
      await recovery.step();
      expect(recovery.failure, `recovery stops at ${at}`).toBeUndefined();
      await world.check(`recovery stops at ${at}`);
      seen.add(results.join());
    }
    expect([...seen].sort()).toEqual(['done', 'refused']);
  });

  it('and at any pair of calls', async () => {
    const [calls, others] = [await callsOf(expiring), await callsOf(() => recovering([]))];
    const seen = new Set<string>();
    for (let at = 1; at < calls; at += 3) {
      for (let until = 1; until < others; until += 2) {
        await small();
        const [run, results] = [expiring(), [] as string[]];
        const recovery = recovering(results);
        await run.step(at);
        await recovery.step(until);
        await run.step();
        await recovery.step();
        expect(recovery.failure, `expire to ${at}, recovery to ${until}`).toBeUndefined();
        await world.check(`expire to ${at}, recovery to ${until}`);
        seen.add(results.join());
      }
    }
    expect(seen).toContain('done');
    expect(seen).toContain('refused');
  });
});
