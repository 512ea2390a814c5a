import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkFirstPush } from '../../src/archiving/first-push.ts';
import { writeFixtureWal } from '../support/fixture-wal.ts';
import { giveToServerUser, runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { programPath, runProgram, startCommand, startProgram } from '../support/programs.ts';

const segment = (digits: string): string => `0000000100000000000000${digits}`;

let root: string;
let data: string;
let archive: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'gausskeep-wal-commands-'));
  data = join(root, 'data');
  await writeFixtureWal(join(data, 'pg_xlog'));
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});
beforeEach(() => {
  archive = mkdtempSync(join(root, 'archive-'));
});

const env = { GAUSSKEEP_CONFIG: '/dev/null' };
const wal = (...words: string[]) => runProgram('gausskeep', ['wal', ...words], { env, cwd: data });
const push = (name: string, ...more: string[]) => wal('push', `pg_xlog/${name}`, '--archive', archive, ...more);
const get = (name: string, ...more: string[]) =>
  wal('get', name, 'pg_xlog/RECOVERYXLOG', '--archive', archive, ...more);

it('an archive in the data directory of its own server is refused, by init and by the first push', async () => {
  const own = join(root, 'own');
  mkdirSync(join(own, 'global'), { recursive: true });
  mkdirSync(join(own, 'archive'));
  writeFileSync(join(own, 'PG_VERSION'), '9.2\n');
  cpSync(join(data, 'pg_xlog'), join(own, 'pg_xlog'), { recursive: true });
  const inside = join(own, 'archive');
  for (const words of [
    ['init', own],
    ['push', `${own}/pg_xlog/${segment('26')}`],
  ]) {
    const { status, stderr } = await wal(...words, '--archive', inside);
    expect(status, stderr).toBe(2);
    expect(stderr).toContain(`the archive "${inside}" lies in the data directory "${own}" of its own server`);
  }
  expect(readdirSync(inside)).toEqual([]);
});

describe('wal push', () => {
  it('ends with a status of 1 to 125 for every failure', async () => {
    expect((await push(segment('26'))).status).toBe(0);
    expect((await push(segment('26'))).status).toBe(0);
    expect((await wal('push')).status).toBe(2);
    expect((await wal('push', '--nonsense')).status).toBe(2);
    expect((await push(segment('27'), '-Z', 'rar')).status).toBe(2);
    expect((await push(segment('27'), '--generation', '7')).status).toBe(2);
    expect((await push('postgresql.conf')).status).toBe(2);
    expect((await push(segment('FF'))).status).toBe(13);
    expect((await wal('push', `pg_xlog/${segment('27')}`, '--archive', join(root, 'missing'))).status).toBe(10);
    const damaged = join(root, segment('27'));
    const bytes = readFileSync(join(data, 'pg_xlog', segment('27')));
    writeFileSync(damaged, bytes.fill(7, 100, 120));
    expect((await wal('push', damaged, '--archive', archive)).status).toBe(20);
  });

  it('prints the line to configure for a caller without a shell', async () => {
    const { status, stderr } = await push(segment('26'), '&&', 'true');
    expect(status).toBe(2);
    const program = programPath('gausskeep');
    expect(stderr).toContain(`archive_command = '${program} wal push %p --archive ${archive} --generation 1'`);
  });
});

describe('a reader that has gone', () => {
  const closed = (words: readonly string[]) => {
    const program = startProgram('gausskeep', words, { env, cwd: data });
    program.stdout.destroy();
    program.stdin.end();
    return program.result;
  };
  const quietly = (status: number) => ({ status, stderr: '' });
  const place = (): string[] => ['--archive', archive];

  it('changes nothing of what a server asks for', async () => {
    const name = segment('26');
    const first = await closed(['wal', 'push', `pg_xlog/${name}`, ...place(), '--json']);
    expect(first.status, first.stderr).toBe(0);
    expect(await closed(['wal', 'push', `pg_xlog/${name}`, ...place(), '--json'])).toMatchObject(quietly(0));
    rmSync(join(data, 'pg_xlog/RECOVERYXLOG'), { force: true });
    expect(await closed(['wal', 'get', name, 'pg_xlog/RECOVERYXLOG', ...place()])).toMatchObject(quietly(0));
    expect(statSync(join(data, 'pg_xlog/RECOVERYXLOG')).size).toBe(16 * 1024 * 1024);
    // The help of what a server runs has no status that a server could take for another.
    expect(await closed(['wal', 'push', '--help'])).toMatchObject(quietly(13));
    expect(await closed(['wal', 'get', '--help'])).toMatchObject(quietly(126));
    const script = join(dirname(archive), 'wrapper');
    expect(await closed(['wal', 'wrapper', ...place(), '-o', script])).toMatchObject(quietly(141));
    const running = startCommand(script, [name, 'pg_xlog/RECOVERYXLOG'], { env, cwd: data });
    running.stdout.destroy();
    expect(await running.result).toMatchObject(quietly(0));
    rmSync(script);
  });

  it('ends the others quietly, with what they were to do done', async () => {
    await push(segment('26'));
    const generations = ['wal', 'generation', ...place()];
    expect(await closed(generations)).toMatchObject(quietly(141));
    expect(await closed([...generations, '--json', '--close', '1'])).toMatchObject(quietly(141));
    expect(JSON.parse((await wal('generation', ...place(), '--json')).stdout)).toMatchObject({ closed: true });
    expect(await closed(['help'])).toMatchObject(quietly(141));
    expect(await closed(['help', 'wal', 'push'])).toMatchObject(quietly(13));
    // An error is told on stderr, and counts.
    const failed = await closed(['status', '-D', root, '--json']);
    expect(failed).toMatchObject({ status: 2, stderr: expect.stringContaining('is not a data directory') as string });
    expect(failed.stderr).not.toMatch(/\n +at /);
  });

  it('ends window and status quietly, at once or behind the first line', async () => {
    const fixtures = join(import.meta.dirname, '../fixtures/opengauss');
    const copy = join(root, 'not-started');
    mkdirSync(join(copy, 'global'), { recursive: true });
    writeFileSync(join(copy, 'PG_VERSION'), '9.2\n');
    const control = gunzipSync(readFileSync(join(fixtures, 'pgdata/pg_control.gz')));
    writeFileSync(join(copy, 'global/pg_control'), control);
    const window = ['window', '--archive', join(fixtures, 'pitr/archive'), '--commits'];
    for (const words of [window, [...window, '--json'], ['status', '-D', copy], ['status', '-D', copy, '--json']]) {
      const whole = await runProgram('gausskeep', words, { env, cwd: data });
      expect(whole.status, whole.stderr).toBe(0);
      expect(await closed(words), words.join(' ')).toMatchObject({ status: 141, stderr: whole.stderr });
      const line = `"$0" "$@" | head -1; echo "\${PIPESTATUS[0]}"`;
      const program = startCommand('bash', ['-c', line, process.execPath, programPath('gausskeep'), ...words], { env });
      const { stdout, stderr } = await program.result;
      const [first, status] = stdout.split('\n');
      expect(first).toBe(whole.stdout.split('\n')[0]);
      // All of it may be in the pipe before the reader goes.
      expect(['0', '141']).toContain(status);
      expect(stderr).toBe(whole.stderr);
    }
  });
});

describe('wal get', () => {
  it('ends with 0 or the absent status or 126, nothing else', async () => {
    await push(segment('26'));
    expect((await get(segment('26'))).status).toBe(0);
    expect(readFileSync(join(data, 'pg_xlog/RECOVERYXLOG')).length).toBe(16 * 1024 * 1024);
    expect((await get(segment('27'))).status).toBe(1);
    expect((await get(segment('27'), '--absent-status', '99')).status).toBe(99);
    const failures = [
      wal('get'),
      wal('get', segment('26')),
      get(segment('26'), '--nonsense'),
      get(segment('26'), '--generation', '7'),
      get('not-a-name'),
      get(segment('27'), '--system-identifier', '1'),
      wal('get', segment('26'), 'no/such/directory/x', '--archive', archive),
      wal('get', segment('26'), 'x', '--archive', mkdtempSync(join(root, 'empty-'))),
      wal('get', segment('26'), 'x', '--archive', join(root, 'missing'), '--retry-for', '0'),
      runProgram('gausskeep', ['wal', 'get', segment('26'), 'x'], { env: { GAUSSKEEP_CONFIG: '/no/such/file' } }),
    ];
    for (const { status, stderr } of await Promise.all(failures)) {
      expect(status, stderr).toBe(126);
      expect(stderr).toContain('error: ');
    }
  });

  it('names the object that is damaged', async () => {
    await push(segment('26'), '-Z', 'gzip');
    const folder = join(archive, 'generations/1/wal', segment('26').slice(0, 16));
    const object = join(folder, `${segment('26')}.gz`);
    const bytes = readFileSync(object);
    writeFileSync(object, bytes.fill(0x55, bytes.length >> 1, (bytes.length >> 1) + 64));
    const { status, stderr } = await get(segment('26'));
    expect(status, stderr).toBe(126);
    expect(stderr).toContain(
      `error: "generations/1/wal/0000000100000000/${segment('26')}.gz" in the archive is damaged: `,
    );
  });

  it('says that the object of a receipt has been lost', async () => {
    await push(segment('26'));
    const folder = join(archive, 'generations/1/wal', segment('26').slice(0, 16));
    const object = readdirSync(folder).find((name) => !/\.(?:receipt|index)$/.test(name))!;
    rmSync(join(folder, object));
    const { status, stderr } = await get(segment('26'));
    expect(status, stderr).toBe(126);
    expect(stderr).toContain(`error: the archive has the receipt of "generations/1/wal/0000000100000000/${object}"`);
    expect(stderr).toContain('hint: Put the object back');
    rmSync(join(folder, `${segment('26')}.receipt`));
  });

  it('never ends with the absent status when node dies or cannot start, without the wrapper too', async () => {
    await push(segment('26'), '-Z', 'gzip');
    const words = ['wal', 'get', segment('26'), 'pg_xlog/RECOVERYXLOG', '--archive', archive, '--retry-for', '0'];
    const under = async (limit: string, command: string[]) => {
      const line = ['-c', `${limit}; exec "$@"`, 'bash', ...command, ...words];
      const options = { env: { ...env, PATH: process.env['PATH'] }, cwd: data };
      const { status } = await startCommand('bash', line, options).result;
      return status === null || status === 0 || status >= 126 ? 'safe' : `${command.join(' ')}: ${limit}: ${status}`;
    };
    const program = programPath('gausskeep');
    const memory = [700_000, 750_000, 800_000, 1_200_000, 1_500_000].map((kib) => `ulimit -v ${kib}`);
    const heap = [1, 3, 4].map((mib) => `export NODE_OPTIONS=--max-old-space-size=${mib}`);
    for (const limit of [...memory, ...heap, 'ulimit -s 100']) {
      expect(await under(limit, [process.execPath, program])).toBe('safe');
      expect(await under(limit, [program])).toBe('safe');
    }
    // Before node reads a line of ours only the lines of sh in front of it can tell.
    for (const limit of ['export NODE_OPTIONS=--nonsense', "export NODE_OPTIONS='-r /missing'", 'ulimit -n 18']) {
      expect(await under(limit, [program])).toBe('safe');
    }
    const absent = ['wal', 'get', segment('27'), 'x', '--archive', archive];
    expect((await startCommand(program, absent, { cwd: data }).result).status).toBe(1);
    const named = [...absent, '--absent-status', '7'];
    expect((await startCommand(program, named, { cwd: data }).result).status).toBe(7);
  });

  it('ends with 126 when what it consists of cannot be loaded', async () => {
    const broken = mkdtempSync(join(root, 'broken-'));
    for (const name of ['gausskeep.js', 'wal-push-single.cjs']) {
      copyFileSync(join(dirname(programPath('gausskeep')), name), join(broken, name));
    }
    writeFileSync(join(broken, 'package.json'), '{"type":"module"}');
    const words = [join(broken, 'gausskeep.js'), 'wal', 'get', segment('26'), 'x', '--archive', archive];
    const { status, stderr } = await startCommand(process.execPath, words, { cwd: data }).result;
    expect(status, stderr).toBe(126);
    expect(stderr).toMatch(/^gausskeep wal get: error: Cannot find module .*\n$/);
  });

  it('says less than 4 KiB, survives a stderr that nobody reads, and keeps a log of its own', async () => {
    await push(segment('26'));
    mkdirSync(join(data, 'pg_log'), { recursive: true });
    const long = await get('x'.repeat(100_000));
    expect(long.status).toBe(126);
    expect(Buffer.byteLength(long.stderr)).toBeLessThan(4096);
    expect(Buffer.byteLength(long.stderr)).toBeGreaterThan(100);
    const words = ['wal', 'get', segment('27'), 'pg_xlog/RECOVERYXLOG', '--archive', archive, '--absent-status', '99'];
    for (const redirection of ['2>&-', '>&- 2>&- <&-']) {
      const line = `exec "$@" ${redirection}`;
      const options = { env, cwd: data };
      const run = startCommand('sh', ['-c', line, 'sh', process.execPath, programPath('gausskeep'), ...words], options);
      expect((await run.result).status).toBe(99);
      const failing = [...words.slice(0, 2), 'not-a-name', ...words.slice(3)];
      const failed = startCommand(
        'sh',
        ['-c', line, 'sh', process.execPath, programPath('gausskeep'), ...failing],
        options,
      );
      expect((await failed.result).status).toBe(126);
    }
    // A reader that is gone before the first word: EPIPE.
    const pipe = '{ "$@" 2>&1 >/dev/null; echo $? >status; } | true; cat status';
    const command = ['-c', pipe, 'sh', process.execPath, programPath('gausskeep'), 'wal', 'get', 'not-a-name', 'x'];
    const { stdout } = await startCommand('sh', command, { env, cwd: data }).result;
    expect(stdout.trim()).toBe('126');
    const log = readFileSync(join(data, 'pg_log/gausskeep-wal-get.log'), 'utf8');
    expect(log).toContain(`${segment('27')}: not in the archive`);
    expect(log).toContain('error: "not-a-name" is not the name of a WAL');
  });
});

describe('the first push', () => {
  it('is refused where the server has had WAL archived while the directory lay empty, until wal init', async () => {
    const status = join(data, 'pg_xlog/archive_status');
    mkdirSync(status, { recursive: true });
    writeFileSync(join(status, `${segment('26')}.done`), '');
    utimesSync(archive, 1000, 1000);
    const refused = await push(segment('27'));
    expect(refused.status).toBe(10);
    expect(refused.stderr).toContain(`has had WAL archived before (${segment('26')})`);
    expect(existsSync(join(archive, 'gausskeep-archive.json'))).toBe(false);
    const init = await wal('init', data, '--archive', archive);
    expect(init).toMatchObject({
      status: 0,
      stdout: `archive_command = '${programPath('gausskeep')} wal push %p --archive ${archive} --generation 1'\n`,
    });
    expect((await push(segment('27'))).status).toBe(0);
    expect((await wal('init', data, '--archive', archive)).stderr).toContain('already');
    rmSync(status, { recursive: true });
  });

  it('is refused below a mount point of fstab that is not mounted', async () => {
    const [configured, mounted] = [join(root, 'fstab'), join(root, 'mountinfo')];
    const path = join(data, 'pg_xlog', segment('26'));
    writeFileSync(configured, `# a table\nUUID=1 / ext4 defaults 0 1\nserver:/wal ${root} nfs defaults 0 0\n`);
    writeFileSync(mounted, '24 1 8:1 / / rw - ext4 /dev/sda1 rw\n');
    const check = () => checkFirstPush(archive, path, { configured, mounted });
    await expect(check()).rejects.toMatchObject({ code: 'REPOSITORY_NOT_FOUND' });
    writeFileSync(mounted, `24 1 8:1 / / rw - ext4 x rw\n25 24 0:9 / ${root} rw - nfs server:/wal rw\n`);
    await check();
  });

  it('goes to a new directory', async () => {
    copyFileSync(join(data, 'pg_xlog', segment('28')), join(root, segment('28')));
    const { status, stderr } = await wal('push', join(root, segment('28')), '--archive', archive);
    expect(status).toBe(0);
    expect(stderr).toBe(
      `gausskeep wal push: "${archive}" is now a WAL archive; ${segment('28')} is the first WAL in it\n`,
    );
  });
});

describe('wal generation', () => {
  const generation = (...words: string[]) => wal('generation', '--archive', archive, ...words);

  it('reopens a closed generation, which then takes pushes again', async () => {
    await push(segment('26'));
    expect((await generation('--close', '1')).stdout).toMatch(/^generation 1, .*: closed, /);
    expect(await push(segment('27'))).toMatchObject({ status: 2 });
    expect((await generation('--reopen', '1')).stdout).toMatch(/^generation 1, .*: open, /);
    expect(await generation('--reopen', '1')).toMatchObject({ status: 0 });
    expect(await push(segment('27'))).toMatchObject({ status: 0, stderr: '' });
    expect(await generation('--reopen', '2')).toMatchObject({ status: 2 });
  });

  it('refuses a fork before the WAL of the parent', async () => {
    await push(segment('27'));
    const early = await generation('--open', '--parent', '1', '--fork-lsn', '0/26FFFFFF');
    expect(early).toMatchObject({ status: 2, stdout: '' });
    expect(early.stderr).toContain('0/26FFFFFF lies before the WAL that the archive has of generation 1');
    expect(early.stderr).toContain('begins at 0/27000000');
    expect(existsSync(join(archive, 'generations/2'))).toBe(false);
    expect(await generation('--open', '--parent', '1', '--fork-lsn', '0/27000100')).toMatchObject({ status: 0 });
  });
});

// Only root can make files of others.
if (runningAsRoot)
  describe('the owner of the archive', () => {
    const owners = (directory: string): number[] => {
      const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
      return [...new Set(['', ...names].map((name) => lstatSync(join(directory, name)).uid))];
    };
    const asServer = (...words: string[]) =>
      startCommand(process.execPath, [programPath('gausskeep'), 'wal', ...words], {
        env,
        cwd: data,
        asUser: serverUser,
      }).result;
    const place = ['--archive'];

    it('is kept by everything that root does in it: each push of the server succeeds', async () => {
      const uid = Number(serverUser.uid);
      chmodSync(root, 0o755);
      giveToServerUser(data);
      try {
        // As the guide says it: root makes a directory and makes it the archive.
        const made = await wal('init', '.', ...place, archive);
        expect(made).toMatchObject({ status: 0 });
        expect(made.stderr).toContain(`now belongs to user ${uid}`);
        expect(owners(archive)).toEqual([uid]);
        const pushed = (name: string, by = asServer) => by('push', `pg_xlog/${name}`, ...place, archive);
        expect(await pushed(segment('26'))).toMatchObject({ status: 0, stderr: '' });
        expect(await pushed(segment('27'), wal)).toMatchObject({ status: 0 });
        const open = ['--open', '--parent', '1', '--fork-lsn', '0/28000000', '--close', '1'];
        expect(await wal('generation', ...place, archive, ...open)).toMatchObject({ status: 0 });
        const named = ['--generation', '1', '--hold', 'standby'];
        expect(await wal('cleanup', segment('27'), ...place, archive, ...named)).toMatchObject({ status: 0 });
        expect(owners(archive)).toEqual([uid]);
        expect(await pushed(segment('28'))).toMatchObject({ status: 0, stderr: '' });
        expect(await asServer('cleanup', segment('27'), ...place, archive, ...named)).toMatchObject({ status: 0 });
        // What root fetches, the server can read.
        expect(await wal('get', segment('27'), 'pg_xlog/RECOVERYXLOG', ...place, archive)).toMatchObject({ status: 0 });
        expect(lstatSync(join(data, 'pg_xlog/RECOVERYXLOG')).uid).toBe(uid);
        const script = join(data, 'get-wal');
        expect(await wal('wrapper', ...place, archive, '-o', script)).toMatchObject({ status: 0 });
        expect(lstatSync(script)).toMatchObject({ uid });
      } finally {
        rmSync(join(data, 'get-wal'), { force: true });
      }
    });

    it('is that of the server also when root pushes first, and no other account', async () => {
      giveToServerUser(data);
      expect(await push(segment('26'))).toMatchObject({ status: 0 });
      expect(owners(archive)).toEqual([Number(serverUser.uid)]);
      const other = mkdtempSync(join(root, 'other-'));
      chownSync(other, 1234, 1234);
      const refused = await wal('init', '.', ...place, other);
      expect(refused).toMatchObject({ status: 2, stdout: '' });
      expect(refused.stderr).toContain(`would belong to user 1234, but the server runs as user ${serverUser.uid}`);
      expect(readdirSync(other)).toEqual([]);
      // Another account than that of the server cannot make its archive either.
      const mine = mkdtempSync(join(root, 'mine-'));
      chownSync(mine, 1234, 1234);
      chmodSync(join(data), 0o755);
      chmodSync(join(data, 'pg_xlog'), 0o755);
      const words = [programPath('gausskeep'), 'wal', 'init', '.', ...place, mine];
      const asOther = { env, cwd: data, asUser: { uid: 1234, gid: 1234 } };
      expect(await startCommand(process.execPath, words, asOther).result).toMatchObject({ status: 2 });
      expect(readdirSync(mine)).toEqual([]);
    });
  });
