/**
 * Servers that keep their configuration outside of their data directory, as Debian does: what a restored copy starts with,
 * and that no copy ever writes into the archive of its source.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newTarget, runBackup } from '../support/backups.ts';
import { commandsIn, lastWords, Shell } from '../support/pasted-commands.ts';
import { stagedBinaries, type ServerVersion } from '../support/postgres/binaries.ts';
import { freePort } from '../support/postgres/free-port.ts';
import { giveToServerUser, runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startServer } from '../support/postgres/server.ts';
import { runDirectory } from '../support/run-directory.ts';
import { runProgram, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { RunningCopy } from '../support/running-copy.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];

interface Source {
  /** Where the configuration is. */
  readonly etc: string;
  readonly archive: string;
  /** The data directory only, and with the configuration taken along. */
  readonly backup: string;
  readonly withConfiguration: string;
  readonly xid: string;
  /** Of B: before it a transaction was prepared. */
  readonly behindPrepared: string;
}

/** Rows before and in the backup; A and B, of which A is the target. The source is stopped at the end. */
async function makeSource(version: ServerVersion): Promise<Source> {
  const [etc, archive] = [serverDirectory('etc'), serverDirectory('archive')];
  const server = await startServer({
    version,
    config: {
      archive_mode: true,
      // Whatever archives here leaves its own directory behind: a tripwire for copies.
      archive_command: `cp %p ${archive}/%f && pwd >> ${archive}/archived-by`,
      max_connections: 150,
      max_prepared_transactions: 7,
    },
  });
  await server.stop();
  for (const name of ['postgresql.conf', 'pg_hba.conf', 'pg_ident.conf']) {
    renameSync(join(server.dataDirectory, name), join(etc, name));
  }
  mkdirSync(join(etc, 'conf.d'));
  writeFileSync(join(etc, 'conf.d/site.conf'), "work_mem = 5432kB\narchive_mode = on\ninclude '../../more.conf'\n");
  const [shared, more] = [join(serverDirectory('shared'), 'shared.conf'), join(etc, '../more.conf')];
  for (const file of [shared, more]) writeFileSync(file, 'maintenance_work_mem = 5431kB\n', { mode: 0o644 });
  const places = {
    data_directory: server.dataDirectory,
    hba_file: join(etc, 'pg_hba.conf'),
    ident_file: join(etc, 'pg_ident.conf'),
    external_pid_file: join(etc, 'server.pid'),
    port: '1',
    unix_socket_directories: '/nowhere/run',
    log_directory: '/nowhere/log',
    logging_collector: 'off',
  };
  const lines = Object.entries(places).map(([name, value]) => `${name} = '${value}'\n`);
  appendFileSync(join(etc, 'postgresql.conf'), `${lines.join('')}include_dir = 'conf.d'\ninclude '${shared}'\n`);
  giveToServerUser(etc);
  await server.start({ settings: { config_file: join(etc, 'postgresql.conf') } });
  await server.sql('create table hist (note text)');
  await server.sql("insert into hist values ('before')");
  const [backup, withConfiguration] = [newTarget(), newTarget()];
  const without = await runBackup(server, ['-D', backup, '-Ft', '-z', '-X', 'fetch']);
  expect(without).toMatchObject({ status: 0, stderr: expect.stringContaining(etc) as string });
  const along = await runBackup(server, ['-D', withConfiguration, '-X', 'fetch', '--config-dir', etc]);
  expect(along.status, along.stderr).toBe(0);
  const said = `not in this backup: include ../../more.conf, include ${shared}, which the configuration in "${etc}" includes`;
  expect(along.stderr).toContain(said);
  const xid = version >= 13 ? 'pg_current_xact_id()' : 'txid_current()';
  const [row] = await server.sql<{ xid: string }>(`insert into hist values ('A') returning ${xid}::text as xid`);
  const client = await server.client();
  await client.query("begin; insert into hist values ('P'); prepare transaction 'it''s waiting'");
  await client.end();
  const [end] = await server.sql<{ xid: string }>(`insert into hist values ('B') returning ${xid}::text as xid`);
  const last = await server.value('select pg_walfile_name(pg_switch_wal())');
  await server.waitFor(`select last_archived_wal >= '${last}' from pg_stat_archiver`);
  await server.stop();
  for (const file of [shared, more]) rmSync(file);
  return { etc, archive, backup, withConfiguration, xid: row?.xid ?? '', behindPrepared: end?.xid ?? '' };
}

/** Names and content of a directory. */
function fingerprint(directory: string): Record<string, string> {
  const digest = (name: string): string =>
    createHash('sha256')
      .update(readFileSync(join(directory, name)))
      .digest('hex');
  return Object.fromEntries(
    readdirSync(directory)
      .sort()
      .map((name) => [name, digest(name)]),
  );
}

forEachServer('newest', (version) => {
  let source: Source;
  let copy: RunningCopy | undefined;
  beforeAll(async () => {
    source = await makeSource(version);
  });
  afterEach(async () => {
    await copy?.stop();
    copy = undefined;
  });

  const restore = (data: string, args: readonly string[]): Promise<ProgramResult> =>
    runProgram('gausskeep', ['restore', '--no-sync', '-D', data, ...owner, ...args], {
      env: { GAUSSKEEP_CACHE: join(temporaryDirectory('cache'), 'c') },
    });

  /** Restores, opens by `gausskeep recover`, and gives the archive every reason to change. */
  async function use(args: readonly string[]): Promise<{ copy: RunningCopy; stdout: string }> {
    const data = join(temporaryDirectory('restored'), 'data');
    const [port, sockets] = [await freePort(), serverDirectory('sockets')];
    const own = ['--port', String(port), '--set', `unix_socket_directories=${sockets}`, '--set', 'fsync=off'];
    const result = await restore(data, [...args, ...own]);
    expect(result.status, result.stderr).toBe(0);
    copy = await RunningCopy.open(data, { port, sockets, bindir: join(stagedBinaries(version), 'bin') });
    return { copy, stdout: result.stdout };
  }

  async function work(server: RunningCopy): Promise<void> {
    for (const note of ['copy', 'again']) {
      await server.sql(`insert into hist values ('${note}')`);
      await server.sql('select pg_switch_wal()');
    }
    await server.sql('checkpoint');
  }

  it('without it the copy starts all the same: what recovery checks, and local connections only', async () => {
    const before = fingerprint(source.archive);
    const { copy: server, stdout } = await use(['--from', source.backup]);
    expect(stdout).toContain('made, because the backup has none: postgresql.conf, pg_hba.conf, pg_ident.conf');
    expect(stdout).toContain('Archiving is off in the copy, which stays on the timeline of its source.');
    expect(await server.value('show archive_mode')).toBe('off');
    expect(await server.value('show max_connections')).toBe('150');
    expect(await server.value('show max_prepared_transactions')).toBe('7');
    const hba = readFileSync(join(server.directory, 'pg_hba.conf'), 'utf8');
    expect(hba).not.toMatch(/^host/m);
    expect(hba).toContain('\nlocal all all peer map=gausskeep\n');
    await work(server);
    expect(await server.value('select count(*)::text from hist')).toBe('3');
    await server.stop();
    expect(fingerprint(source.archive)).toEqual(before);
  });

  it.each([
    ['without it', () => source.backup],
    ['with it', () => source.withConfiguration],
  ])('%s a rehearsal to a target, promoted, never writes into the archive', async (_, backup) => {
    const before = fingerprint(source.archive);
    const target = ['--archive', source.archive, '--target-xid', source.xid, '--target-action=promote'];
    const { copy: server } = await use(['--from', backup(), ...target]);
    expect(await server.value('select left(pg_walfile_name(pg_current_wal_lsn()), 8)')).toBe('00000002');
    await work(server);
    expect(await server.value('show archive_mode')).toBe('off');
    expect(await server.value("select string_agg(note, ' ' order by note) from hist")).toBe('A again before copy');
    await server.stop();
    expect(fingerprint(source.archive)).toEqual(before);
    expect(existsSync(join(source.archive, '00000002.history'))).toBe(false);
  });

  it('taken along it is that of the copy, without the places of the source', async () => {
    const before = fingerprint(source.archive);
    const { copy: server, stdout } = await use(['--from', source.withConfiguration]);
    expect(stdout).toContain(`the configuration that was in "${source.etc}" is put into the copy`);
    expect(stdout).toContain('disable external_pid_file');
    expect(stdout).toMatch(/disable include = \.\.\/\.\.\/more\.conf\n.*disable include = .*\/shared\.conf\n/s);
    expect(stdout).toContain('It would archive with: cp %p');
    expect(await server.value('show work_mem')).toBe('5432kB');
    expect(await server.value('show max_connections')).toBe('150');
    for (const [setting, file] of [
      ['config_file', 'postgresql.conf'],
      ['hba_file', 'pg_hba.conf'],
      ['ident_file', 'pg_ident.conf'],
      ['data_directory', ''],
    ] as const) {
      expect(await server.value(`show ${setting}`)).toBe(join(server.directory, file));
    }
    expect(await server.value('show log_directory')).toBe('log');
    expect(await server.value('show external_pid_file')).toBe('');
    expect(existsSync(join(source.etc, 'server.pid'))).toBe(false);
    expect(existsSync(join(server.directory, 'gausskeep_config'))).toBe(false);
    await work(server);
    await server.stop();
    expect(fingerprint(source.archive)).toEqual(before);
  });

  it('archiving is off even where the server is told of the old configuration file', async () => {
    const before = fingerprint(source.archive);
    const data = join(temporaryDirectory('restored'), 'data');
    expect(await restore(data, ['--from', source.backup])).toMatchObject({ status: 0 });
    const etc = serverDirectory('etc');
    cpSync(source.etc, etc, { recursive: true });
    const file = join(etc, 'postgresql.conf');
    const text = readFileSync(file, 'utf8').replace(/^(?:data_directory|unix_socket_directories|include) .*$/gm, '');
    writeFileSync(join(etc, 'conf.d/site.conf'), 'archive_mode = on\n');
    const [port, sockets] = [await freePort(), serverDirectory('sockets')];
    writeFileSync(file, `${text}\nport = ${port}\nunix_socket_directories = '${sockets}'\n`);
    giveToServerUser(etc);
    const bindir = join(stagedBinaries(version), 'bin');
    copy = await RunningCopy.open(data, { port, sockets, bindir }, ['--config-file', file]);
    expect(await copy.value('show config_file')).toBe(file);
    expect(await copy.value('show archive_mode')).toBe('off');
    await work(copy);
    await copy.stop();
    expect(fingerprint(source.archive)).toEqual(before);
  });

  it('every command that is printed can be pasted by who reads it, until the copy takes over', async () => {
    const [data, shell] = [join(temporaryDirectory('restored'), 'data'), new Shell(version)];
    const [port, sockets] = [await freePort(), serverDirectory('not default')];
    const own = ['--port', String(port), '--set', `unix_socket_directories=${sockets}`, '--set', 'fsync=off'];
    const target = ['--archive', source.archive, '--target-xid', source.behindPrepared];
    const planned = await restore(data, ['--from', source.backup, ...target, ...own, '--plan']);
    const restored = await restore(data, ['--from', source.backup, ...target, ...own]);
    expect(restored.status, restored.stderr).toBe(0);
    const recover = lastWords(restored);
    expect(planned.stdout.trimEnd().split('\n').at(-1)).toBe(`   - ${recover}`);
    expect(recover).toMatch(/^gausskeep recover /);
    const guard = (): void =>
      runDirectory().guard(Number.parseInt(readFileSync(join(data, 'postmaster.pid'), 'utf8'), 10));

    const [look = '', resume = ''] = commandsIn(await shell.paste(recover));
    guard();
    expect(await shell.paste(look, "select string_agg(note, ' ' order by note) from hist")).toBe('A B before\n');
    const steps = commandsIn(await shell.paste(resume));
    const [prepared = '', restart = '', backup = '', standby = ''] = steps;
    // Where it archives to only the user knows: no line is there to be pasted.
    expect(steps.join('\n')).not.toContain('ALTER SYSTEM');
    const count =
      "select count(*) from pg_prepared_xacts union all select setting from pg_settings where name = 'archive_mode'";
    expect(await shell.paste(look, count.replace('count(*)', 'count(*)::text'))).toBe('1\noff\n');
    await shell.paste(prepared);
    await shell.paste(look, "alter system set archive_command = '/bin/true'");
    await shell.paste(look, 'alter system set archive_mode = on');
    await shell.paste(restart);
    guard();
    expect(await shell.paste(look, count.replace('count(*)', 'count(*)::text'))).toBe('0\non\n');
    const fresh = join(serverDirectory('fresh'), 'new');
    await shell.paste(backup.replace('NEW_DIRECTORY', fresh));
    expect(existsSync(join(fresh, 'PG_VERSION'))).toBe(true);
    expect(standby).toBe(backup.replace('gs_basebackup -D NEW_DIRECTORY', 'pg_basebackup -D STANDBY_DIRECTORY -R'));

    const refused = await restore(data, ['--from', source.backup, '--force']);
    await shell.paste(/Stop it first: (.*)/.exec(refused.stderr)?.[1] ?? 'false');
    expect(existsSync(join(data, 'postmaster.pid'))).toBe(false);
  });

  it('without a place for its socket that its account may use, it gets one, and starts by what is printed', async () => {
    const [data, shell, port] = [join(temporaryDirectory('restored'), 'data'), new Shell(version), await freePort()];
    const restored = await restore(data, ['--from', source.backup, '--port', String(port), '--set', 'fsync=off']);
    expect(restored.status, restored.stderr).toBe(0);
    expect(restored.stdout).toContain('the socket of the copy is in "/tmp" (clients: -h /tmp)');
    await shell.paste(`${lastWords(restored)} > /dev/null`);
    runDirectory().guard(Number.parseInt(readFileSync(join(data, 'postmaster.pid'), 'utf8'), 10));
    expect(existsSync(`/tmp/.s.PGSQL.${port}`)).toBe(true);
    const status = await shell.paste(`gausskeep status --pgdata ${data}`);
    expect(status).toContain('open for writing');
    // It replayed its own WAL only: it is on the timeline of its source, and must not get into that one's archive.
    expect(restored.stdout).toContain('stays on the timeline of its source');
    const resumed = await shell.paste(`gausskeep resume --pgdata ${data}`);
    expect(resumed).toContain('this copy is on timeline 1, that of its source');
    expect(resumed).not.toMatch(/on a timeline of its own|ALTER SYSTEM|--target-timeline/);
    const steps = commandsIn(resumed);
    expect(steps.filter((line) => line.includes(`-h /tmp -p ${port} -U postgres`))).toHaveLength(2);
    const refused = await restore(data, ['--from', source.backup, '--force']);
    await shell.paste(/Stop it first: (.*)/.exec(refused.stderr)?.[1] ?? 'false');
    // What was taken along names a directory that is not there.
    const along = await restore(join(temporaryDirectory('restored'), 'data'), ['--from', source.withConfiguration]);
    expect(along.stdout).toContain('set unix_socket_directories = /tmp');
  });

  it('--archive-mode=preserve archives: what the others do not do can be seen', async () => {
    const target = ['--archive', source.archive, '--target-xid', source.xid, '--target-action=promote'];
    const { copy: server } = await use(['--from', source.withConfiguration, ...target, '--archive-mode=preserve']);
    expect(await server.value('show archive_mode')).toBe('on');
    await work(server);
    await server.waitFor('select archived_count > 0 from pg_stat_archiver');
    await server.stop();
    expect(readFileSync(join(source.archive, 'archived-by'), 'utf8')).toContain(server.directory);
  });

  it('--archive-mode=preserve holds without a target too', async () => {
    const own = ['--archive-mode=preserve', '--set', 'archive_command=/bin/true'];
    const { copy: server } = await use(['--from', source.withConfiguration, ...own]);
    expect(await server.value('show archive_mode')).toBe('on');
    expect(existsSync(join(server.directory, '.gausskeep.recovery'))).toBe(false);
  });
});

const debianTool = '/usr/bin/pg_createcluster';
const hasDebian = runningAsRoot && existsSync(debianTool);
if (!hasDebian) process.stderr.write(`not run: a cluster of Debian needs root and ${debianTool}\n`);

describe.runIf(hasDebian)('a cluster that pg_createcluster made', () => {
  it('comes back with its configuration', async () => {
    const home = serverDirectory('debian');
    const [etc, data, sockets] = [join(home, 'etc'), join(home, 'data'), join(home, 'run')];
    const release = readdirSync('/usr/lib/postgresql').sort().at(-1) ?? '';
    const port = await freePort();
    const env = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', PG_CLUSTER_CONF_ROOT: etc };
    mkdirSync(sockets);
    const account = execFileSync('id', ['-un', String(serverUser.uid)], { encoding: 'utf8' }).trim();
    const places = ['-d', data, '-s', sockets, '-l', join(home, 'log'), '-p', String(port), '-u', account];
    giveToServerUser(home);
    execFileSync(debianTool, [...places, '--start-conf', 'manual', release, 'trial'], { env, stdio: 'ignore' });
    const config = join(etc, release, 'trial');
    writeFileSync(join(config, 'pg_hba.conf'), 'local all all trust\nlocal replication all trust\n');
    appendFileSync(join(config, 'postgresql.conf'), "archive_mode = on\narchive_command = 'false'\nfsync = off\n");
    writeFileSync(join(config, 'conf.d/site.conf'), 'work_mem = 5432kB\n');
    execFileSync('pg_ctlcluster', [release, 'trial', 'start'], { env, stdio: 'ignore' });
    runDirectory().guard(Number.parseInt(readFileSync(join(data, 'postmaster.pid'), 'utf8'), 10));
    // -l leaves a link to the log among the configuration, which gs_basebackup refuses to follow.
    rmSync(join(config, 'log'));
    const backup = newTarget();
    const source = { environment: () => ({ PGHOST: sockets, PGPORT: String(port), PGUSER: account }) };
    const taken = await runBackup(source, ['-D', backup, '-X', 'fetch', '--config-dir', config]);
    execFileSync('pg_ctlcluster', [release, 'trial', 'stop', '-m', 'immediate'], { env, stdio: 'ignore' });
    expect(taken.status, taken.stderr).toBe(0);
    const restored = join(temporaryDirectory('restored'), 'data');
    const own = ['--port', String(port), '--set', `unix_socket_directories=${sockets}`];
    const args = ['restore', '--no-sync', '--from', backup, '-D', restored, ...owner, ...own];
    const result = await runProgram('gausskeep', args);
    expect(result.status, result.stderr).toBe(0);
    const bindir = join('/usr/lib/postgresql', release, 'bin');
    const copy = await RunningCopy.open(restored, { port, sockets, bindir, user: account });
    expect(await copy.value('show work_mem')).toBe('5432kB');
    expect(await copy.value('show archive_mode')).toBe('off');
    expect(await copy.value('show hba_file')).toBe(join(restored, 'pg_hba.conf'));
    expect(await copy.value('show data_directory')).toBe(restored);
    await copy.stop();
  });
});
