/** What commands say that choose a backup where a commit cannot be read, was condemned, or is on its way out. */
import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { openRepository } from '../../src/index.ts';
import type { Commit } from '../../src/repository/commit.ts';
import { claimInstance } from '../../src/repository/instance.ts';
import { openInstance } from '../../src/repository/open-instance.ts';
import { putCommit } from '../../src/repository/put-commit.ts';
import { condemnBackup } from '../../src/repository/put-mark.ts';
import { putRemoval } from '../../src/repository/removal.ts';
import { runProgram, temporaryDirectory } from '../support/programs.ts';
import { sampleCommit } from '../support/repository-instance.ts';
import { runDirectory } from '../support/run-directory.ts';

afterAll(() => runDirectory().clear());

let place: string;
let older: Commit;
let newer: Commit;
const gausskeep = (...words: string[]) =>
  runProgram('gausskeep', words, { env: { GAUSSKEEP_REPO: place, GAUSSKEEP_INSTANCE: 'orders' }, input: '' });
const storage = async () => (await openInstance(await openRepository(place), 'orders')).storage;
const pathOf = ({ backup }: Commit): string => join(place, `instances/orders/commits/${backup}.json`);

function damage(commit: Commit): void {
  const bytes = readFileSync(pathOf(commit));
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(pathOf(commit), bytes);
}

const target = (): string => join(temporaryDirectory('target'), 'data');
/** What only reads, and needs more than there is here: what it says before that counts. */
const readers = (): string[][] => [
  ['export', 'latest', '--to', target()],
  ['restore', '--pgdata', target(), '--backup', 'latest', '--plan'],
  ['restore', '--pgdata', target(), '--target-immediate'],
  ['window'],
];

beforeEach(async () => {
  place = join(temporaryDirectory('repository'), 'repo');
  await gausskeep('repo', 'init', place);
  [older, newer] = [sampleCommit({}, '2026-11-20T03:15:00.000Z'), sampleCommit({}, '2026-11-21T03:15:00.000Z')];
  const { systemIdentifier, product } = older;
  const instance = await openInstance(await openRepository(place), 'orders');
  await claimInstance(instance, { systemIdentifier, product });
  for (const commit of [older, newer]) {
    await putCommit(instance.storage, commit);
    const endedAt = new Date(commit.endedAt);
    utimesSync(pathOf(commit), endedAt, endedAt);
  }
});

describe('a commit that cannot be read', () => {
  it('is told by whoever takes another backup in its place', async () => {
    damage(newer);
    for (const words of readers()) {
      const { stderr } = await gausskeep(...words);
      expect(stderr, words.join(' ')).toContain(`warning: the commit of backup ${newer.backup} cannot be read (`);
      expect(stderr, words.join(' ')).toContain('): it is passed over\n');
    }
  });

  it('is told nowhere where it is of an older one', async () => {
    damage(older);
    const endedAt = new Date(older.endedAt);
    utimesSync(pathOf(older), endedAt, endedAt);
    const { stderr } = await gausskeep('export', 'latest', '--to', target());
    expect(stderr).not.toContain('passed over');
    expect((await gausskeep('pin', 'latest')).status).toBe(0);
  });

  it('lets nobody say anything about the latest', async () => {
    damage(newer);
    for (const words of [['pin'], ['unpin'], ['condemn']]) {
      expect(await gausskeep(...words, 'latest'), words[0]).toMatchObject({ status: 20, stdout: '' });
    }
    const { status, stderr } = await gausskeep('note', 'latest', 'text');
    expect(status).toBe(20);
    expect(stderr).toContain(`the commit of backup ${newer.backup} cannot be read`);
    expect((await gausskeep('pin', older.name)).status).toBe(0);
  });

  it('is told to whoever names it, as far as that can be known', async () => {
    damage(newer);
    for (const wanted of ['20261121T03', newer.name, newer.name.slice(0, 24), newer.backup.slice(0, 8)]) {
      const { status, stderr } = await gausskeep('restore', '--pgdata', target(), '--backup', wanted, '--plan');
      expect({ wanted, status }).toEqual({ wanted, status: 20 });
      expect(stderr).toContain(newer.backup);
    }
    expect((await gausskeep('pin', 'nightly')).status).toBe(16);
  });
});

it('a backup that is being removed is told to be that', async () => {
  await putRemoval(await storage(), { backup: newer.backup, reason: 'retention', minimum: 1 });
  for (const words of [
    ['pin'],
    ['restore', '--pgdata', target(), '--plan', '--backup'],
    ['export', '--to', target()],
  ]) {
    const { status, stderr } = await gausskeep(...words, newer.name.slice(0, 16));
    expect(status, words[0]).toBe(16);
    expect(stderr).toMatch(
      new RegExp(`backup ${newer.name} was taken off the catalogue at 20\\S+: it is being removed`),
    );
    expect(stderr).toMatch(/Nothing takes that back/);
  }
});

it('a condemned backup that is named is told to be that', async () => {
  await condemnBackup(await storage(), older.backup, { text: 'wrong rows' });
  for (const words of [
    ['restore', '--pgdata', target(), '--plan', '--backup'],
    ['export', '--to', target()],
  ]) {
    const { stderr } = await gausskeep(...words, older.name);
    expect(stderr).toContain(`warning: backup ${older.name} is condemned: wrong rows\n`);
  }
});
