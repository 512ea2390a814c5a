/** Programs at work in a repository that somebody ends, by a signal or by kill -9 before each of their steps, and two of them at once. */
import { existsSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killBeforeStep, noteSteps } from '../support/killed-programs.ts';
import type { OpengaussServer } from '../support/opengauss/server.ts';
import { signalStopped, stopAtOpen } from '../support/stopped-programs.ts';
import { pathsBelow } from '../support/backups.ts';
import { everyFault } from './every-fault.ts';
import {
  backupWords,
  copyOf,
  expireWords,
  leavings,
  runOn,
  soundness,
  startOn,
  startSource,
  storeBackups,
  succeed,
} from './gauss-repository.ts';

let server: OpengaussServer;
/** A repository with one backup, and one with three, two of which were taken off an hour ago. */
let filled: string;
let removed: string;

/** Everything below is of two days ago: who made it and is not heard of any more is dead. */
function age(folder: string): void {
  const before = Date.now() / 1000 - 2 * 86_400;
  for (const path of existsSync(folder) ? pathsBelow(folder) : []) utimesSync(join(folder, path), before, before);
}

beforeAll(async () => {
  server = await startSource();
  ({ filled, removed } = await storeBackups(server));
});

afterAll(async () => {
  await server.stop();
});

interface Job {
  readonly words: () => string[];
  readonly from: () => string;
  /** Backups that are listed at least, before and after it. */
  readonly least: readonly [before: number, after: number];
}

const jobs: Readonly<Record<string, Job>> = {
  'backup --repo': { words: () => backupWords(server), from: () => filled, least: [1, 2] },
  expire: { words: () => expireWords, from: () => removed, least: [1, 1] },
};

describe.each(Object.entries(jobs))('%s', (_, { words, from, least }) => {
  it('that is killed before any of its steps loses no backup, and the next run succeeds', async () => {
    const { root, reset } = copyOf(from);
    reset();
    const note = noteSteps();
    await succeed(runOn(root, words(), note.env));
    const count = note.steps().length;
    expect(count).toBeGreaterThan(10);
    const all = Array.from({ length: count }, (_unused, index) => index + 1);
    const third = Math.floor(count / 3);
    for (const at of everyFault ? all : [third, 2 * third, count - 2]) {
      reset();
      const killed = await runOn(root, words(), killBeforeStep(at));
      const step = `step ${String(at)} of ${String(count)}`;
      expect(killed.signal, step + killed.stderr).toBe('SIGKILL');
      expect(await soundness(root, least[0]), step).toBe('sound');
      await succeed(runOn(root, words()));
      expect(await soundness(root, least[1]), step).toBe('sound');
      // What the killed run left is removed when it is old enough to be dead.
      const instance = join(root, 'instances/gauss');
      for (const id of leavings(root)) {
        for (const folder of ['packs', 'holds']) age(join(instance, folder, id));
      }
      await succeed(runOn(root, expireWords));
      expect(leavings(root), step).toEqual([]);
      expect(await soundness(root, least[1]), step).toBe('sound');
    }
  });
});

it('a backup that a signal ends takes away what it stored', async () => {
  const { root, reset } = copyOf(() => filled);
  reset();
  const program = startOn(root, backupWords(server), stopAtOpen('/00000002'));
  const { status, stderr } = await signalStopped(program, ['SIGTERM']);
  expect([status, leavings(root)], stderr).toEqual([143, []]);
  expect(stderr).toMatch(/SIGTERM/);
  expect(await soundness(root, 1)).toBe('sound');
});

it('two backups of one server at once are both whole', async () => {
  const { root, reset } = copyOf(() => filled);
  reset();
  const both = await Promise.all([runOn(root, backupWords(server)), runOn(root, backupWords(server))]);
  for (const { status, stderr } of both) expect(status, stderr).toBe(0);
  expect(await soundness(root, 3)).toBe('sound');
});
