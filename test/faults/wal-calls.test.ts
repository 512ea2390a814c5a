/** As file-calls.test.ts, for what stores and fetches WAL, and for what only reads. */
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pathsBelow } from '../support/backups.ts';
import { writeFixtureWal } from '../support/fixture-wal.ts';
import { pictureOf } from '../support/killed-programs.ts';
import { fixtureRoot } from '../support/opengauss/recordings.ts';
import { startOpengaussServer, type OpengaussServer } from '../support/opengauss/server.ts';
import { WalStore } from '../support/opengauss/wal-store.ts';
import { giveToServerUser, runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { runProgram, temporaryDirectory } from '../support/programs.ts';
import { brokenDisk, failEachCall, fullDisk, unreadable, usedQuota, type Fault, type Scenario } from './file-calls.ts';
import { everyFault } from './every-fault.ts';
import { statusesOf } from './call-faults.ts';

const segment = (digits: string): string => `0000000100000000000000${digits}`;
const systemId = 215046882207068335n;
const env = { GAUSSKEEP_CONFIG: '/dev/null' };

let server: OpengaussServer;
let data: string;
/** An archive that holds a segment. */
let filled: string;

beforeAll(async () => {
  const wal = WalStore.recorded(join(fixtureRoot, 'receivexlog-ha/wal'), systemId, 0x0780_0000n);
  server = await startOpengaussServer({ systemId, wal });
  data = temporaryDirectory('data');
  await writeFixtureWal(join(data, 'pg_xlog'));
  filled = temporaryDirectory('filled');
  const pushed = await runProgram('gausskeep', ['wal', 'push', `pg_xlog/${segment('26')}`, '--archive', filled], {
    env,
    cwd: data,
  });
  expect(pushed.status, pushed.stderr).toBe(0);
});

afterAll(async () => {
  const { failures, violations } = server;
  await server.stop();
  expect([failures, violations]).toEqual([[], []]);
});

/** Segments byte for byte, of the rest the names. */
function walPicture(root: string): [string, string][] {
  const shown = Object.entries(pictureOf({ root })).filter(([name]) => !name.includes('.gausskeep'));
  return shown.map(([name, what]) => [name, /\/[0-9A-F]{24}(?:\.partial)?$/.test(name) ? what : '']);
}

function emptyDirectory(root: string): void {
  for (const name of readdirSync(root)) rmSync(join(root, name), { recursive: true });
}

/** Of a first push, which makes the archive, or of the next one. */
function push(to: 'new' | 'filled'): Scenario {
  const root = temporaryDirectory('archive');
  const name = to === 'new' ? segment('26') : segment('27');
  const stored = (): boolean => pathsBelow(root).some((path) => path.endsWith(`/${name}.receipt`));
  return {
    roots: [root],
    reset() {
      emptyDirectory(root);
      if (to === 'filled') cpSync(filled, root, { recursive: true });
    },
    run: (more) =>
      runProgram('gausskeep', ['wal', 'push', `pg_xlog/${name}`, '--archive', root, '-Z', 'none'], {
        env: { ...env, ...more },
        cwd: data,
      }),
    picture: () => walPicture(root),
    // A receipt is the last of a push: with it, the segment must be whole.
    leftOver: () =>
      stored() && !pathsBelow(root).some((path) => path.endsWith(`/${name}`)) ? 'looks finished' : 'unfinished',
  };
}

function get(): Scenario {
  const [root, to] = [temporaryDirectory('archive'), temporaryDirectory('target')];
  return {
    roots: [root, to],
    reset() {
      emptyDirectory(root);
      emptyDirectory(to);
      cpSync(filled, root, { recursive: true });
    },
    run: (more) =>
      runProgram(
        'gausskeep',
        ['wal', 'get', segment('26'), join(to, 'RECOVERYXLOG'), '--archive', root, '--retry-for', '0'],
        {
          env: { ...env, ...more },
          cwd: data,
        },
      ),
    picture: () => walPicture(to),
    leftOver: () => (existsSync(join(to, 'RECOVERYXLOG')) ? 'looks finished' : 'unfinished'),
  };
}

function receive(): Scenario {
  const root = temporaryDirectory('received');
  return {
    roots: [root],
    reset: () => emptyDirectory(root),
    run(more) {
      const place = ['-h', server.host, '-p', String(server.sqlPort), '-U', 'backup', '-w'];
      const words = ['wal', 'receive', '-D', root, '-n', '--endpos', '0/7800000', ...place];
      return runProgram('gausskeep', words, { env: { PGPASSWORD: 'Backup@1234', ...env, ...more } });
    },
    picture: () => walPicture(root),
    leftOver: () => 'unfinished',
  };
}

const scenarios: readonly [string, () => Scenario, readonly Fault[]][] = [
  ['wal push', () => push('filled'), [fullDisk, brokenDisk, unreadable]],
  ['wal get', () => get(), [fullDisk, brokenDisk, unreadable]],
  ['wal receive', () => receive(), [fullDisk, brokenDisk, unreadable]],
];

/** What a short run leaves out. */
const likeOthers: typeof scenarios = [
  ['wal push into a new archive', () => push('new'), [fullDisk, usedQuota, brokenDisk]],
];

it.runIf(runningAsRoot)('what another account may not read or write is no absence, and is named', async () => {
  const home = temporaryDirectory('denied');
  const own = join(home, 'data/pg_xlog');
  cpSync(join(data, 'pg_xlog'), own, { recursive: true });
  giveToServerUser(home);
  const options = { env, cwd: home, asUser: serverUser };
  const words = (verb: string, ...more: string[]): string[] => ['wal', verb, ...more, '--archive', filled];
  const pushed = await runProgram('gausskeep', words('push', join(own, segment('27'))), options);
  expect(pushed.status, pushed.stderr).toBe(12);
  expect(pushed.stderr).toMatch(/permission denied/);
  const got = await runProgram(
    'gausskeep',
    [...words('get', segment('26'), join(home, 'x')), '--retry-for', '0'],
    options,
  );
  expect(got.status, got.stderr).toBe(126);
  expect(got.stderr).toMatch(/permission denied/);
  expect(existsSync(join(home, 'x'))).toBe(false);
  chmodSync(join(own, segment('27')), 0);
  const archive = join(home, 'archive');
  mkdirSync(archive);
  giveToServerUser(archive);
  const place = ['wal', 'push', join(own, segment('27')), '--archive', archive];
  const unread = await runProgram('gausskeep', place, options);
  expect(unread.status, unread.stderr).toBe(13);
  expect(unread.stderr).toMatch(/000000010000000000000027.*permission denied/);
});

describe('a call that fails', { timeout: everyFault ? 3_600_000 : 600_000 }, () => {
  it.each(everyFault ? [...scenarios, ...likeOthers] : scenarios)('%s', async (program, make, faults) => {
    const { failed, found } = await failEachCall(make(), faults, statusesOf(program));
    expect(failed).toBeGreaterThan(0);
    expect(found.join('\n')).toBe('');
  });
});
