/** Prepared transactions of a backup and of its WAL: none is lost, and the plan names them all. */
import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { takeBackup } from '../support/backups.ts';
import { stagedBinaries, type ServerVersion } from '../support/postgres/binaries.ts';
import { freePort } from '../support/postgres/free-port.ts';
import { giveToServerUser, runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { runProgram, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { runDirectory } from '../support/run-directory.ts';
import { RunningCopy } from '../support/running-copy.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];

interface History {
  readonly archive: string;
  readonly backup: string;
  readonly tar: string;
  readonly xid: string;
}

/**
 * `early` is prepared before the backup. `late` and `ended` have their numbers before it, and are prepared after its
 * checkpoint; another checkpoint writes their files before these are copied. `ended` is committed after the backup.
 */
async function makeHistory(version: ServerVersion): Promise<History> {
  const archive = serverDirectory('archive');
  const config = { archive_mode: true, archive_command: `cp %p ${archive}/%f`, max_prepared_transactions: 10 };
  const server = await startServer({ version, config });
  await server.sql('create table hist (note text)');
  const sessions = await Promise.all(
    ['early', 'late', 'ended'].map(async (note) => ({ note, client: await server.client() })),
  );
  for (const { note, client } of sessions) await client.query(`begin; insert into hist values ('${note}')`);
  const [early, ...others] = sessions;
  await early?.client.query("prepare transaction 'early'");
  const backup = await copyWhile(server, async () => {
    for (const { note, client } of others) await client.query(`prepare transaction '${note}'`);
    await server.sql('checkpoint');
  });
  await server.sql("commit prepared 'ended'");
  const xid = version >= 13 ? 'pg_current_xact_id()' : 'txid_current()';
  const [row] = await server.sql<{ xid: string }>(`insert into hist values ('A') returning ${xid}::text as xid`);
  const tar = await takeBackup(server, ['-Ft', '-z', '-X', 'fetch']);
  await server.sql("insert into hist values ('B')");
  const last = await server.value('select pg_walfile_name(pg_switch_wal())');
  await server.waitFor(`select last_archived_wal >= '${last}' from pg_stat_archiver`);
  await server.stop();
  return { archive, backup, tar, xid: row?.xid ?? '' };
}

/** A base backup by the server's functions, which lets `work` be done behind its checkpoint and before files are copied. */
async function copyWhile(server: PostgresServer, work: () => Promise<void>): Promise<string> {
  const session = await server.client();
  const isNew = server.version >= 15;
  await session.query(isNew ? "select pg_backup_start('x', true)" : "select pg_start_backup('x', true, false)");
  await work();
  const backup = join(temporaryDirectory('copied'), 'backup');
  execFileSync('cp', ['-a', server.dataDirectory, backup]);
  const stop = isNew ? 'pg_backup_stop()' : 'pg_stop_backup(false)';
  const { rows } = await session.query<{ labelfile: string }>(`select labelfile from ${stop}`);
  await session.end();
  rmSync(join(backup, 'postmaster.pid'));
  writeFileSync(join(backup, 'backup_label'), rows[0]?.labelfile ?? '');
  rmSync(join(backup, 'pg_wal'), { recursive: true });
  cpSync(join(server.dataDirectory, 'pg_wal'), join(backup, 'pg_wal'), { recursive: true });
  return backup;
}

forEachServer('full', (version) => {
  let history: History;
  let copy: RunningCopy | undefined;
  beforeAll(async () => {
    history = await makeHistory(version);
  });
  afterEach(async () => {
    await copy?.stop();
    copy = undefined;
  });

  const restore = (data: string, args: readonly string[]): Promise<ProgramResult> =>
    runProgram('gausskeep', ['restore', '--no-sync', '--no-verify', '-D', data, ...owner, ...args, '--json'], {
      env: { GAUSSKEEP_CACHE: join(temporaryDirectory('cache'), 'c') },
    });

  async function recovered(args: readonly string[]): Promise<{ copy: RunningCopy; gids: unknown; stderr: string }> {
    const data = join(temporaryDirectory('restored'), 'data');
    const [port, sockets] = [await freePort(), serverDirectory('sockets')];
    const own = ['--port', String(port), '--set', `unix_socket_directories=${sockets}`, '--set', 'fsync=off'];
    const result = await restore(data, [...args, ...own]);
    expect(result.status, result.stderr).toBe(0);
    const left = readdirSync(join(data, 'pg_twophase'));
    expect(left.length).toBe(1);
    copy = await RunningCopy.open(data, { port, sockets, bindir: join(stagedBinaries(version), 'bin') });
    return { copy, gids: gidsOf(result), stderr: result.stderr };
  }

  function gidsOf({ stdout }: ProgramResult): unknown {
    const { recovery } = JSON.parse(stdout) as { recovery?: { leftPrepared: { gid: string }[] } };
    return recovery?.leftPrepared.map(({ gid }) => gid).sort();
  }

  const prepared = (server: RunningCopy): Promise<string> =>
    server.value("select string_agg(gid, ' ' order by gid) from pg_prepared_xacts");
  const rows = (server: RunningCopy): Promise<string> =>
    server.value("select string_agg(note, ' ' order by note) from hist");

  it('with the WAL of the backup only, what was prepared until its end is prepared', async () => {
    expect(readdirSync(join(history.backup, 'pg_twophase')).length).toBe(3);
    const { copy: server, stderr } = await recovered(['--from', history.backup]);
    expect(stderr).toContain('left out of pg_twophase, because the WAL prepares them again');
    expect(await prepared(server)).toBe('early ended late');
    for (const gid of ['early', 'ended', 'late']) await server.sql(`commit prepared '${gid}'`);
    expect(await rows(server)).toBe('early ended late');
  });

  it.each(['copy', 'restore-command'])(
    'with a target and WAL by %s, the plan names them and they are there',
    async (supply) => {
      const target = ['--archive', history.archive, '--target-xid', history.xid, '--target-action=promote'];
      const { copy: server, gids } = await recovered(['--from', history.backup, ...target, `--wal-supply=${supply}`]);
      expect(gids).toEqual(['early', 'late']);
      expect(await prepared(server)).toBe('early late');
      expect(await rows(server)).toBe('A ended');
      for (const gid of ['early', 'late']) await server.sql(`commit prepared '${gid}'`);
      expect(await rows(server)).toBe('A early ended late');
    },
  );

  it('what the server warns of about prepared transactions is shown', async () => {
    const data = join(temporaryDirectory('restored'), 'data');
    const own = ['--port', String(await freePort()), '--set', `unix_socket_directories=${serverDirectory('sockets')}`];
    const target = ['--archive', history.archive, '--target-xid', history.xid];
    const restored = await restore(data, ['--from', history.backup, ...target, ...own]);
    expect(restored.status, restored.stderr).toBe(0);
    // What a restore leaves out: files of those that the WAL brings as well, and one of a transaction that is still to come.
    const files = join(data, 'pg_twophase');
    cpSync(join(history.backup, 'pg_twophase'), files, { recursive: true });
    const [name = ''] = readdirSync(files);
    cpSync(join(files, name), join(files, '7000'.padStart(name.length, '0')));
    giveToServerUser(files);
    const words = ['-D', data, '--bindir', join(stagedBinaries(version), 'bin'), '-U', 'postgres'];
    const { status, stderr } = await runProgram('gausskeep', ['recover', ...words]);
    expect(status, stderr).toBe(0);
    runDirectory().guard(Number.parseInt(readFileSync(join(data, 'postmaster.pid'), 'utf8'), 10));
    expect(stderr).toContain('warning: server: removing future two-phase state file for transaction 28672\n');
    if (version >= 13)
      expect(stderr).toMatch(/warning: server: could not recover two-phase state file for transaction \d+\n/);
  });

  it('the plan names those that only the files of an archive tell of', async () => {
    const data = join(temporaryDirectory('planned'), 'data');
    const args = ['--from', history.tar, '--archive', history.archive, '--plan'];
    const planned = await restore(data, args);
    expect(planned.status, planned.stderr).toBe(0);
    expect(gidsOf(planned)).toEqual(['early', 'late']);
    // Without a manifest the archive itself is looked through.
    rmSync(join(history.tar, 'backup_manifest'));
    expect(gidsOf(await restore(data, args))).toEqual(['early', 'late']);
  });
});
