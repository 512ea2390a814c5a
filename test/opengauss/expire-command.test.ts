/** `gausskeep expire` on a repository in a directory, with backups that end in the past. */
import { readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openRepository } from '../../src/index.ts';
import type { Commit } from '../../src/repository/commit.ts';
import { claimInstance } from '../../src/repository/instance.ts';
import { newId } from '../../src/repository/names.ts';
import { openInstance } from '../../src/repository/open-instance.ts';
import { putCommit } from '../../src/repository/put-commit.ts';
import { runProgram, temporaryDirectory } from '../support/programs.ts';
import { sampleCommit } from '../support/repository-instance.ts';
import { runDirectory } from '../support/run-directory.ts';
import { store } from '../support/stored-content.ts';

afterAll(() => runDirectory().clear());

const hourMs = 3_600_000;

/** A repository with backups of an instance that ended so many hours ago. */
async function repositoryWith(...hoursAgo: readonly number[]): Promise<{ place: string; commits: readonly Commit[] }> {
  const place = join(temporaryDirectory('repository'), 'repo');
  await runProgram('gausskeep', ['repo', 'init', place]);
  const instance = await openInstance(await openRepository(place), 'orders');
  const { systemIdentifier, product } = sampleCommit();
  const { storage } = await claimInstance(instance, { systemIdentifier, product });
  const commits: Commit[] = [];
  for (const hours of hoursAgo) {
    const backup = newId();
    const { root, rootPacks } = await store(storage, new Map([['file', Buffer.alloc(50_000, backup)]]), {
      backup,
    });
    const startedAt = new Date(Date.now() - hours * hourMs).toISOString();
    const sample = sampleCommit({}, startedAt);
    const commit = { ...sample, root, rootPacks, backup, name: sample.name.replace(sample.backup, backup) };
    await putCommit(storage, commit);
    commits.push(commit);
  }
  return { place, commits };
}

it('takes off what no rule keeps, deletes it later, and rehearses just that', async () => {
  const { place, commits } = await repositoryWith(100, 50, 2);
  const env = { GAUSSKEEP_REPO: place, GAUSSKEEP_INSTANCE: 'orders' };
  const gausskeep = (...words: string[]) => runProgram('gausskeep', words, { env });
  const rules = ['--keep-last=1', '--keep-window=60h'];
  const [oldest] = commits;
  if (oldest === undefined) throw new Error('none');
  const instanceFolder = join(place, 'instances/orders');

  // All of the window and what it begins with: nothing goes.
  expect((await gausskeep('expire', ...rules, '--dry-run')).stdout).toMatch(/^orders: 3 would be kept, 0 removed\n/);
  const narrower = ['--keep-last=1', '--keep-window=24h'];
  const rehearsal = await gausskeep('expire', ...narrower, '-n');
  expect(rehearsal.stderr).toBe('');
  expect(rehearsal.stdout.split('\n')).toEqual([
    'orders: 2 would be kept, 1 removed',
    `  remove  ${oldest.name.slice(0, 16)}`,
    expect.stringMatching(/^ {2}keep {4}\d{8}T\d{6}Z {2}the window begins with it$/),
    expect.stringMatching(/^ {2}keep {4}\d{8}T\d{6}Z {2}last, within, window$/),
    '1 removed backup would not be deleted yet:',
    expect.stringMatching(
      new RegExp(`^ {2}${oldest.name.slice(0, 16)} {2}from \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d on$`),
    ),
    '',
  ]);
  expect(readdirSync(join(instanceFolder, 'commits'))).toHaveLength(3);
  const records = JSON.parse((await gausskeep('expire', ...narrower, '-n', '--json')).stdout) as { backups: unknown };

  const real = await gausskeep('expire', ...narrower, '--json');
  expect({ status: real.status, stderr: real.stderr }).toEqual({ status: 0, stderr: '' });
  expect(JSON.parse(real.stdout)).toEqual({
    ...{ messageType: 'expire', instance: 'orders', dryRun: false, backups: records.backups },
    ...{ deleted: [], waiting: [oldest.name], packs: 0, bytes: 0, lockedPacks: null, passedOver: [], wal: [] },
    waitingFor: [{ id: oldest.name, dueAt: expect.any(String) as string, obstacles: ['grace'] }],
    ...{ holds: [], mayDelete: null },
  });
  const listed = await gausskeep('list');
  expect(listed.stdout).toMatch(new RegExp(`${oldest.name.slice(0, 16)} .* being removed\n`));

  const anHourAgo = Date.now() / 1000 - 3600;
  utimesSync(join(instanceFolder, `removals/${oldest.backup}.json`), anHourAgo, anHourAgo);
  const later = await gausskeep('expire', ...narrower, '--grace', '30min');
  expect(later.stdout).toMatch(/^orders: 2 kept, 0 removed\n/);
  expect(later.stdout).toMatch(/\n1 backup deleted that had been removed before: \d+ packs?, .*\n$/);
  expect(readdirSync(join(instanceFolder, 'commits'))).toHaveLength(2);
  expect(readdirSync(join(instanceFolder, 'packs'))).not.toContain(oldest.backup);
  expect((await gausskeep('list', '--json')).stdout.trim().split('\n')).toHaveLength(2);
});

it('removes nothing without a rule, or with one that cannot be meant', async () => {
  const { place } = await repositoryWith(100, 2);
  const env = { GAUSSKEEP_REPO: place, GAUSSKEEP_INSTANCE: 'orders' };
  for (const [words, status] of [
    [[], 2],
    [['--keep-minimum', '1'], 2],
    [['--keep-within', '0d'], 2],
    [['--keep-last', '0'], 2],
    [['--keep-last', '1', '--grace', '1min'], 2],
    [['--keep-last', '1', '--time-zone', 'Nowhere/Else'], 2],
    [['--keep-last', '1', '--instance', 'stock'], 16],
    [['--keep-last', '1', '--repo', join(place, 'none')], 10],
    [['--keep-last', '1', 'orders'], 2],
  ] as const) {
    const result = await runProgram('gausskeep', ['expire', ...words], { env });
    expect({ words, status: result.status, stdout: result.stdout }).toEqual({ words, status, stdout: '' });
  }
  expect(readdirSync(join(place, 'instances/orders/commits'))).toHaveLength(2);
  expect(readdirSync(join(place, 'instances/orders'))).not.toContain('removals');
});
