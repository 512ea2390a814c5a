/** What `gausskeep doctor` finds on real servers. Each finding is provoked by what it names, and is gone without. */
import { closeSync, mkdirSync, openSync, readdirSync, readSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CheckName } from '../../src/index.ts';
import { openReplicationSession } from '../../src/replication/open-session.ts';
import { newTarget } from '../support/backups.ts';
import { startProxy } from '../support/network-proxy.ts';
import { provoked, type ToldFinding } from '../support/doctor-findings.ts';
import { DoctorRun } from '../support/doctor-run.ts';
import { giveToServerUser } from '../support/postgres/server-user.ts';
import { startServer, stopAllServers, type PostgresServer } from '../support/postgres/server.ts';
import { runProgram, startProgram } from '../support/programs.ts';
import { runDirectory } from '../support/run-directory.ts';
import { forEachServer } from '../support/servers-under-test.ts';

forEachServer('full', (version) => {
  const healthy = { fsync: true, archive_mode: 'on', archive_command: '/bin/test -f %p' };
  let server: PostgresServer;
  let doctor: DoctorRun;

  beforeAll(async () => {
    const config = { ...healthy, ...(version >= 12 ? { wal_init_zero: false } : {}) };
    server = await startServer({ version, checksums: false, walSegmentSizeMib: 256, config });
    doctor = new DoctorRun(server);
  });
  afterAll(async () => {
    await stopAllServers();
  });

  const examined = (words: readonly string[] = [], user = 'postgres') => doctor.examined(words, { user });
  const findings = (name: CheckName, ...words: string[]) => doctor.findings(name, ...words);
  const reload = (statement: string) => doctor.reload(statement);

  it('says what each check saw; a cluster without checksums is the one warning', async () => {
    const { status, worst, of, server: name } = await examined();
    expect(name).toMatch(`PostgreSQL ${version}`);
    expect([status, worst, of('error'), of('warning')]).toEqual([3, 'warning', [], ['checksums']]);
    // What archives here names no place.
    expect(of('unknown')).toEqual(['archive-owner']);
    expect(of('ok')).toEqual([
      ...['replication-login', 'sql-login', 'release', 'wal-level', 'wal-senders', 'running-backups', 'slots'],
      ...[
        'standby-names',
        'archive-mode',
        'archive-command',
        'archive-backlog',
        'fsync',
        'full-page-writes',
        'configuration-files',
      ],
      ...['tablespaces', 'clock'],
    ]);
    expect(await findings('wal-keep')).toMatchObject([provoked('wal-keep', 'doctor.wal-keep')]);
    expect(await findings('checksums')).toMatchObject([provoked('checksums', 'doctor.checksums')]);
    expect(await findings('archive-owner')).toMatchObject([
      provoked('archive-owner', 'doctor.archive-owner.elsewhere'),
    ]);
    const { stdout } = await runProgram('gausskeep', ['doctor', '-w'], { env: server.environment() });
    expect(stdout).toMatch(/^warning: pages have no checksums\n {2}why: .*\n {2}fix: .*(pg_checksums|initdb) --/m);
    expect(stdout).toMatch(/: 0 errors, 1 warning, \d+ checks found nothing, 1 could not be made\n$/);
    expect(stdout).not.toMatch(/^ok:/m);
  });

  it('archiving that fails, or that nothing does', async () => {
    const reset = async (): Promise<void> => {
      await server.sql(`select pg_stat_reset_shared('archiver')`);
    };
    expect(await findings('archive-failures')).toMatchObject([provoked('archive-failures', 'doctor.archive-nothing')]);
    await server.sql('create table t as select 1; select pg_switch_wal()');
    await server.waitFor('select archived_count > 0 from pg_stat_archiver');
    expect(await findings('archive-failures')).toMatchObject([{ severity: 'ok' }]);
    await reload(`set archive_command = '/bin/false'`);
    await reset();
    await server.sql('drop table t; select pg_switch_wal()');
    await server.waitFor('select failed_count > 0 from pg_stat_archiver');
    expect(await findings('archive-failures')).toMatchObject([provoked('archive-failures', 'doctor.archive-failures')]);
    await reload(`set archive_command = ''`);
    const idle = await examined();
    expect(idle.found('archive-command')).toMatchObject([provoked('archive-command', 'doctor.archive-command')]);
    expect(idle.status).toBe(4);
    await reload('reset archive_command');
    await reset();
  });

  it('a slot that holds WAL for nobody, and one that lost it', async () => {
    await server.sql('checkpoint');
    await server.sql(`select pg_create_physical_replication_slot('forgotten', true)`);
    expect(await findings('slots')).toMatchObject([{ severity: 'ok' }]);
    for (let segment = 0; segment < 5; segment += 1) {
      await server.sql('create table w as select 1; drop table w; select pg_switch_wal()');
    }
    const [forgotten] = await findings('slots');
    expect(forgotten).toMatchObject(provoked('slots', 'doctor.slot-idle'));
    expect(forgotten?.fix).toMatch(`pg_drop_replication_slot('forgotten')`);
    if (version >= 13) {
      await reload(`set max_slot_wal_keep_size = '1MB'`);
      await server.sql('checkpoint');
      expect(await findings('slots')).toMatchObject([provoked('slots', 'doctor.slot-lost')]);
      await reload('reset max_slot_wal_keep_size');
    }
    await server.sql(`select pg_drop_replication_slot('forgotten')`);
    expect(await findings('slots')).toMatchObject([{ severity: 'ok' }]);
  });

  it('an archive on this host: whose WAL is in it, and whether the server itself has written it', async () => {
    const archive = join(runDirectory().make('archive'), 'wal');
    mkdirSync(archive);
    giveToServerUser(archive);
    await reload(`set archive_command = 'cp %p ${archive}/%f'`);
    expect(await findings('archive-owner')).toMatchObject([{ severity: 'ok' }]);
    const before = await server.value('select archived_count from pg_stat_archiver');
    await server.sql('create table a as select 1; drop table a; select pg_switch_wal()');
    await server.waitFor(`select archived_count > ${before} from pg_stat_archiver`);
    expect(await findings('archive-owner')).toMatchObject([
      { severity: 'ok', what: expect.stringMatching(/none is ahead of this server$/) as unknown },
    ]);
    // So short a time says nothing of a day.
    expect(await findings('archive-space')).toMatchObject([provoked('archive-space', 'doctor.archive-space.unknown')]);

    const [name = ''] = readdirSync(archive);
    const firstPage = Buffer.alloc(8192);
    const file = openSync(join(archive, name), 'r');
    readSync(file, firstPage);
    closeSync(file);
    const { size } = statSync(join(archive, name));
    const store = (directory: string, as: string, page: Buffer): void => {
      writeFileSync(join(directory, as), page);
      truncateSync(join(directory, as), size);
    };
    // As a copy leaves it that archives to the same place: of the same instance, with a position that this server has not come to.
    const elsewhere = runDirectory().make('shared');
    const ahead = Buffer.from(firstPage);
    ahead.writeBigUInt64LE(0xa_0000_0000n, 8);
    store(elsewhere, `${name.slice(0, 8)}0000000A00000000`, ahead);
    const shared = await examined(['--archive', elsewhere]);
    expect(shared.status).toBe(4);
    expect(shared.found('archive-owner')).toMatchObject([provoked('archive-owner', 'doctor.archive-owner', 'error')]);
    expect(shared.found('archive-owner')[0]?.what).toMatch('0000000A00000000, which this server has not');
    // A file that is only named so is none.
    store(elsewhere, `${name.slice(0, 8)}0000000A00000000`, firstPage);
    store(elsewhere, name, firstPage);
    expect(await findings('archive-owner', '--archive', elsewhere)).toMatchObject([{ severity: 'ok' }]);
    // The system identifier is behind the header of a page, where a segment begins.
    const foreign = runDirectory().make('foreign');
    const other = Buffer.from(firstPage);
    other.writeBigUInt64LE(42n, 24);
    store(foreign, name, other);
    const [stranger] = await findings('archive-owner', '--archive', foreign);
    expect(stranger).toMatchObject(provoked('archive-owner', 'doctor.archive-owner.other', 'error'));
    expect(stranger?.what).toMatch('has the WAL of instance 42');

    await reload(`set archive_command = '/nowhere/push %p'`);
    expect(await findings('archive-command')).toMatchObject([
      provoked('archive-command', 'doctor.archive-program.absent'),
    ]);
    writeFileSync(join(elsewhere, 'push'), '#!/bin/sh\n', { mode: 0o644 });
    await reload(`set archive_command = '${elsewhere}/push %p'`);
    expect(await findings('archive-command')).toMatchObject([
      provoked('archive-command', 'doctor.archive-program.not-executable'),
    ]);
    await reload('reset archive_command');
    if (version >= 15) {
      await reload(`set archive_library = 'basic_archive'`);
      expect(await findings('archive-command')).toMatchObject([provoked('archive-command', 'doctor.archive-library')]);
      await reload('reset archive_library');
    }
    if (version >= 17) {
      expect(await findings('wal-summaries')).toEqual([]);
      await reload('set summarize_wal = on');
      expect(await findings('wal-summaries')).toMatchObject([provoked('wal-summaries', 'doctor.wal-summaries')]);
      await reload('reset summarize_wal');
    }
    await server.sql(`select pg_stat_reset_shared('archiver')`);
  });

  it('what a backup meets: standby names, another backup, tablespaces, a full disk', async () => {
    for (const names of ['*', 'ANY 1 (other, "gs_basebackup")']) {
      await reload(`set synchronous_standby_names = '${names}'`);
      expect(await findings('standby-names')).toMatchObject([provoked('standby-names', 'doctor.standby-names')]);
    }
    const named = await runProgram('gs_basebackup', ['-D', newTarget(), '-c', 'fast'], { env: server.environment() });
    expect(named).toMatchObject({ status: 0 });
    expect(named.stderr).toMatch(
      /^gs_basebackup: warning: synchronous_standby_names \(.*\) matches our programs by .*gs_basebackup/m,
    );
    const alone = ['-D', newTarget(), '-c', 'fast', '-X', 'none'];
    const unheard = await runProgram('gs_basebackup', alone, { env: server.environment() });
    expect(unheard).toMatchObject({ status: 0 });
    expect(unheard.stderr).not.toContain('matches our programs');
    await reload(`set synchronous_standby_names = 'other'`);
    expect(await findings('standby-names')).toMatchObject([{ severity: 'ok' }]);
    await reload('reset synchronous_standby_names');

    const backup = startProgram('gs_basebackup', ['-D', newTarget(), '-r', '32', '-c', 'fast'], {
      env: server.environment(),
    });
    await server.waitFor(`select count(*) = 2 from pg_stat_replication where state in ('backup', 'streaming')`);
    expect(await findings('running-backups')).toMatchObject([provoked('running-backups', 'doctor.running')]);
    backup.kill('SIGINT');
    await backup.result;
    // At 32 KiB in a second it would take longer than from one checkpoint to the next.
    const slow = startProgram('gs_basebackup', ['-D', newTarget(), '-r', '32', '-c', 'fast', '-X', 'fetch'], {
      env: server.environment(),
    });
    await slow.output(
      /^gs_basebackup: warning: wal_keep_(size|segments) keeps 0 MiB of WAL .*-X stream does not depend on it/m,
    );
    slow.kill('SIGINT');
    await slow.result;

    const place = join(runDirectory().make('tablespace'), 'space');
    mkdirSync(place);
    giveToServerUser(place);
    await server.sql(`create tablespace "a 'b" location '${place}'`);
    expect(await findings('tablespaces')).toMatchObject([provoked('tablespaces', 'doctor.tablespaces')]);
    const there = await examined(['--restore-directory', newTarget()]);
    expect(there.found('restore-space')).toMatchObject([{ severity: 'ok' }]);
    expect(there.found('tablespaces')).toMatchObject([provoked('tablespaces', 'doctor.tablespaces.in-use')]);
    expect(there.found('tablespaces')[0]?.fix).toMatch(`-T ${place}=/NEW/DIRECTORY`);
    expect(await findings('restore-space', '--restore-directory', '/proc/copy')).toMatchObject([
      provoked('restore-space', 'doctor.space'),
    ]);
    await server.sql(`drop tablespace "a 'b"`);

    // A file system without room, as every Linux has one.
    expect(await findings('space', '-D', '/proc/backup')).toMatchObject([provoked('space', 'doctor.space')]);
    expect(await findings('space', '-D', newTarget())).toMatchObject([{ severity: 'ok' }]);
  });

  it('roles that are not let in, and roles that are not told everything', async () => {
    await server.sql('create role plain login; create role copier login replication; create role nobody_knows');
    const plain = await examined([], 'plain');
    expect(plain).toMatchObject({ status: 4, worst: 'error' });
    expect(plain.found('replication-login')).toMatchObject([provoked('replication-login', 'doctor.replication-login')]);
    expect(plain.of('error')).toEqual(['replication-login']);
    // What a role is not told is no "ok".
    expect(plain.of('unknown')).toEqual(expect.arrayContaining(['configuration-files']));
    const copier = await examined(['-D', newTarget()], 'copier');
    expect(copier.of('unknown')).toEqual(expect.arrayContaining(['configuration-files', 'space']));
    // Before 13 it is not told which sessions take a backup.
    if (version < 13) expect(copier.of('unknown')).toContain('running-backups');

    await server.setHba(['host replication all 127.0.0.1/32 trust', 'local replication all trust']);
    const shut = await examined([], 'copier');
    expect(shut).toMatchObject({ status: 3 });
    expect([shut.of('ok'), shut.of('warning')]).toEqual([['replication-login', 'release'], ['sql-login']]);
    // Each check that was not made is listed.
    expect(shut.of('unknown')).toEqual([
      ...['wal-level', 'wal-senders', 'running-backups', 'slots', 'standby-names', 'wal-keep', 'archive-mode'],
      ...['archive-command', 'archive-failures', 'fsync', 'full-page-writes', 'checksums', 'configuration-files'],
      ...['tablespaces', 'clock', 'archive-owner'],
    ]);
    expect(shut.found('checksums')).toMatchObject([provoked('checksums', 'doctor.checksums.unknown')]);
    expect(shut.found('archive-owner')).toMatchObject([provoked('archive-owner', 'doctor.archive-owner.untold')]);
    expect(shut.found('sql-login')).toMatchObject([provoked('sql-login', 'doctor.sql-login')]);
    await server.setHba(['host all nobody_knows 127.0.0.1/32 trust']);
    const { status, stderr, stdout } = await runProgram('gausskeep', ['doctor', '-w', '-U', 'copier'], {
      env: { ...server.environment(), PGHOST: '127.0.0.1' },
    });
    expect([status, stdout]).toEqual([12, '']);
    expect(stderr).toMatch(/no pg_hba.conf entry/);
    await server.setHba(['host all all 127.0.0.1/32 trust', 'host replication all 127.0.0.1/32 trust']);
  });

  it('settings of the server that a backup or a recovery depends on', async () => {
    const hba = join(runDirectory().make('outside'), 'hba.conf');
    writeFileSync(
      hba,
      ['host', 'local']
        .map((kind) => `${kind} all,replication all ${kind === 'host' ? '127.0.0.1/32 ' : ''}trust\n`)
        .join(''),
      {
        mode: 0o644,
      },
    );
    await server.restart('fast', {
      settings: {
        fsync: false,
        full_page_writes: false,
        archive_mode: 'off',
        hba_file: hba,
        max_wal_senders: 3,
        max_replication_slots: 1,
      },
    });
    await server.sql(`select pg_create_physical_replication_slot('only')`);
    expect(await findings('slots')).toMatchObject([provoked('slots', 'doctor.slots.full')]);
    await server.sql(`select pg_drop_replication_slot('only')`);
    const session = () =>
      openReplicationSession({ host: '127.0.0.1', port: server.port, user: 'postgres', password: undefined });
    const first = await session();
    const found = await examined();
    expect(found.of('error')).toEqual(['fsync']);
    expect(found.found('fsync')).toMatchObject([provoked('fsync', 'doctor.fsync')]);
    expect(found.found('archive-mode')).toMatchObject([provoked('archive-mode', 'doctor.archive-mode')]);
    expect(found.found('full-page-writes')).toMatchObject([provoked('full-page-writes', 'doctor.torn-pages')]);
    expect(found.found('configuration-files')).toMatchObject([provoked('configuration-files', 'doctor.configuration')]);
    expect(found.found('configuration-files')[0]?.what).toMatch(hba);
    expect(found.found('wal-senders')).toMatchObject([{ severity: 'ok', what: '2 of 3 WAL senders are free' }]);
    const second = await session();
    expect(await findings('wal-senders')).toMatchObject([provoked('wal-senders', 'doctor.wal-senders', 'warning')]);
    const third = await session();
    expect((await examined()).of('error')).toEqual(expect.arrayContaining(['replication-login', 'wal-senders']));
    for (const { connection } of [first, second, third]) await connection.close();

    await server.restart('fast', { settings: { wal_level: 'minimal', max_wal_senders: 0, archive_mode: 'off' } });
    const { of, status, found: seen } = await examined();
    expect([status, of('error')]).toEqual([4, ['replication-login', 'wal-level', 'wal-senders']]);
    expect(seen('wal-level')).toMatchObject([provoked('wal-level', 'doctor.wal-level')]);
    expect(seen('wal-senders')).toMatchObject([provoked('wal-senders', 'doctor.wal-senders', 'error')]);
  });

  it('releases with known defects, by what the server says that it is', async () => {
    await server.restart('fast', { settings: {} });
    const { server_version: real = '' } =
      (await server.sql<{ server_version: string }>('show server_version'))[0] ?? {};
    const release = async (older: string): Promise<readonly ToldFinding[]> => {
      const [major, minor = ''] = older.split('.');
      // As long as the real one: a leading zero changes nothing.
      const text = `${major}.${minor.padStart(real.length - 3, '0')}`;
      const replace = { kind: 'replace', from: `server_version\0${real}\0`, to: `server_version\0${text}\0` } as const;
      const proxy = await startProxy(server, { fromServer: replace });
      const { found } = await doctor.examined([], { port: proxy.port });
      await proxy.close();
      return found('release');
    };
    expect(await release('14.0')).toMatchObject([
      provoked('release', 'doctor.release.partial-record'),
      provoked('release', 'doctor.release.concurrent-index'),
      provoked('release', 'doctor.release.database-replay'),
    ]);
    expect(await release('15.2')).toMatchObject([
      provoked('release', 'doctor.release.template-database'),
      provoked('release', 'doctor.release.truncation'),
    ]);
    expect(await release('18.2')).toMatchObject([provoked('release', 'doctor.release.multixact-replay')]);
  });

  it('how much comes in a day, and a standby', async () => {
    await server.restart('fast', { settings: { allow_system_table_mods: true } });
    const real = await server.value(`select pg_get_viewdef('pg_catalog.pg_stat_archiver'::regclass)`);
    const counted = real
      .replace('archived_count', 'archived_count + 100000 as archived_count')
      .replace('stats_reset', `stats_reset - interval '2 hours' as stats_reset`);
    await server.sql(`create or replace view pg_catalog.pg_stat_archiver as ${counted}`);
    const busy = await examined(['--archive', runDirectory().make('empty')]);
    expect(busy.found('archive-space')).toMatchObject([provoked('archive-space', 'doctor.archive-space', 'warning')]);
    expect(busy.found('wal-keep')).toMatchObject([provoked('wal-keep', 'doctor.wal-keep.expected')]);
    expect(busy.found('wal-keep')[0]?.fix).toMatch(/^ALTER SYSTEM SET wal_keep_/);
    await server.sql(`create or replace view pg_catalog.pg_stat_archiver as ${real}`);

    await server.stop();
    const signal = join(server.dataDirectory, version >= 12 ? 'standby.signal' : 'recovery.conf');
    writeFileSync(signal, version >= 12 ? '' : "standby_mode = 'on'\n");
    giveToServerUser(signal);
    await server.start({ settings: { hot_standby: true } });
    const standby = await examined(['--archive', runDirectory().make('standby')]);
    expect(standby.found('archive-mode')).toMatchObject([provoked('archive-mode', 'doctor.archive-mode.standby')]);
    expect(standby.found('archive-owner')).toMatchObject([provoked('archive-owner', 'doctor.archive-owner.unknown')]);
    expect([standby.of('error'), standby.found('archive-failures')]).toEqual([[], []]);
  });
});
