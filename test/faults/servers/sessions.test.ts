/** What happens to a real server, or to the way to it, in the middle of a backup or of a stream of WAL. */
import {
  existsSync,
  mkdirSync,
  opendirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { formatLsn } from '../../../src/index.ts';
import {
  expectNothingOnServer,
  newTarget,
  runBackup,
  startBackup,
  takeBackup,
  through,
} from '../../support/backups.ts';
import { startProxy, type NetworkProxy, type ProxyOptions } from '../../support/network-proxy.ts';
import type { ServerVersion } from '../../support/postgres/binaries.ts';
import { startServer, type PostgresServer } from '../../support/postgres/server.ts';
import { startStandby } from '../../support/postgres/standby.ts';
import {
  runProgram,
  startProgram,
  temporaryDirectory,
  type ProgramResult,
  type RunningProgram,
} from '../../support/programs.ts';
import { endSegment } from '../../support/received-segments.ts';
import { forEachServer, serversInFull } from '../../support/servers-under-test.ts';
import { everyFault } from '../every-fault.ts';

/** So much of a backup has come, and more than the buffers of the sockets is still to come. */
const inTheMiddle = 300_000;

/** The server knows only after its own time-out that the connection is gone, and keeps the slot until then. */
const silent: [string, ProxyOptions] = [
  'whose first connection goes silent',
  { fromServer: { kind: 'stall', afterBytes: 70_000 }, connections: [1] },
];

const bytes: ProxyOptions = { fromServer: { kind: 'pieces', bytes: 1, forBytes: 4000 } };
const cutInHeads: ProxyOptions = { fromServer: { kind: 'frames', behind: 3 } };
/** The network that a server is far behind, for two seconds. */
const slow: ProxyOptions = { fromServer: { kind: 'throttle', bytesPerSecond: 32_000, forBytes: 64_000 } };

/** What a short run leaves out. */
const deepSessions: [string, readonly string[], ProxyOptions][] = [
  ['plain, each message by itself', ['-X', 'fetch'], { fromServer: { kind: 'frames', behind: 0 } }],
  ['plain, byte by byte', ['-X', 'fetch'], bytes],
  ['tar, each message cut in its head', ['-Ft', '-X', 'fetch'], cutInHeads],
  ['plain, slow', [], slow],
  ['tar, slow', ['-Ft'], slow],
];

/** One generation, unless every row is tried. */
const oldest = everyFault ? 0 : (serversInFull().at(-1) ?? 0);

forEachServer('full', perform, { oldest });

/** The directory that a server sends last: it reads them as the system gives them. */
function lastDirectory(path: string): string {
  const names: string[] = [];
  const directory = opendirSync(path);
  for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
    if (entry.isDirectory() && entry.name !== 'pg_wal') names.push(entry.name);
  }
  directory.closeSync();
  return names.at(-1)!;
}

function perform(version: ServerVersion): void {
  let server: PostgresServer;
  let proxy: NetworkProxy | undefined;
  const keep = version >= 13 ? { wal_keep_size: '640MB' } : { wal_keep_segments: 40 };

  beforeAll(async () => {
    server = await startServer({ version, config: keep });
    await server.sql("create table kept as select i, repeat('x', 500) as filler from generate_series(1, 20000) i");
  });
  afterEach(async () => {
    await proxy?.close();
    proxy = undefined;
  });

  /** A backup of which so many bytes have come, and no more until `proxy.release()`. */
  async function heldBackup(
    from: PostgresServer,
    target: string,
    { user = 'postgres', afterBytes = inTheMiddle } = {},
  ): Promise<RunningProgram> {
    proxy = await startProxy(from, { fromServer: { kind: 'hold', afterBytes }, connections: [1] });
    const program = startBackup(through(proxy), ['-D', target], { env: { PGUSER: user } });
    await proxy.struck;
    return program;
  }

  function expectFailure({ status, stdout, stderr }: ProgramResult, message: RegExp, target: string): void {
    expect({ status, stdout }, stderr).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/internal error|\n\s+at .*:\d+/);
    expect(existsSync(target)).toBe(false);
  }

  it('a standby that is promoted in the middle of its backup', async () => {
    const standby = await startStandby(server);
    const target = newTarget();
    const program = await heldBackup(standby, target);
    await standby.promote();
    proxy?.release();
    expectFailure(await program.result, /the standby was promoted during online backup/, target);
    await expectNothingOnServer(standby);
    await takeBackup(standby, [], target);
    await standby.stop('immediate');
  });

  it('a role that loses its rights, its password and its login in the middle keeps its sessions', async () => {
    await server.sql("create role changed login replication password 'before'");
    const target = newTarget();
    const program = await heldBackup(server, target, { user: 'changed' });
    await server.sql("alter role changed nologin noreplication password 'after'");
    proxy?.release();
    const done = await program.result;
    expect(done.status, done.stderr).toBe(0);
    await proxy?.close();
    const next = newTarget();
    const refused = await runBackup(server, ['-D', next], { env: { PGUSER: 'changed' } });
    expectFailure(refused, /role "changed" is not permitted to log in/, next);
    await server.sql('drop role changed');
  });

  it('an administrator who ends the session of the backup', async () => {
    const target = newTarget();
    const program = await heldBackup(server, target);
    await server.sql("select pg_terminate_backend(pid) from pg_stat_replication where state = 'backup'");
    proxy?.release();
    // Where the server is in the middle of sending, it cannot say why it ends.
    expectFailure(await program.result, /terminating connection due to|closed the connection|reset/, target);
    await expectNothingOnServer(server);
  });

  it('a server that is stopped at once and started again', async () => {
    const target = newTarget();
    const program = await heldBackup(server, target);
    await server.restart('immediate');
    proxy?.release();
    expectFailure(await program.result, /terminating connection|connection|closed|reset/i, target);
    await expectNothingOnServer(server);
    await takeBackup(server, [], target);
  });

  it('a link in the place of a directory that is still to come is not followed', async () => {
    const [target, outside] = [newTarget(), temporaryDirectory('outside')];
    mkdirSync(target);
    // Login, backup_label, and no more than a few headers: never all directories.
    const program = await heldBackup(server, target, { afterBytes: 4096 });
    await expect.poll(() => existsSync(join(target, 'backup_label')), { timeout: 120_000 }).toBe(true);
    const missing = lastDirectory(server.dataDirectory);
    symlinkSync(outside, join(target, missing));
    proxy?.release();
    const { status, stderr } = await program.result;
    expect(status, stderr).toBe(1);
    expect(stderr).toContain(`refused to write through the link "${join(target, missing)}"`);
    expect(readdirSync(outside)).toEqual([]);
    expect(readdirSync(target)).toEqual([]);
    await expectNothingOnServer(server);
  });

  it.each<[string, readonly string[], ProxyOptions]>([
    ['plain, each message cut in its head', [], cutInHeads],
    ['tar, byte by byte', ['-Ft', '-z'], bytes],
    ...(everyFault ? deepSessions : []),
  ])('a backup over an odd network: %s', async (_, options, network) => {
    proxy = await startProxy(server, network);
    const target = newTarget();
    const made = await runBackup(through(proxy), ['-D', target, ...options], { env: { PGSSLMODE: 'disable' } });
    expect([made.status, made.stderr]).toEqual([0, '']);
    const verified = await runProgram('gausskeep', ['verify', target], { env: { GAUSSKEEP_CACHE: '' } });
    expect(verified.status, verified.stdout + verified.stderr).toBe(0);
    expect(verified.stdout).toMatch(/backup successfully verified/);
    await expectNothingOnServer(server);
  });

  it('a link that replaces a directory which had come is not followed', async () => {
    const [target, outside, aside] = [newTarget(), temporaryDirectory('outside'), temporaryDirectory('aside')];
    // Nearly all of an instance is in base: much of it has come by then, and more is still to come.
    const program = await heldBackup(server, target, { afterBytes: 8_000_000 });
    await expect.poll(() => existsSync(join(target, 'base')), { timeout: 120_000 }).toBe(true);
    // The same directories as the server has, so that nothing but the link is in the way.
    const databases = readdirSync(join(server.dataDirectory, 'base')).sort();
    for (const database of databases) mkdirSync(join(outside, database));
    renameSync(join(target, 'base'), join(aside, 'base'));
    symlinkSync(outside, join(target, 'base'));
    proxy?.release();
    const { status, stderr } = await program.result;
    expect(status, stderr).toBe(1);
    // Where a file was just to be made, there was no directory for a moment.
    expect(stderr).toMatch(
      /it lies at|has become a link|could not (?:create|read) ".*\/base.*": no such file or directory/,
    );
    expect(readdirSync(outside, { recursive: true }).sort()).toEqual(databases);
    expect(existsSync(target)).toBe(false);
    await expectNothingOnServer(server);
  });

  it('a second signal ends a backup at once, and what it leaves is no backup', async () => {
    const target = newTarget();
    const program = await heldBackup(server, target);
    // Both are there when it goes on: no end in order comes between.
    for (const signal of ['SIGSTOP', 'SIGINT', 'SIGTERM', 'SIGCONT'] as const) program.kill(signal);
    const { status, signal } = await program.result;
    expect(status === 1 || signal !== null).toBe(true);
    expect(existsSync(join(target, 'global/pg_control'))).toBe(false);
    await proxy?.close();
    await expectNothingOnServer(server);
    rmSync(target, { recursive: true, force: true });
    await takeBackup(server, [], target);
  });

  describe('a WAL receiver', () => {
    afterEach(async () => {
      await server.waitFor('select count(*) = 0 from pg_replication_slots where active');
      await server.sql('select pg_drop_replication_slot(slot_name) from pg_replication_slots');
    });

    it.each<[string, ProxyOptions]>([
      ['that gets pieces of odd sizes', { fromServer: { kind: 'pieces', bytes: 8191 } }],
      ['whose first connection is reset', { fromServer: { kind: 'cut', afterBytes: 70_000 }, connections: [1] }],
      ['whose messages are cut in their heads', cutInHeads],
      ...(everyFault
        ? ([silent, ['that gets byte by byte', bytes], ['on a slow network', slow]] satisfies [string, ProxyOptions][])
        : []),
    ])('%s has every byte', async (_, options) => {
      proxy = await startProxy(server, options);
      const directory = temporaryDirectory('received');
      const begin = await server.value('select pg_current_wal_lsn()');
      await server.sql("select pg_create_physical_replication_slot('received', true)");
      const words = ['wal', 'receive', '-D', directory, '-S', 'received', '--rw-timeout=1', '--status-interval=1'];
      const end = await endSegment(server);
      const program = startProgram('gausskeep', [...words, '--endpos', formatLsn(end)], {
        env: { ...through(proxy).environment(), PGSSLMODE: 'disable' },
      });
      // The position must be passed, not only reached.
      await server.sql('create table passed(); drop table passed');
      const { status, stderr } = await program.result;
      expect(status, stderr).toBe(0);
      const names = readdirSync(directory).filter((name) => /^[0-9A-F]{24}$/.test(name));
      expect(names).toContain(await server.value(`select pg_walfile_name('${begin}')`));
      for (const name of names) {
        const own = readFileSync(join(server.dataDirectory, 'pg_wal', name));
        expect(own.equals(readFileSync(join(directory, name))), name).toBe(true);
      }
    });
  });
}
