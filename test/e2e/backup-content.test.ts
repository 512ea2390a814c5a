/** What happens on the server while it is backed up, and servers in unusual states. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, it } from 'vitest';
import {
  backupToFile,
  exists,
  expectNothingOnServer,
  newTarget,
  quick,
  readTar,
  restoreTar,
  runBackup,
  segmentsIn,
  startBackup,
  takeBackup,
  through,
  unpack,
} from '../support/backups.ts';
import { startProxy, type NetworkProxy } from '../support/network-proxy.ts';
import { checkRelations, differences, snapshotData } from '../support/postgres/content.ts';
import { loadData } from '../support/postgres/load.ts';
import { giveToServerUser, serverUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { startStandby, waitForReplay } from '../support/postgres/standby.ts';
import { checkWriting, prepareWriting, Writer } from '../support/postgres/writer.ts';
import { runProgram, temporaryDirectory } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const owner = `${String(serverUser.uid)}:${String(serverUser.gid)}`;
const done = { status: 0, signal: null, stdout: '', stderr: '' };

forEachServer('full', (version) => {
  let server: PostgresServer;
  let proxy: NetworkProxy | undefined;
  beforeAll(async () => {
    server = await startServer({ version });
    await loadData(await server.client(), { rows: 1000 });
  });
  afterEach(async () => {
    await proxy?.close();
    proxy = undefined;
  });

  /** Takes a backup that is held in the middle of its archives while `happen` happens. */
  async function backupWhile(args: readonly string[], happen: () => Promise<void>): Promise<string> {
    const target = newTarget();
    proxy = await startProxy(server, { fromServer: { kind: 'hold', afterBytes: 100_000 }, connections: [1] });
    const program = startBackup(through(proxy), ['-D', target, ...args]);
    await proxy.struck;
    await server.waitFor("select count(*) = 1 from pg_stat_replication where state = 'backup'");
    await happen();
    expect(await server.value("select count(*) from pg_stat_replication where state = 'backup'")).toBe('1');
    proxy.release();
    expect(await program.result).toEqual(done);
    return target;
  }

  async function expectSameData(data: string): Promise<PostgresServer> {
    const restored = await startFrom(data);
    const [expected, found] = [await server.client(), await restored.client()];
    expect(differences(await snapshotData(expected), await snapshotData(found))).toEqual([]);
    expect(await checkRelations(found)).toBeGreaterThan(50);
    return restored;
  }

  it('tables, databases and tablespaces that are dropped, truncated or made meanwhile (BB-43)', async () => {
    const location = serverDirectory('dropped');
    await server.sql(`create tablespace dropped location '${location}'`);
    for (const name of ['doomed', 'emptied', 'rewritten']) {
      await server.sql(
        `create table ${name} as select i, repeat(md5(i::text), 20) as text from generate_series(1, 3000) i`,
      );
    }
    await server.sql('create table doomed_aside tablespace dropped as select generate_series(1, 1000) as i');
    await server.sql('create database doomed');
    let databases: Promise<unknown> = Promise.resolve();
    const target = await backupWhile(['-T', `${location}=${newTarget()}`], async () => {
      await server.sql('drop table doomed, doomed_aside');
      await server.sql('truncate emptied');
      await server.sql('vacuum full rewritten');
      // From PostgreSQL 15 on this waits for every process, a sender that is held included.
      databases = server.sql('drop database doomed').then(() => server.sql('create database made'));
      await server.sql('create table made as select generate_series(1, 5000) as i');
      await server.sql('create index on made (i)');
      await server.sql('checkpoint');
    });
    const restored = await expectSameData(target);
    expect(await restored.value('select count(*) from made')).toBe('5000');
    await databases;
    // Each step is in the copy or is not, and what is there can be used.
    for (const { datname } of await restored.sql<{ datname: string }>(
      'select datname from pg_database where datallowconn and datconnlimit <> -2',
    )) {
      expect(await restored.value('select count(*) > 100 from pg_class', { database: datname })).toBe('true');
    }
    await restored.stop('immediate');
    await server.sql('drop tablespace dropped');
    await server.sql('drop table made, emptied, rewritten');
  });

  it('files that grow or shrink while they are sent keep the archive whole (BB-46)', async () => {
    const location = serverDirectory('changing');
    await server.sql(`create tablespace changing location '${location}'`);
    await server.sql('create table aside tablespace changing as select generate_series(1, 1000) as i');
    const path = join(server.dataDirectory, await server.value("select pg_relation_filepath('aside')"));
    // Tablespaces come first. The server is stopped inside of this file, as no buffer on the way holds so much.
    // Before 17 the server takes any file here for a relation, and warns of one that does not end with a page.
    const rest = version < 17 ? 0 : 100;
    const size = 48 * 1024 * 1024 + rest;
    const planted = (name: string): string => join(path, '..', name);
    const make = (name: string, bytes: number): void => {
      const file = openSync(planted(name), 'w', 0o600);
      for (let at = 0; at < bytes; at += 1 << 20) writeSync(file, Buffer.alloc(Math.min(1 << 20, bytes - at), 0x61));
      closeSync(file);
      giveToServerUser(planted(name));
    };
    const truncate = (name: string, bytes: number): void => {
      const file = openSync(planted(name), 'r+');
      ftruncateSync(file, bytes);
      closeSync(file);
    };
    const oid = await server.value("select oid from pg_tablespace where spcname = 'changing'");
    for (const [kind, after] of [
      ['shrunk', 24 * 1024 * 1024 + rest],
      ['grown', size + 3 * 1024 * 1024],
    ] as const) {
      make(kind, size);
      const target = await backupWhile(['-F', 't'], () => {
        truncate(kind, after);
        return Promise.resolve();
      });
      const entries = await readTar(join(target, `${oid}.tar`));
      const entry = entries.find(({ header }) => header.name.endsWith(`/${kind}`));
      // The header was sent before, so the size is the old one; what is missing is filled with zeros.
      expect(entry?.content.length).toBe(size);
      expect(entry?.content.subarray(0, 1 << 20).every((byte) => byte === 0x61)).toBe(true);
      if (kind === 'shrunk') expect(entry?.content.subarray(after).every((byte) => byte === 0)).toBe(true);
      expect(statSync(join(target, `${oid}.tar`)).size % 512).toBe(0);
      const restored = await expectSameData(restoreTar(target, { [oid]: newTarget() }));
      expect(await restored.value('select count(*) from aside')).toBe('1000');
      await restored.stop('immediate');
      rmSync(planted(kind));
    }
    await server.sql('drop table aside');
    await server.sql('drop tablespace changing');
  });

  it('many segments of WAL that are written meanwhile, with and without a slot', async () => {
    for (const options of [[], ['--no-slot'], ['-X', 'fetch'], ['-F', 't', '-z']]) {
      const target = await backupWhile(options, async () => {
        await server.sql('create table written as select i, md5(i::text) as text from generate_series(1, 20000) i');
        for (let turn = 0; turn < 3; turn += 1) {
          await server.sql('insert into written select i, md5(i::text) from generate_series(1, 2000) i');
          await server.sql('select pg_switch_wal()');
        }
      });
      const data = options.includes('-F') ? restoreTar(target) : target;
      expect(segmentsIn(join(data, 'pg_wal')).length).toBeGreaterThanOrEqual(4);
      const restored = await startFrom(data);
      expect(await restored.value('select count(*) from written')).toBe('26000');
      await restored.stop('immediate');
      await server.sql('drop table written');
    }
  });

  it('a standby is backed up, also while its primary is down (BB-41)', async () => {
    const primary = await startServer({ version });
    const client = await primary.client();
    await loadData(client, { rows: 500 });
    await prepareWriting(client);
    const standby = await startStandby(primary);
    const writer = await Writer.start(primary);
    await writer.reached(20);
    const target = newTarget();
    const running = runBackup(standby, ['-D', target]);
    await writer.reached(writer.committed + 50);
    expect(await running).toEqual(done);
    await writer.stop();
    const label = readFileSync(join(target, 'backup_label'), 'utf8');
    expect(label).toContain('BACKUP FROM: standby\n');
    // The copy is a standby itself, by its own files; it is ended by a promotion.
    const copy = await startFrom(target);
    if ((await copy.value('select pg_is_in_recovery()')) === 'true') await copy.promote();
    expect((await checkWriting(await copy.client())).get(1)).toBeGreaterThanOrEqual(20);
    await copy.stop('immediate');

    await waitForReplay(primary, standby);
    const expected = await snapshotData(client);
    await primary.stop('fast');
    for (const options of [[], ['-X', 'fetch'], ['-F', 't', '-z']]) {
      const backup = await takeBackup(standby, options);
      const data = options.includes('-F') ? restoreTar(backup) : backup;
      const restored = await startFrom(data);
      if ((await restored.value('select pg_is_in_recovery()')) === 'true') await restored.promote();
      expect(differences(expected, await snapshotData(await restored.client()))).toEqual([]);
      await restored.stop('immediate');
    }
    await expectNothingOnServer(standby);
    await standby.stop('immediate');
  });

  it('settings of the server, the role, the environment do not disturb (BB-42)', async () => {
    const hostile = await startServer({
      version,
      config: {
        default_transaction_read_only: true,
        search_path: 'hostile, public',
        datestyle: 'SQL, DMY',
        intervalstyle: 'sql_standard',
        timezone: 'Asia/Kolkata',
        log_timezone: 'Asia/Kolkata',
        standard_conforming_strings: false,
        bytea_output: 'escape',
        extra_float_digits: -5,
        client_min_messages: 'debug5',
        statement_timeout: '1s',
        lock_timeout: 1,
        idle_in_transaction_session_timeout: 1,
      },
    });
    const client = await hostile.client();
    await client.query('set statement_timeout = 0; set client_min_messages = warning');
    await client.query(
      'begin read write; create schema hostile; create table public.kept as select 5 as value; commit',
    );
    const environment = {
      ...hostile.environment(),
      ...{ TZ: 'America/St_Johns', LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8', PGTZ: 'Asia/Tokyo' },
      ...{
        PGDATESTYLE: 'German',
        PGCLIENTENCODING: 'LATIN1',
        PGOPTIONS: '-c DateStyle=Postgres -c TimeZone=Asia/Tokyo',
      },
    };
    for (const method of ['stream', 'fetch']) {
      const target = newTarget();
      const args = [...quick, '-D', target, '-X', method, '-l', 'größe'];
      const result = await runProgram('gs_basebackup', args, { env: environment });
      expect(result).toMatchObject({ status: 0, stdout: '' });
      expect(exists(join(target, 'global', 'pg_control'))).toBe(true);
      const restored = await startFrom(target, { settings: { statement_timeout: 0 } });
      expect(await restored.value('select value from public.kept')).toBe('5');
      await restored.stop('immediate');
    }
    await hostile.stop('immediate');
  });

  /** What the server compressed goes to stdout with its bytes: one gzip member, the whole backup, WAL in it. */
  async function expectServersTarOnStdout(small: PostgresServer): Promise<void> {
    const file = join(temporaryDirectory(), 'base.tar.gz');
    const args = ['-Ft', '-X', 'fetch', '-Z', 'server-gzip:1', '--no-manifest', '-c', 'fast'];
    expect(await backupToFile(small, args, file)).toEqual({ status: 0, stderr: '' });
    const data = newTarget();
    unpack(file, data);
    const restored = await startFrom(data);
    expect(await restored.value('select count(*) from kept')).toBe('20000');
    await restored.stop('immediate');
  }

  it('files with holes, without content and with a time behind 2038 come and go as they are (BB-47)', async () => {
    const names = { holes: 'pg_logical/holes', empty: 'pg_logical/empty', late: 'pg_logical/late' };
    const at = (root: string, name: string): string => join(root, name);
    // Punched as openGauss punches holes into compressed files: blocks in between, none at the end.
    const holes = Buffer.alloc(9 * 1024 * 1024);
    holes.fill('in between', 4_000_000, 4_010_000);
    const source = at(server.dataDirectory, names.holes);
    const file = openSync(source, 'w');
    writeSync(file, holes, 4_000_000, 10_000, 4_000_000);
    ftruncateSync(file, holes.length);
    closeSync(file);
    expect(statSync(source).blocks * 512).toBeLessThan(holes.length / 2);
    writeFileSync(at(server.dataDirectory, names.empty), '');
    writeFileSync(at(server.dataDirectory, names.late), 'late');
    const seconds = 2 ** 31 + 5;
    utimesSync(at(server.dataDirectory, names.late), seconds, seconds);
    for (const name of Object.values(names)) giveToServerUser(at(server.dataDirectory, name));
    const expectContent = (root: string): void => {
      expect(readFileSync(at(root, names.holes)).equals(holes)).toBe(true);
      expect(statSync(at(root, names.empty)).size).toBe(0);
      expect(readFileSync(at(root, names.late), 'utf8')).toBe('late');
    };
    for (const args of [[], ['-Ft', '-z']]) {
      const backup = await takeBackup(server, args);
      if (args.length === 0) expectContent(backup);
      else {
        const members = await readTar(join(backup, 'base.tar.gz'));
        expect(members.find(({ header }) => header.name === names.late)?.header.mtime).toEqual(
          new Date(seconds * 1000),
        );
      }
      expect(readFileSync(join(backup, 'backup_manifest'), 'utf8')).toMatch(
        new RegExp(`"${names.late}", "Size": 4, "Last-Modified": "2038-01-19 03:14:13 GMT"`),
      );
      expect((await runProgram('gausskeep', ['verify', backup])).status).toBe(0);
      const data = join(temporaryDirectory('restored'), 'data');
      const words = ['restore', '--no-sync', '--from', backup, '--pgdata', data, '--owner', owner];
      expect((await runProgram('gausskeep', words)).status).toBe(0);
      expectContent(data);
      // A sparse copy is made by those who copy: as cp does.
      if (args.length > 0) continue;
      const copy = join(temporaryDirectory('sparse'), 'backup');
      execFileSync('cp', ['-a', '--sparse=always', backup, copy]);
      expect(statSync(at(copy, names.holes)).blocks * 512).toBeLessThan(holes.length / 2);
      expect((await runProgram('gausskeep', ['verify', copy])).status).toBe(0);
    }
    for (const name of Object.values(names)) rmSync(at(server.dataDirectory, name));
  });

  it('segments of another size', async () => {
    const small = await startServer({ version, walSegmentSizeMib: 1 });
    await small.sql("create table kept as select i, repeat('x', 300) as text from generate_series(1, 20000) i");
    const target = await takeBackup(small);
    const segments = segmentsIn(join(target, 'pg_wal'));
    for (const name of segments) expect(statSync(join(target, 'pg_wal', name)).size).toBe(1024 * 1024);
    const restored = await startFrom(target);
    expect(await restored.value('select count(*) from kept')).toBe('20000');
    await restored.stop('immediate');
    if (version >= 15) await expectServersTarOnStdout(small);
    await small.stop('immediate');
  });
});
