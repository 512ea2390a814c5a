/** What `gausskeep doctor` finds on real servers. Each finding is provoked by what it names, and is gone without. */
import { closeSync, mkdirSync, openSync, readdirSync, readSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CheckName, Severity } from '../../src/index.ts';
import { openReplicationSession } from '../../src/replication/open-session.ts';
import { newTarget } from '../support/backups.ts';
import { giveToServerUser } from '../support/postgres/server-user.ts';
import { startServer, stopAllServers, type PostgresServer } from '../support/postgres/server.ts';
import { runProgram, startProgram } from '../support/programs.ts';
import { runDirectory } from '../support/run-directory.ts';
import { forEachServer } from '../support/servers-under-test.ts';

interface Finding {
  readonly check: CheckName;
  readonly severity: Severity;
  readonly what: string;
  readonly why?: string;
  readonly fix?: string;
}

forEachServer('full', (version) => {
  const healthy = { fsync: true, archive_mode: 'on', archive_command: '/bin/true' };
  let server: PostgresServer;

  beforeAll(async () => {
    const config = { ...healthy, ...(version >= 12 ? { wal_init_zero: false } : {}) };
    server = await startServer({ version, checksums: false, walSegmentSizeMib: 256, config });
  });
  afterAll(async () => {
    await stopAllServers();
  });

  async function examined(words: readonly string[] = [], user = 'postgres') {
    const { status, stdout, stderr } = await runProgram('gausskeep', ['doctor', '--json', '-w', '-U', user, ...words], {
      env: server.environment(),
    });
    expect(stderr).toBe('');
    const record = JSON.parse(stdout) as { worst: Severity; server: string; findings: readonly Finding[] };
    for (const { check, severity, why, fix } of record.findings) {
      if (severity === 'warning' || severity === 'error') expect([check, why, fix]).not.toContain(undefined);
    }
    const of = (severity: Severity): CheckName[] =>
      record.findings.filter((finding) => finding.severity === severity).map(({ check }) => check);
    return { ...record, status, of, found: (name: CheckName) => record.findings.filter(({ check }) => check === name) };
  }
  async function findings(name: CheckName, ...words: string[]): Promise<readonly Finding[]> {
    return (await examined(words)).found(name);
  }
  async function reload(statement: string): Promise<void> {
    const generation = await server.value('select pg_conf_load_time()::text');
    await server.sql(`alter system ${statement}`);
    await server.sql('select pg_reload_conf()');
    await server.waitFor(`select pg_conf_load_time() > '${generation}'::timestamptz`);
  }

  it('says what each check saw; a cluster without checksums is the one warning', async () => {
    const { status, worst, of, server: name } = await examined();
    expect(name).toMatch(`PostgreSQL ${version}`);
    expect([status, worst, of('error'), of('warning'), of('unknown')]).toEqual([3, 'warning', [], ['checksums'], []]);
    expect(of('ok')).toEqual([
      ...['replication-login', 'sql-login', 'release', 'wal-level', 'wal-senders', 'running-backups', 'slots'],
      ...['standby-names', 'archive-mode', 'archive-command', 'fsync', 'full-page-writes', 'configuration-files'],
      ...['tablespaces', 'clock'],
    ]);
    expect(await findings('wal-keep')).toMatchObject([
      { severity: 'note', what: expect.stringContaining('0 MiB') as unknown },
    ]);
    const { stdout } = await runProgram('gausskeep', ['doctor', '-w'], { env: server.environment() });
    expect(stdout).toMatch(/^warning: pages have no checksums\n {2}why: .*\n {2}fix: .*pg_checksums/m);
    expect(stdout).toMatch(/: 0 errors, 1 warning, \d+ checks found nothing, 0 could not be made\n$/);
    expect(stdout).not.toMatch(/^ok:/m);
  });

  it('archiving that fails, or that nothing does', async () => {
    const reset = async (): Promise<void> => {
      await server.sql(`select pg_stat_reset_shared('archiver')`);
    };
    expect(await findings('archive-failures')).toMatchObject([{ severity: 'note' }]);
    await server.sql('create table t as select 1; select pg_switch_wal()');
    await server.waitFor('select archived_count > 0 from pg_stat_archiver');
    expect(await findings('archive-failures')).toMatchObject([{ severity: 'ok' }]);
    await reload(`set archive_command = '/bin/false'`);
    await reset();
    await server.sql('drop table t; select pg_switch_wal()');
    await server.waitFor('select failed_count > 0 from pg_stat_archiver');
    const [failure] = await findings('archive-failures');
    expect(failure).toMatchObject({
      severity: 'error',
      what: expect.stringMatching(/^archiving fails: last 0000/) as unknown,
    });
    await reload(`set archive_command = ''`);
    expect(await findings('archive-command')).toMatchObject([{ severity: 'error' }]);
    expect((await examined()).status).toBe(4);
    await reload('reset archive_command');
    await reset();
  });

  it('a slot that holds WAL for nobody, and one that lost it', async () => {
    await server.sql(`select pg_create_physical_replication_slot('forgotten', true)`);
    expect(await findings('slots')).toMatchObject([{ severity: 'ok' }]);
    for (let segment = 0; segment < 5; segment += 1) {
      await server.sql('create table w as select 1; drop table w; select pg_switch_wal()');
    }
    expect(await findings('slots')).toMatchObject([
      { severity: 'warning', fix: expect.stringContaining(`pg_drop_replication_slot('forgotten')`) as unknown },
    ]);
    if (version >= 13) {
      await reload(`set max_slot_wal_keep_size = '1MB'`);
      await server.sql('checkpoint');
      expect(await findings('slots')).toMatchObject([
        { severity: 'error', what: expect.stringContaining('has lost') as unknown },
      ]);
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
    expect(await findings('archive-space')).toMatchObject([{ severity: 'unknown' }]);

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
    expect(shared.found('archive-owner')).toMatchObject([
      { severity: 'error', what: expect.stringContaining('0000000A00000000, which this server has not') as unknown },
    ]);
    // A file that is only named so is none.
    store(elsewhere, `${name.slice(0, 8)}0000000A00000000`, firstPage);
    store(elsewhere, name, firstPage);
    expect(await findings('archive-owner', '--archive', elsewhere)).toMatchObject([{ severity: 'ok' }]);
    // The system identifier is behind the header of a page, where a segment begins.
    const foreign = runDirectory().make('foreign');
    const other = Buffer.from(firstPage);
    other.writeBigUInt64LE(42n, 24);
    store(foreign, name, other);
    expect(await findings('archive-owner', '--archive', foreign)).toMatchObject([
      { severity: 'error', what: expect.stringContaining('has the WAL of instance 42') as unknown },
    ]);
    expect(await findings('archive-owner', '--archive', '/nowhere')).toMatchObject([{ severity: 'unknown' }]);

    await reload(`set archive_command = '/nowhere/push %p'`);
    expect(await findings('archive-command')).toMatchObject([
      { severity: 'error', what: expect.stringContaining('there is no such program') as unknown },
    ]);
    await reload('reset archive_command');
    if (version >= 17) {
      expect(await findings('wal-summaries')).toEqual([]);
      await reload('set summarize_wal = on');
      expect(await findings('wal-summaries')).toMatchObject([{ severity: 'warning' }]);
      await reload('reset summarize_wal');
    }
    await server.sql(`select pg_stat_reset_shared('archiver')`);
  });

  it('what a backup meets: standby names, another backup, tablespaces, a full disk', async () => {
    for (const names of ['*', 'ANY 1 (other, "gs_basebackup")']) {
      await reload(`set synchronous_standby_names = '${names}'`);
      expect(await findings('standby-names')).toMatchObject([{ severity: 'warning' }]);
    }
    await reload(`set synchronous_standby_names = 'other'`);
    expect(await findings('standby-names')).toMatchObject([{ severity: 'ok' }]);
    await reload('reset synchronous_standby_names');

    const backup = startProgram('gs_basebackup', ['-D', newTarget(), '-r', '32', '-c', 'fast'], {
      env: server.environment(),
    });
    await server.waitFor(`select count(*) = 2 from pg_stat_replication where state in ('backup', 'streaming')`);
    expect(await findings('running-backups')).toMatchObject([{ severity: 'warning' }]);
    backup.kill('SIGINT');
    await backup.result;

    const place = join(runDirectory().make('tablespace'), 'space');
    mkdirSync(place);
    giveToServerUser(place);
    await server.sql(`create tablespace "a 'b" location '${place}'`);
    expect(await findings('tablespaces')).toMatchObject([
      { severity: 'note', what: expect.stringContaining(place) as unknown },
    ]);
    const there = await examined(['--restore-directory', newTarget()]);
    expect(there.found('restore-space')).toMatchObject([{ severity: 'ok' }]);
    expect(there.found('tablespaces')).toMatchObject([
      { severity: 'warning', fix: expect.stringContaining(`-T ${place}=/NEW/DIRECTORY`) as unknown },
    ]);
    expect(await findings('restore-space', '--restore-directory', '/proc/copy')).toMatchObject([{ severity: 'error' }]);
    await server.sql(`drop tablespace "a 'b"`);

    // A file system without room, as every Linux has one.
    expect(await findings('space', '-D', '/proc/backup')).toMatchObject([{ severity: 'error' }]);
    expect(await findings('space', '-D', newTarget())).toMatchObject([{ severity: 'ok' }]);
  });

  it('roles that are not let in, and roles that are not told everything', async () => {
    await server.sql('create role plain login; create role copier login replication; create role nobody_knows');
    const plain = await examined([], 'plain');
    expect(plain).toMatchObject({ status: 4, worst: 'error' });
    expect(plain.of('error')).toEqual(['replication-login']);
    // What a role is not told is no "ok".
    expect(plain.of('unknown')).toEqual(expect.arrayContaining(['configuration-files']));
    const copier = await examined(['-D', newTarget()], 'copier');
    expect(copier.of('unknown')).toEqual(expect.arrayContaining(['configuration-files', 'space']));

    await server.setHba(['host replication all 127.0.0.1/32 trust', 'local replication all trust']);
    const shut = await examined([], 'copier');
    expect(shut).toMatchObject({ status: 3 });
    expect(shut.findings.map(({ check }) => check)).toEqual(['replication-login', 'sql-login']);
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
    expect(await findings('slots')).toMatchObject([
      { severity: 'warning', what: expect.stringContaining('are taken') as unknown },
    ]);
    await server.sql(`select pg_drop_replication_slot('only')`);
    const session = () =>
      openReplicationSession({ host: '127.0.0.1', port: server.port, user: 'postgres', password: undefined });
    const first = await session();
    const found = await examined();
    expect(found.of('error')).toEqual(['fsync']);
    expect(found.of('warning')).toEqual(expect.arrayContaining(['archive-mode', 'full-page-writes']));
    expect(found.found('configuration-files')).toMatchObject([
      { severity: 'note', what: expect.stringContaining(hba) as unknown },
    ]);
    expect(found.found('wal-senders')).toMatchObject([{ severity: 'ok', what: '2 of 3 WAL senders are free' }]);
    const second = await session();
    expect(await findings('wal-senders')).toMatchObject([{ severity: 'warning' }]);
    const third = await session();
    expect((await examined()).of('error')).toEqual(expect.arrayContaining(['replication-login', 'wal-senders']));
    for (const { connection } of [first, second, third]) await connection.close();

    await server.restart('fast', { settings: { wal_level: 'minimal', max_wal_senders: 0, archive_mode: 'off' } });
    const { of, status } = await examined();
    expect([status, of('error')]).toEqual([4, ['replication-login', 'wal-level', 'wal-senders']]);
  });
});
