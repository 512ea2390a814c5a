/** Files and directories that an account may not read or write, a full device as standard output, and two runs on one target. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pathsBelow } from '../support/backups.ts';
import { runBackup } from '../support/opengauss/backup-run.ts';
import { startOpengaussServer, type OpengaussServer } from '../support/opengauss/server.ts';
import { giveToServerUser, runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { programPath, runProgram, startCommand, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { makeSoundSource } from './sound-source.ts';

let server: OpengaussServer;
let backup: string;

beforeAll(async () => {
  const data = makeSoundSource(join(temporaryDirectory('source'), 'data'), []);
  server = await startOpengaussServer({ dataDirectory: data.path, tablespaces: [] });
  backup = join(temporaryDirectory('made'), 'backup');
  const made = await runBackup(server, ['-D', backup, '-c', 'fast', '--no-sync']);
  expect(made.status, made.stderr).toBe(0);
});

afterAll(async () => {
  const { failures } = server;
  await server.stop();
  expect(failures).toEqual([]);
});

/** Runs with standard output on a device that takes nothing. */
function intoFullDevice(program: string, args: readonly string[]): Promise<ProgramResult> {
  const words = [process.execPath, programPath(program), ...args];
  return startCommand('sh', ['-c', 'exec "$@" >/dev/full', 'sh', ...words], {}).result;
}

function expectSentence({ status, stderr }: ProgramResult, expected: number, text: RegExp): void {
  expect(status, stderr).toBe(expected);
  expect(stderr).toMatch(text);
  expect(stderr).not.toMatch(/internal error|\n\s+at .*:\d+/);
}

it('a result that cannot be printed is an error, and what was to be done besides is done', async () => {
  const full =
    /could not write to standard output: no space left on device \(ENOSPC\)\n.*hint: .* Free space there\.\n/;
  for (const options of [[], ['--json']]) {
    expectSentence(await intoFullDevice('gausskeep', ['verify', backup, ...options]), 13, full);
    const target = join(temporaryDirectory('copy'), 'data');
    const words = ['restore', '--from', backup, '-D', target, '--no-sync', ...options];
    expectSentence(await intoFullDevice('gausskeep', words), 13, full);
    expect(existsSync(join(target, 'global/pg_control'))).toBe(true);
    expect(readdirSync(target).filter((name) => name.startsWith('.gausskeep'))).toEqual(['.gausskeep.recovery']);
  }
  expectSentence(await intoFullDevice('gausskeep', ['--help']), 13, full);
});

it.runIf(runningAsRoot)('what another account may not read or write is named, and nothing is left', async () => {
  const root = temporaryDirectory('denied');
  const own = join(root, 'backup');
  cpSync(backup, own, { recursive: true, verbatimSymlinks: true });
  giveToServerUser(own);
  const secret = join(own, 'base/16412/14230');
  chmodSync(secret, 0);
  const asUser = serverUser;
  const verified = await runProgram('gausskeep', ['verify', own], { asUser });
  expectSentence(verified, 13, /base\/16412\/14230.*permission denied/i);
  const place = join(root, 'place');
  mkdirSync(place);
  const denied = await runProgram('gausskeep', ['restore', '--from', backup, '-D', join(place, 'data')], { asUser });
  expectSentence(denied, 13, /permission denied/i);
  giveToServerUser(place);
  const unread = await runProgram('gausskeep', ['restore', '--from', own, '-D', join(place, 'data')], { asUser });
  expectSentence(unread, 13, /base\/16412\/14230.*permission denied/i);
  expect(pathsBelow(place)).toEqual([]);
  chmodSync(secret, 0o600);
  chmodSync(place, 0o555);
  const into = await runBackup(server, ['-D', join(place, 'new/backup'), '-c', 'fast'], { asUser });
  expectSentence(into, 1, new RegExp(`could not create "${place}/new": permission denied \\(EACCES\\)`));
  expect(readdirSync(place)).toEqual([]);
  // A group that the account is not in: it is not the file system that refuses, and the copy is whole.
  chmodSync(place, 0o700);
  const given = [
    'restore',
    '--from',
    own,
    '-D',
    join(place, 'data'),
    '--no-sync',
    '--owner',
    `${String(serverUser.uid)}:0`,
  ];
  const kept = await runProgram('gausskeep', given, { asUser });
  expectSentence(kept, 3, /warning: \d+ entries of "[^"]*" could not be given to \d+:0, .*operation not permitted/);
  expect(kept.stderr).not.toMatch(/file system/);
  expect(existsSync(join(place, 'data/global/pg_control'))).toBe(true);
});

it('a backup that gets no more descriptors says so in one sentence, wherever that strikes, and leaves nothing', async () => {
  const statuses = new Set<number | null>();
  for (const limit of [20, 24, 28, 32, 256]) {
    const target = join(temporaryDirectory('few'), 'backup');
    const words = ['-h', '127.0.0.1', '-p', String(server.sqlPort), '-U', 'backup', '-w', '-D', target, '-c', 'fast'];
    const line = `ulimit -n ${String(limit)}; exec "$@"`;
    const program = startCommand('sh', ['-c', line, 'sh', process.execPath, programPath('gs_basebackup'), ...words], {
      env: { PGPASSWORD: 'Backup@1234' },
    });
    const result = await program.result;
    statuses.add(result.status);
    if (result.status === 0) continue;
    expectSentence(result, 1, /^gs_basebackup: error: .*too many open files/im);
    expect(existsSync(target)).toBe(false);
  }
  // Both were seen.
  expect([...statuses].sort()).toEqual([0, 1]);
});

it('two restores of one target: one is refused, and the other is complete', async () => {
  const target = join(temporaryDirectory('both'), 'data');
  const words = ['restore', '--from', backup, '-D', target, '--no-sync'];
  const results = await Promise.all([1, 2].map(() => runProgram('gausskeep', words)));
  const refused = results.filter(({ status }) => status === 11 || status === 17);
  expect(refused, results.map(({ stderr }) => stderr).join('\n')).toHaveLength(1);
  expect(refused[0]?.stderr).toContain(target);
  expect(existsSync(join(target, 'global/pg_control'))).toBe(true);
  // What is there is whole: brought up to date, nothing of it changes.
  const files = pathsBelow(target).length;
  const again = await runProgram('gausskeep', [...words, '--delta']);
  expect([0, 3]).toContain(again.status);
  expect(pathsBelow(target)).toHaveLength(files);
});

it('several restores and verifications of one backup at the same time do not disturb each other', async () => {
  const home = temporaryDirectory('several');
  const targets = ['one', 'two'].map((name) => join(home, name));
  const runs = [
    ...targets.map((target) => ['restore', '--from', backup, '-D', target, '--no-sync']),
    ['verify', backup],
    ['verify', backup],
  ];
  const alone = await runProgram('gausskeep', ['verify', backup]);
  const results = await Promise.all(runs.map((words) => runProgram('gausskeep', words)));
  for (const { status, stderr } of results.slice(0, 2)) expect([0, 3], stderr).toContain(status);
  for (const { status, stdout } of results.slice(2)) expect([status, stdout]).toEqual([alone.status, alone.stdout]);
  const [one, two] = targets.map((target) => pathsBelow(target));
  expect(one).toEqual(two);
  expect(one).toContain('global/pg_control');
});

it('a hundred tablespaces have each its place', async () => {
  const home = temporaryDirectory('many');
  const set = join(home, 'set');
  mkdirSync(set);
  const oids = Array.from({ length: 100 }, (_, index) => String(20_000 + index));
  const base = join(home, 'base');
  cpSync(backup, base, { recursive: true, verbatimSymlinks: true });
  writeFileSync(join(base, 'tablespace_map'), oids.map((oid) => `${oid} /source/${oid}\n`).join(''));
  rmSync(join(base, 'gausskeep.json'), { force: true });
  execFileSync('tar', ['--format=ustar', '-cf', join(set, 'base.tar'), '-C', base, ...readdirSync(base)]);
  const space = 'PG_9.2_201611171_n1/16412';
  mkdirSync(join(home, space), { recursive: true });
  writeFileSync(join(home, space, '1'), 'in each');
  execFileSync('tar', ['--format=ustar', '-cf', join(home, 'space.tar'), '-C', home, space]);
  for (const oid of oids) cpSync(join(home, 'space.tar'), join(set, `${oid}.tar`));
  const target = join(home, 'data');
  const places = oids.flatMap((oid) => ['-T', `${oid}=${join(home, 'spaces', oid)}`]);
  const result = await runProgram('gausskeep', ['restore', '--from', set, '-D', target, '--no-sync', ...places]);
  expect([0, 3], result.stderr).toContain(result.status);
  for (const oid of oids) {
    expect(readlinkSync(join(target, 'pg_tblspc', oid))).toBe(join(home, 'spaces', oid));
    expect(readFileSync(join(home, 'spaces', oid, space, '1'), 'utf8')).toBe('in each');
  }
});
