/**
 * Every call of the file system that a program makes in a repository fails once: a full disk, a used-up quota, a broken disk. Whatever fails, each backup that is
 * listed afterwards can be read to its last byte, and the next run succeeds. One call for each fault; `npm run test:all` lets one fail at each place.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pathsBelow } from '../support/backups.ts';
import type { OpengaussServer } from '../support/opengauss/server.ts';
import { temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { statusesOf } from './call-faults.ts';
import { everyFault } from './every-fault.ts';
import { brokenDisk, failEachCall, fullDisk, hintsOnly, unreadable, usedQuota } from './file-calls.ts';
import type { Fault, Scenario } from './file-calls.ts';
import {
  backupWords,
  copyOf,
  expireWords,
  leavings,
  runOn,
  soundness,
  startSource,
  storeBackups,
} from './gauss-repository.ts';

let server: OpengaussServer;
/** Repositories that each run begins with: of one backup; of three, two of which are off the catalogue for an hour. */
let filled: string;
let removed: string;

const backUp = (repository: string, env?: Readonly<Record<string, string>>): Promise<ProgramResult> =>
  runOn(repository, backupWords(server), env);

beforeAll(async () => {
  server = await startSource();
  ({ filled, removed } = await storeBackups(server));
});

afterAll(async () => {
  const { failures, violations } = server;
  await server.stop();
  expect([failures, violations]).toEqual([[], []]);
});

function emptied(root: string): void {
  for (const name of readdirSync(root)) rmSync(join(root, name), { recursive: true });
}

function backup(): Scenario {
  const { root, reset } = copyOf(() => filled);
  return {
    ...{ roots: [root], reset },
    run: (env) => backUp(root, env),
    picture: () => soundness(root, 2),
    harmless: hintsOnly,
    leftOver: async () => {
      const sound = (await soundness(root, 1)) === 'sound';
      return sound && leavings(root).length === 0 ? 'unfinished' : 'looks finished';
    },
  };
}

function expire(): Scenario {
  const { root, reset } = copyOf(() => removed);
  return {
    ...{ roots: [root], reset },
    run: (env) => runOn(root, expireWords, env),
    picture: async () => [await soundness(root, 1), leavings(root)],
    leftOver: async () => ((await soundness(root, 1)) === 'sound' ? 'unfinished' : 'looks finished'),
  };
}

/** Objects of the holds there. */
function holdsOf(repository: string): string[] {
  return pathsBelow(repository).filter((path) => path.includes('/holds/') && path.endsWith('.json'));
}

function restore(onBadDisk: boolean): Scenario {
  const root = temporaryDirectory('copy');
  const target = join(root, 'new/data');
  return {
    roots: [onBadDisk ? filled : root],
    reset: () => {
      emptied(root);
    },
    run: async (env) => {
      const before = holdsOf(filled);
      const result = await runOn(filled, ['restore', '-D', target, '--target-immediate'], env);
      // Whether it failed or not, nothing more is read; on a disk that cannot be read nor written nobody can take it away.
      if (!onBadDisk) expect(holdsOf(filled)).toEqual(before);
      return result;
    },
    done: 3,
    cleans: true,
    harmless: hintsOnly,
    picture: () => pathsBelow(root).filter((path) => !path.includes('.gausskeep')),
    leftOver: () => {
      if (pathsBelow(root).length === 0) return undefined;
      return existsSync(join(target, 'global/pg_control')) ? 'looks finished' : 'unfinished';
    },
  };
}

function exportSet(): Scenario {
  const root = temporaryDirectory('out');
  const target = join(root, 'set');
  return {
    roots: [root],
    reset: () => {
      emptied(root);
      mkdirSync(target);
    },
    run: (env) => runOn(filled, ['export', 'latest', '--to', target, '-F', 't'], env),
    cleans: true,
    harmless: hintsOnly,
    picture: () => pathsBelow(target),
    leftOver: () => (existsSync(target) && pathsBelow(target).length > 0 ? 'unfinished' : undefined),
  };
}

function verify(): Scenario {
  return {
    roots: [filled],
    reset: () => undefined,
    run: (env) => runOn(filled, ['verify', '--read-data'], env),
    picture: () => '',
    leftOver: () => undefined,
  };
}

const writing: readonly Fault[] = [fullDisk, usedQuota, brokenDisk];

const scenarios: readonly [string, () => Scenario, readonly Fault[]][] = [
  ['backup --repo', backup, [...writing, unreadable]],
  ['expire', expire, [...writing, unreadable]],
  ['restore --repo', () => restore(false), writing],
  ['restore --repo on a bad disk', () => restore(true), [unreadable]],
  ['export', exportSet, writing],
  ['verify --repo', verify, [unreadable]],
];

describe('a call that fails', { timeout: everyFault ? 3_600_000 : 600_000 }, () => {
  it.each(scenarios)('%s', async (program, make, faults) => {
    const { failed, found } = await failEachCall(make(), faults, statusesOf(program));
    expect(failed).toBeGreaterThan(0);
    expect(found.join('\n')).toBe('');
  });
});
