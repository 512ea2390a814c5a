/** `gausskeep repo init` and `gausskeep list`, on repositories in directories. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openRepository } from '../../src/index.ts';
import { claimInstance } from '../../src/repository/instance.ts';
import { openInstance } from '../../src/repository/open-instance.ts';
import { putCommit } from '../../src/repository/put-commit.ts';
import { condemnBackup, pinBackup } from '../../src/repository/put-mark.ts';
import type { Commit } from '../../src/repository/commit.ts';
import { runProgram, startProgramOnTerminal, temporaryDirectory } from '../support/programs.ts';
import { sampleCommit } from '../support/repository-instance.ts';
import { runDirectory } from '../support/run-directory.ts';

afterAll(() => runDirectory().clear());

const gausskeep = (words: readonly string[], env: Record<string, string> = {}, input = '') =>
  runProgram('gausskeep', words, { env, input });
const newPlace = (): string => join(temporaryDirectory('repository'), 'repo');

function passwordFile(text: string): string {
  const path = join(temporaryDirectory('password'), 'password');
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

const openWith = (place: string, password: string | undefined) =>
  openRepository(place, { password: password === undefined ? undefined : () => Promise.resolve(password) });

/** Commits backups of an instance, without their content. */
async function commit(place: string, name: string, commits: readonly Commit[], password?: string): Promise<void> {
  const repository = await openWith(place, password);
  const { systemIdentifier, product } = commits[0] ?? sampleCommit();
  const { storage } = await claimInstance(await openInstance(repository, name), { systemIdentifier, product });
  for (const one of commits) await putCommit(storage, one);
}

describe('repo init', () => {
  it('makes a repository of a directory that is missing or empty, once', async () => {
    const place = newPlace();
    const made = await gausskeep(['repo', 'init', place]);
    expect(made).toMatchObject({ status: 0, stdout: '' });
    expect(made.stderr).toBe(`gausskeep repo init: "${place}" is now a repository\n`);
    expect(statSync(place).mode & 0o777).toBe(0o700);
    const again = await gausskeep(['repo', 'init', place, '--json']);
    expect(again.status).toBe(17);
    expect(JSON.parse(again.stdout)).toMatchObject({ messageType: 'error', code: 'TARGET_NOT_EMPTY' });
    expect(readdirSync(place)).toEqual(['gausskeep-repository.json']);
  });

  it('takes the place from the environment, and tells it as JSON', async () => {
    const place = newPlace();
    const { status, stdout } = await gausskeep(['repo', 'init', '--json'], { GAUSSKEEP_REPO: place });
    expect(status).toBe(0);
    const record = JSON.parse(stdout) as { repository: string };
    expect(record).toMatchObject({ messageType: 'repository', directory: place, isEncrypted: false });
    expect(record.repository).toMatch(/^[0-9a-f]{32}$/);
  });

  it('leaves a directory alone that holds something else', async () => {
    const place = newPlace();
    mkdirSync(place);
    writeFileSync(join(place, 'mine'), '');
    expect((await gausskeep(['repo', 'init', place])).status).toBe(17);
    expect(readdirSync(place)).toEqual(['mine']);
  });

  it.each([
    [['repo', 'init'], 2],
    [['repo', 'init', 'a', 'b'], 2],
    [['repo', 'init', 'a', '--repo', 'b'], 2],
    [['repo', 'init', 'a', '--password-file', 'b'], 2],
    [['repo', 'init', 'a', '--encrypt', '--password-file', 'none-there'], 2],
    [['repo', 'init', '/proc/none/none'], 10],
  ])('%j is refused', async (words, status) => {
    expect(await gausskeep(words)).toMatchObject({ status, stdout: '' });
  });

  it('with a password of a file opens with that, of a command as well, and with no other', async () => {
    const place = newPlace();
    const file = passwordFile('s3cret 密码\n');
    const made = await gausskeep(['repo', 'init', place, '--encrypt', '--password-file', file]);
    expect(made).toMatchObject({ status: 0, stdout: '' });
    expect(readdirSync(place).sort()).toEqual(['gausskeep-repository.json', 'keys']);
    const list = (...words: string[]) => gausskeep(['list', '--repo', place, ...words]);
    expect((await list('--password-file', file)).status).toBe(0);
    expect((await list('--password-command', `cat ${file}`)).status).toBe(0);
    expect((await gausskeep(['list', '--repo', place], {}, 's3cret 密码\n')).status).toBe(0);
    const wrong = await list('--password-file', passwordFile('other'));
    expect(wrong).toMatchObject({ status: 12, stdout: '' });
    expect((await gausskeep(['list', '--repo', place])).status).toBe(12);
    for (const { stderr } of [made, wrong]) expect(stderr).not.toMatch(/s3cret|other/);
  });

  it('leaves no directory behind where the password cannot be had', async () => {
    const place = newPlace();
    const init = () => gausskeep(['repo', 'init', place, '--encrypt', '--password-file', `${place}.none`]);
    expect((await init()).status).toBe(2);
    expect(existsSync(place)).toBe(false);
    mkdirSync(place);
    expect((await init()).status).toBe(2);
    expect(existsSync(place)).toBe(true);
  });

  it('takes a password once, and says of a removed key only what was looked at', async () => {
    const place = newPlace();
    const file = passwordFile('s3cret');
    const key = (...words: string[]) => gausskeep(['repo', 'key', ...words, '--repo', place, '--password-file', file]);
    await gausskeep(['repo', 'init', place, '--encrypt', '--password-file', file]);
    const id = (await key('list')).stdout.slice(0, 32);
    const again = await key('add', '--new-password-file', passwordFile('s3cret\n'));
    expect(again.status).toBe(2);
    expect(again.stderr).toContain(`it is that of key ${id}\n`);
    expect((await key('add', '--new-password-file', passwordFile('other'))).status).toBe(0);
    const removed = await key('remove', id);
    expect(removed.status).toBe(0);
    expect(removed.stderr).toContain(`key ${id} is removed; its password may be that of another key too`);
  });

  it('asks twice on a terminal, shows nothing of it, and makes nothing where the two differ', async () => {
    const place = newPlace();
    const ask = async (first: string, second: string): Promise<{ status: number | null; stdout: string }> => {
      const program = startProgramOnTerminal('gausskeep', ['repo', 'init', place, '--encrypt']);
      await program.output(/New password of repository/);
      program.stdin.write(`${first}\r`);
      await program.output(/The same again/);
      program.stdin.write(`${second}\r`);
      return program.result;
    };
    const differing = await ask('s3cret', 's4cret');
    expect(differing.status).toBe(2);
    expect(differing.stdout).not.toContain('cret');
    expect(existsSync(place)).toBe(false);
    expect((await ask('s3cret', 's3cret')).status).toBe(0);
    expect((await gausskeep(['list', '--repo', place], {}, 's3cret\n')).status).toBe(0);
  });
});

describe('list', () => {
  it.each([
    ['in clear', undefined],
    ['encrypted', 's3cret'],
  ])('shows the instances of a repository, their backups, and what was said of them: %s', async (_, password) => {
    const place = newPlace();
    const given = password === undefined ? [] : ['--password-file', passwordFile(password)];
    await gausskeep(['repo', 'init', place, ...(password === undefined ? [] : ['--encrypt']), ...given]);
    const list = (...words: string[]) => gausskeep(['list', '--repo', place, ...given, ...words]);
    expect(await list()).toEqual({
      ...{ status: 0, signal: null, stdout: '' },
      stderr: `gausskeep list: "${place}" holds no instance yet\n`,
    });
    const days = ['20', '21', '22'].map((day) => sampleCommit({ note: `day ${day}` }, `2026-11-${day}T03:15:00.000Z`));
    await commit(place, 'orders', days, password);
    await commit(place, 'billing', [sampleCommit()], password);
    const repository = await openWith(place, password);
    const { storage } = await openInstance(repository, 'orders');
    const [first, second] = days;
    if (first === undefined || second === undefined) throw new Error('too few');
    await pinBackup(storage, first.backup, { until: undefined, text: 'audit' });
    await condemnBackup(storage, second.backup, { text: 'wrong rows' });

    const { status, stdout, stderr } = await list();
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const lines = stdout.split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.findIndex((line) => line.startsWith('billing: PostgreSQL 17.2, system identifier'))).toBe(0);
    expect(lines.filter((line) => line.startsWith('  2026'))).toEqual([
      expect.stringMatching(/^ {2}20261122T150000Z {2}2026-11-22 15:01 .* complete$/),
      expect.stringMatching(/^ {2}20261120T031500Z {2}2026-11-20 03:16 {2}300 B {2}200 B {2}complete, pinned$/),
      expect.stringMatching(/ condemned$/),
      expect.stringMatching(/ complete$/),
    ]);
    expect(stdout).toMatch(/ {4}note: day 20\n {4}pinned for good by .*: audit\n/);
    expect(stdout).toMatch(/ {4}condemned on .* by .*: wrong rows\n/);
    expect(stdout).toContain('  3 backups since 2026-11-20 03:16, which wrote 600 B\n  no WAL in the archive\n');

    const records = (await list('--instance', 'orders', '--json')).stdout.trim().split('\n');
    expect(records.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { instance: 'orders', id: first.name, state: 'complete', pins: [{ until: null, reason: 'audit' }] },
      { instance: 'orders', id: second.name, state: 'condemned', condemned: { reason: 'wrong rows' }, pins: [] },
      { instance: 'orders', id: days[2]?.name, state: 'complete', condemned: null, startLsn: '0/2000028' },
    ]);
    expect(await list('--instance', 'stock')).toMatchObject({ status: 16, stdout: '' });
  });

  it('tells what it cannot read, and shows the rest', async () => {
    const place = newPlace();
    await gausskeep(['repo', 'init', place]);
    const [good, bad] = [sampleCommit(), sampleCommit()];
    await commit(place, 'orders', [good, bad]);
    await commit(place, 'stock', [sampleCommit()]);
    const damage = (path: string): void => {
      const bytes = readFileSync(join(place, path));
      bytes[bytes.length >> 1]! ^= 1;
      writeFileSync(join(place, path), bytes);
    };
    damage(`instances/orders/commits/${bad.backup}.json`);
    damage('instances/stock/instance.json');
    const { status, stdout, stderr } = await gausskeep(['list', '--repo', place]);
    expect(status).toBe(3);
    expect(stdout).toContain(`  ${good.name.slice(0, 16)}`);
    expect(stdout).toMatch(new RegExp(`^ {2}${bad.backup.slice(0, 16)} +damaged$`, 'm'));
    expect(stderr).toMatch(new RegExp(`warning: instance orders: .*commits/${bad.backup}\\.json cannot be read: `));
    expect(stderr).toMatch(/warning: instance stock: .* cannot be read: /);
    const alone = await gausskeep(['list', '--repo', place, '--instance', 'stock']);
    expect(alone).toMatchObject({ status: 20, stdout: '' });
  });

  it('has an error of its own for what is no repository, of a newer format, or has no use for a password', async () => {
    const place = newPlace();
    mkdirSync(place);
    const list = (...words: string[]) => gausskeep(['list', '--repo', place, ...words]);
    expect((await list()).status).toBe(10);
    expect((await gausskeep(['list', '--repo', join(place, 'none')])).status).toBe(10);
    expect((await gausskeep(['list'])).status).toBe(2);
    await gausskeep(['repo', 'init', place]);
    expect((await list('--password-file', passwordFile('s3cret'))).status).toBe(2);
    writeFileSync(join(place, 'gausskeep-repository.json'), 'nonsense');
    expect((await list()).status).toBe(20);
  });
});

describe('what is said about a backup', () => {
  it('is stored with it, shown, and taken back', async () => {
    const place = newPlace();
    await gausskeep(['repo', 'init', place]);
    const [older, newer] = [
      sampleCommit({}, '2026-11-20T03:15:00.000Z'),
      sampleCommit({ note: 'first' }, '2026-11-21T03:15:00.000Z'),
    ];
    await commit(place, 'orders', [older, newer]);
    const env = { GAUSSKEEP_REPO: place, GAUSSKEEP_INSTANCE: 'orders' };
    const say = async (...words: string[]): Promise<string> => {
      const { status, stdout, stderr } = await gausskeep(words, env);
      expect({ status, stdout }, stderr).toEqual({ status: 0, stdout: '' });
      return stderr;
    };
    const listed = async (): Promise<Record<string, unknown>[]> => {
      const { stdout } = await gausskeep(['list', '--json'], env);
      return stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    };
    expect(await say('pin', '20261120', '--until', '2099-12-31', '--reason', 'audit')).toBe(
      `gausskeep pin: ${older.name} is pinned to the end of 2099-12-31\n`,
    );
    expect(await say('note', 'latest', '')).toContain(`${newer.name} has no note now`);
    expect(await say('note', 'latest', 'second')).toContain(newer.name);
    expect(await say('condemn', newer.backup.slice(0, 12), '--reason=rows')).toContain(newer.name);
    // What is condemned is not the latest any more.
    expect(await say('pin', 'latest')).toContain(`${older.name} is pinned for good`);
    expect(await listed()).toMatchObject([
      {
        state: 'complete',
        pins: [
          { until: '2099-12-31T23:59:59.000Z', reason: 'audit' },
          { until: null, reason: null },
        ],
      },
      { state: 'condemned', note: 'second', condemned: { reason: 'rows' }, pins: [] },
    ]);
    expect(await say('unpin', older.name)).toContain('is not pinned any more');
    expect(await say('unpin', older.name)).toContain('was not pinned');
    expect(await say('condemn', newer.name, '--lift')).toContain('is not condemned any more');
    expect(await listed()).toMatchObject([{ pins: [] }, { state: 'complete', condemned: null, note: 'second' }]);
    for (const [words, status] of [
      [['pin'], 2],
      [['pin', '2026'], 2],
      [['pin', 'latest', '--until', '2020-01-01'], 2],
      [['pin', 'latest', 'more'], 2],
      [['note', 'latest'], 2],
      [['note', 'latest', 'two', 'words'], 2],
      [['unpin', '2031'], 16],
      [['condemn', 'latest', '--instance', 'stock'], 16],
      [['condemn', 'latest', '--lift'], 2],
      [['verify', '--read-data', '10%'], 2],
    ] as const) {
      expect((await gausskeep(words, env)).status, words.join(' ')).toBe(status);
    }
    expect((await gausskeep(['verify', '--read-data', '10GB'], env)).stderr).toContain('--read-data=10GB\n');
    for (const { name } of [older, newer]) await say('condemn', name);
    const { status, stderr } = await gausskeep(['pin', 'latest'], env);
    expect(status).toBe(16);
    expect(stderr).toContain('condemn NAME --lift');
  });
});
