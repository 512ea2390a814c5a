import { describe, expect, it } from 'vitest';
import { minuteMs, RepositoryWorld } from '../../test/support/repository-world.ts';
import { SteppedRun } from '../../test/support/stepped-storage.ts';
import { BackupError } from '../errors/backup-error.ts';
import type { Storage } from '../storage/storage.ts';

/**
 * Every interleaving, within bounds, of two backups, retention and what removes: the listed backups are whole in the end, and
 * nothing that belongs to none of them is left (REP-11, REP-22 … REP-26). A run that is left alone is a crash at that call.
 */

const rules = { keepLast: 1, keepWithinMs: 0 };
const graceMs = 10 * minuteMs;
/** A hold lives through the first, and is dead after the second. */
const pauses = { short: 11 * minuteMs, long: 25 * 60 * minuteMs };

/** What may become of a run that others got in the way of. */
const honest = new Set(['LOCKED', 'CORRUPT', 'BACKUP_NOT_FOUND', 'OBJECT_NOT_FOUND']);

/** `x:` backups have a block in common; what refers to it keeps it, so the quick one is of another family. */
class Scenario {
  readonly world = new RepositoryWorld();

  static async begin(): Promise<Scenario> {
    const scenario = new Scenario();
    const { world } = scenario;
    await world.backup('x:one');
    world.nowMs += 60 * minuteMs;
    await world.backup('x:two');
    world.nowMs += 60 * minuteMs;
    return scenario;
  }

  backup(content: string): SteppedRun {
    return new SteppedRun(this.world.storage, async (storage) => {
      await this.world.backup(content, storage);
    });
  }

  expire(): SteppedRun {
    return new SteppedRun(this.world.storage, (storage) => this.#expire(storage));
  }

  /** Retention runs so often that what was removed is gone, with pauses between. */
  removal(pauseMs: number): SteppedRun {
    return new SteppedRun(this.world.storage, async (storage) => {
      for (let run = 0; run < 3; run += 1) {
        await this.#expire(storage);
        this.world.nowMs += pauseMs;
      }
    });
  }

  async #expire(storage: Storage): Promise<void> {
    await this.world.expire(rules, storage, graceMs);
  }

  async #listed(story: string): Promise<string[]> {
    try {
      return await this.world.checkAll();
    } catch (error) {
      throw new Error(story, { cause: error });
    }
  }

  /** When all runs are over or crashed. */
  async check(runs: readonly SteppedRun[], story: string): Promise<void> {
    const { world } = this;
    for (const { isOver, failure } of runs) {
      if (!isOver || failure === undefined) continue;
      const code = failure instanceof BackupError ? failure.code : '';
      expect(honest.has(code), `${story}: ${failure.message}`).toBe(true);
    }
    expect(await this.#listed(story), story).not.toEqual([]);
    for (let run = 0; run < 3; run += 1) {
      world.nowMs += pauses.long;
      await world.expire(rules, world.storage, graceMs);
    }
    const listed = await this.#listed(story);
    expect(listed, story).toHaveLength(1);
    const left = (await world.names()).filter((name) => !/^(?:packs|commits)\//.test(name));
    expect(left, story).toEqual([]);
  }
}

/** How many calls a run makes by itself. */
async function callsOf(begin: (scenario: Scenario) => SteppedRun): Promise<number> {
  return begin(await Scenario.begin()).step();
}

describe.each(['short', 'long'] as const)('with pauses that are %s', (pause) => {
  it('a backup that stops at any call, for good or until others are done, loses nothing', async () => {
    const calls = await callsOf((scenario) => scenario.backup('x:three'));
    expect(calls).toBeGreaterThan(10);
    for (let at = 0; at <= calls; at += 1) {
      for (const resumes of [true, false]) {
        const scenario = await Scenario.begin();
        const slow = scenario.backup('x:three');
        await slow.step(at);
        const quick = scenario.backup('y:four');
        await quick.step();
        const removal = scenario.removal(pauses[pause]);
        await removal.step();
        if (resumes) await slow.step();
        await scenario.check([slow, quick, removal], `stops at ${at}, ${resumes ? 'resumes' : 'crashes'}`);
      }
    }
  });

  it('nor does a removal that stops at any call', async () => {
    const calls = await callsOf((scenario) => scenario.removal(pauses[pause]));
    for (let at = 0; at <= calls; at += 1) {
      for (const resumes of [true, false]) {
        const scenario = await Scenario.begin();
        const removal = scenario.removal(pauses[pause]);
        await removal.step(at);
        const backup = scenario.backup('x:three');
        await backup.step();
        const another = scenario.removal(pauses[pause]);
        await another.step();
        if (resumes) await removal.step();
        await scenario.check([removal, backup, another], `stops at ${at}, ${resumes ? 'resumes' : 'crashes'}`);
      }
    }
  });

  it('nor do a backup and a removal that wait for each other at any pair of calls', async () => {
    const backupCalls = await callsOf((scenario) => scenario.backup('x:three'));
    const removalCalls = await callsOf((scenario) => scenario.removal(pauses[pause]));
    for (let at = 1; at <= backupCalls; at += 1) {
      for (let until = 1; until <= removalCalls; until += 5) {
        const scenario = await Scenario.begin();
        const quick = scenario.backup('y:four');
        const slow = scenario.backup('x:three');
        await slow.step(at);
        await quick.step();
        const removal = scenario.removal(pauses[pause]);
        await removal.step(until);
        // Every other time it sleeps once more, right before its commit.
        await slow.step(until % 2 === 0 ? Infinity : backupCalls - at - 1);
        await removal.step();
        await slow.step();
        await scenario.check([slow, quick, removal], `backup to ${at}, removal to ${until}`);
      }
    }
  });

  it('nor do two removals at once', async () => {
    const calls = await callsOf((scenario) => scenario.removal(pauses[pause]));
    for (let at = 1; at <= calls; at += 5) {
      for (let until = 1; until <= calls; until += 7) {
        const scenario = await Scenario.begin();
        const [one, other] = [scenario.removal(pauses[pause]), scenario.removal(pauses[pause])];
        await one.step(at);
        await other.step(until);
        const backup = scenario.backup('x:three');
        await backup.step();
        await one.step();
        await other.step();
        await scenario.check([one, other, backup], `to ${at}, to ${until}`);
      }
    }
  });
});
