/**
 * Every call of the file system that a program makes fails once, in its main thread and in its others: with what a full disk,
 * a used-up quota and a broken disk say. One call for each fault; `npm run test:all` lets one fail at each place
 * of the programs that makes such calls.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pathsBelow } from '../support/backups.ts';
import { failCall } from '../support/faulty-calls.ts';
import { pictureOf } from '../support/killed-programs.ts';
import { mapping, runBackup } from '../support/opengauss/backup-run.ts';
import type { TestDataDirectory } from '../support/opengauss/data-directory.ts';
import { startOpengaussServer, type OpengaussServer } from '../support/opengauss/server.ts';
import { runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { runProgram, temporaryDirectory } from '../support/programs.ts';
import {
  brokenDisk,
  failEachCall,
  fullDisk,
  hintsOnly,
  unreadable,
  usedQuota,
  type Fault,
  type Scenario,
} from './file-calls.ts';
import { everyFault } from './every-fault.ts';
import { statusesOf } from './call-faults.ts';
import { makeSoundSource } from './sound-source.ts';

let server: OpengaussServer;
let data: TestDataDirectory;
/** Backups of it, plain and tar.gz. */
let plain: string;
let tar: string;

const absolute = (to: string): string[] => mapping(data.tablespaces[1]!.path, to);

beforeAll(async () => {
  data = makeSoundSource(join(temporaryDirectory('source'), 'data'), ['relative', 'absolute']);
  server = await startOpengaussServer({ dataDirectory: data.path, tablespaces: data.tablespaces });
  [plain, tar] = [join(temporaryDirectory('plain'), 'backup'), join(temporaryDirectory('tar'), 'backup')];
  for (const args of [
    ['-D', plain, ...absolute(`${plain}-space`)],
    ['-D', tar, '-Ft', '-z'],
  ]) {
    const result = await runBackup(server, [...args, '-c', 'fast', '--no-sync']);
    expect(result.status, result.stderr).toBe(0);
  }
});

afterAll(async () => {
  const { failures, violations } = server;
  await server.stop();
  expect([failures, violations]).toEqual([[], []]);
});

/** What is different in each backup: where it began, and the WAL of it. */
const ofTheMoment =
  /(?:^|\/)(?:backup_label|backup_manifest|gausskeep\.json|pg_xlog\.tar(?:\.gz)?|base\.tar(?:\.gz)?|pg_xlog\/.*)$/;

function picture(root: string): Record<string, string> {
  const shown = pictureOf({ root });
  return Object.fromEntries(
    Object.entries(shown)
      .filter(([name]) => !name.includes('.gausskeep.recovery'))
      .map(([name, what]) => (ofTheMoment.test(name) ? [name.replaceAll(/[0-9A-F]{24}/g, '*'), ''] : [name, what])),
  );
}

function emptyDirectory(root: string): void {
  for (const name of readdirSync(root)) rmSync(join(root, name), { recursive: true });
}

function backup(...options: string[]): Scenario {
  const root = temporaryDirectory('out');
  const target = join(root, 'new/backup');
  return {
    roots: [root],
    reset: () => emptyDirectory(root),
    run: (env) =>
      runBackup(server, ['-D', target, '-c', 'fast', ...absolute(join(root, 'space')), ...options], { env }),
    cleans: true,
    picture: () => picture(root),
    leftOver: () => (pathsBelow(root).length === 0 ? undefined : looksFinished(target)),
  };
}

function looksFinished(target: string): 'unfinished' | 'looks finished' {
  const names = ['global/pg_control', 'base.tar', 'base.tar.gz'];
  return names.some((name) => existsSync(join(target, name))) ? 'looks finished' : 'unfinished';
}

function restore(from: () => string, ...options: string[]): Scenario {
  const root = temporaryDirectory('copy');
  const [target, space] = [join(root, 'new/data'), join(root, 'space')];
  return {
    roots: [root],
    reset: () => emptyDirectory(root),
    run: (env) =>
      runProgram('gausskeep', ['restore', '--from', from(), '-D', target, '-T', `16422=${space}`, ...options], { env }),
    done: 3,
    cleans: true,
    harmless: hintsOnly,
    picture: () => picture(root),
    leftOver: () => (pathsBelow(root).length === 0 ? undefined : looksFinished(target)),
  };
}

/** The same, where it is the backup that cannot be read. */
function restoreOf(from: string, ...options: string[]): Scenario {
  const scenario = restore(() => from, ...options);
  return { ...scenario, roots: [from] };
}

function verify(backup: string): Scenario {
  return {
    roots: [backup],
    reset: () => undefined,
    run: (env) => runProgram('gausskeep', ['verify', backup], { env: { GAUSSKEEP_CACHE: '', ...env } }),
    harmless: { 'a directory that was read before': /^stat \$0\/pg_errorinfo$/ },
    picture: () => '',
    leftOver: () => undefined,
  };
}

/** Every call that gives a file to an account is refused, as by FAT or by a file server that makes root nobody. */
it.runIf(runningAsRoot)(
  'an owner that the file system does not take is told at the end, and the copy is whole',
  async () => {
    const scenario = restore(() => plain, `--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`);
    const plainly = restore(() => plain);
    expect((await plainly.run({})).status).toBe(3);
    const { env } = failCall(scenario.roots, { call: 'owner *', nth: 1 }, { code: 'EPERM', stays: false });
    const { status, stderr } = await scenario.run(env);
    expect(status, stderr).toBe(3);
    expect(stderr).toMatch(
      /warning: \d+ entries of "[^"]*\/new\/data" could not be given to \d+:\d+, the first is "[^"]*\/new\/data": operation not permitted \(EPERM\)/,
    );
    expect(scenario.picture()).toEqual(plainly.picture());
  },
);

it('a disk that is full when a file is made in a thread is told as that', async () => {
  const scenario = restore(() => plain);
  scenario.reset();
  const call = { call: 'create $0/new/data/base/16412/14230', nth: 1 };
  // This call alone: of several threads on a full disk any may be the first to tell.
  const fault = failCall(scenario.roots, call, { code: 'ENOSPC', stays: false });
  const { status, stderr } = await scenario.run(fault.env);
  expect([status, fault.struck()], stderr).toEqual([13, true]);
  expect(stderr).toMatch(/error: could not create "[^"]*\/14230": no space left on device \(ENOSPC\)/);
  expect(scenario.leftOver()).toBeUndefined();
});

it('a mode that the file system does not take ends the restore, which leaves nothing', async () => {
  const scenario = restore(() => plain);
  scenario.reset();
  const { env } = failCall(scenario.roots, { call: 'mode *', nth: 1 }, { code: 'EPERM', stays: false });
  const { status, stderr } = await scenario.run(env);
  expect(status, stderr).toBe(13);
  expect(stderr).toMatch(/error: could not set the permissions of "[^"]*": operation not permitted \(EPERM\)/);
  expect(scenario.leftOver()).toBeUndefined();
});

const scenarios: readonly [string, () => Scenario, readonly Fault[]][] = [
  ['gs_basebackup -F p', () => backup(), [fullDisk, usedQuota, brokenDisk]],
  ['gs_basebackup -F t -z', () => backup('-Ft', '-z'), [fullDisk, usedQuota, brokenDisk]],
  ['restore of a plain backup', () => restore(() => plain), [fullDisk, usedQuota, brokenDisk]],
  ['restore of a tar backup', () => restore(() => tar), [fullDisk, usedQuota, brokenDisk]],
  ['restore of a plain backup on a bad disk', () => restoreOf(plain), [unreadable]],
  ['verify of a plain backup', () => verify(plain), [unreadable]],
];

/** What a short run leaves out. */
const likeOthers: typeof scenarios = [
  ['restore of a tar backup on a bad disk', () => restoreOf(tar), [unreadable]],
  ['verify of a tar backup', () => verify(tar), [unreadable]],
];

describe('a call that fails', { timeout: everyFault ? 3_600_000 : 600_000 }, () => {
  it.each(everyFault ? [...scenarios, ...likeOthers] : scenarios)('%s', async (program, make, faults) => {
    const { failed, found } = await failEachCall(make(), faults, statusesOf(program));
    expect(failed).toBeGreaterThan(0);
    expect(found.join('\n')).toBe('');
  });
});
