/** Limits that the source raised after its backup: a server that has less does not recover, so a restore gives the copy no less. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { takeBackup } from '../support/backups.ts';
import { commandsIn, lastWords, Shell } from '../support/pasted-commands.ts';
import type { ServerVersion } from '../support/postgres/binaries.ts';
import { freePort } from '../support/postgres/free-port.ts';
import { runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startServer } from '../support/postgres/server.ts';
import { runProgram, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { RunningCopy } from '../support/running-copy.ts';
import { forEachServer } from '../support/servers-under-test.ts';

interface Raised {
  readonly archive: string;
  /** Before the raise, plain and tar; and behind it, with files that still name the old limits. */
  readonly plain: string;
  readonly tar: string;
  readonly later: string;
}

const raised = {
  max_connections: 90,
  max_worker_processes: 12,
  max_wal_senders: 14,
  max_prepared_transactions: 7,
  max_locks_per_transaction: 80,
};

async function raiseLimits(version: ServerVersion): Promise<Raised> {
  const archive = serverDirectory('archive');
  const config = { archive_mode: true, archive_command: `cp %p ${archive}/%f`, max_prepared_transactions: 2 };
  const server = await startServer({ version, config });
  await server.sql('create table t (note text)');
  const plain = await takeBackup(server, ['-X', 'fetch']);
  const tar = await takeBackup(server, ['-X', 'fetch', '-Ft', '-z']);
  await server.sql("insert into t values ('A')");
  await server.restart('fast', { settings: raised });
  await server.sql("insert into t values ('B')");
  await server.sql("select pg_create_restore_point('raised')");
  const client = await server.client();
  for (const name of ['p', 'q', 'r'])
    await client.query(`begin; insert into t values ('${name}'); prepare transaction '${name}'`);
  await client.end();
  const later = await takeBackup(server, ['-X', 'fetch']);
  await server.sql("insert into t values ('C')");
  const last = await server.value('select pg_walfile_name(pg_switch_wal())');
  await server.waitFor(`select last_archived_wal >= '${last}' from pg_stat_archiver`);
  await server.stop();
  return { archive, plain, tar, later };
}

const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];

forEachServer('newest', (version) => {
  let source: Raised;
  let copy: RunningCopy | undefined;
  // Not recorded, and not checked, before 12.
  const limits = Object.entries(raised).filter(([name]) => version >= 12 || name !== 'max_wal_senders');
  beforeAll(async () => {
    source = await raiseLimits(version);
  });
  afterEach(async () => {
    await copy?.stop();
    copy = undefined;
  });

  const restore = (data: string, ...args: string[]): Promise<ProgramResult> =>
    runProgram('gausskeep', ['restore', '--no-sync', '-D', data, ...owner, '--archive', source.archive, ...args], {
      env: { GAUSSKEEP_CACHE: '' },
    });

  const newDirectory = (): string => join(temporaryDirectory('restored'), 'data');

  const ownPlace = async (port?: number, sockets = serverDirectory('sockets')): Promise<string[]> => {
    const place = ['--port', String(port ?? (await freePort())), '--set', `unix_socket_directories=${sockets}`];
    return [...place, '--set', 'fsync=off'];
  };

  /** Restores, and starts the copy by the command that the restore ends with. */
  async function boot(data: string, ...args: string[]): Promise<void> {
    const [port, sockets] = [await freePort(), serverDirectory('sockets')];
    const restored = await restore(data, ...args, ...(await ownPlace(port, sockets)));
    expect(restored.status, restored.stderr).toBe(0);
    const start = () => new Shell(version).try(lastWords(restored));
    copy = await RunningCopy.startedBy(start, data, { port, sockets });
  }

  async function rows(): Promise<string> {
    return (await copy!.sql<{ note: string }>('select note from t order by 1')).map(({ note }) => note).join(' ');
  }

  it.each([
    ['a plain backup', () => source.plain, true],
    ['a tar backup', () => source.tar, true],
    ['a backup whose files name less than its server had', () => source.later, false],
  ])('%s recovers to the end with what the source had', async (_, backup, isInWal) => {
    const data = newDirectory();
    const result = await restore(data, '--from', backup(), '--plan', '--json');
    expect(result.status, result.stderr).toBe(0);
    const { recovery, settings } = JSON.parse(result.stdout) as {
      recovery: Record<string, unknown>;
      settings: { name: string; value: string }[];
    };
    for (const [name, value] of limits) expect(settings).toContainEqual({ name, value: String(value) });
    const told = (recovery['limits'] as { name: string; value: number }[]).map(({ name, value }) => [name, value]);
    expect(told).toEqual(isInWal ? limits : []);
    await boot(data, '--from', backup());
    expect(await copy?.value('select pg_is_in_recovery()')).toBe('false');
    expect(await rows()).toBe('A B C');
    expect(await copy?.value('select count(*) from pg_prepared_xacts')).toBe('3');
  });

  it('recovers to a target behind the raise and pauses there, and leaves alone what the WAL does not raise before it', async () => {
    const plan = await restore(newDirectory(), '--from', source.plain, '--target-name', 'raised', '--plan');
    expect(plan.stdout).toMatch(/the WAL sets max_connections to 90 at 0\/[0-9A-F]+/);
    expect(plan.stdout).toContain('set max_connections = 90');
    expect(plan.stdout).toContain('the server pauses there');
    const data = newDirectory();
    await boot(data, '--from', source.plain, '--target-name', 'raised');
    expect(await copy?.value('select pg_is_wal_replay_paused()')).toBe('true');
    expect(await rows()).toBe('A B');
    const early = await restore(newDirectory(), '--from', source.plain, '--target-immediate', '--plan', '--json');
    const planned = JSON.parse(early.stdout) as { recovery: { limits: unknown }; settings: { name: string }[] };
    expect(planned.recovery.limits).toEqual([]);
    expect(planned.settings.map(({ name }) => name)).not.toContain('max_connections');
  });

  it('refuses settings that are too low, unless the copy cannot be asked while it recovers', async () => {
    const data = newDirectory();
    const low = ['--from', source.plain, '--set', 'max_connections=50'];
    expect(await restore(data, ...low)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('max_connections = 50 is too low: the source had 90') as string,
    });
    expect(existsSync(data)).toBe(false);
    const off = ['--set', 'hot_standby=off', '--target-name', 'raised'];
    const plan = await restore(data, ...low, ...off, '--plan');
    expect(plan.stdout).toContain('hot_standby is off: it shuts down');
    expect(plan.stdout).not.toContain('pauses there');
    const result = await restore(data, ...low, ...off, '--json');
    expect(result.status, result.stderr).toBe(0);
    expect((JSON.parse(result.stdout) as { recovery: unknown }).recovery).toMatchObject({
      pause: 'impossible',
      atTarget: 'shutdown',
    });
    const record = JSON.parse(readFileSync(join(data, '.gausskeep.recovery'), 'utf8')) as Record<string, unknown>;
    expect(record).toMatchObject({ pauses: false, atTarget: 'shutdown' });
    // The server ends by itself, where the plan says so, and is told how to look nevertheless.
    const shell = new Shell(version);
    const again = newDirectory();
    const ended = await shell.try(lastWords(await restore(again, ...low, ...off, ...(await ownPlace()))));
    expect(ended.status, ended.stderr).toBe(0);
    expect(ended.stdout).toMatch(/shut down at the recovery target: stopped at restore point "raised"/);
    expect(existsSync(join(again, 'postmaster.pid'))).toBe(false);
    expect(commandsIn(ended.stdout)).toHaveLength(3);
  });
});
