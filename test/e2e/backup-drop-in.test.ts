/** Options of pg_basebackup that are the server's business, or a standby's: what they make is verified, restored and started. */
import { execFileSync } from 'node:child_process';
import { existsSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { exists, expectNothingOnServer, newTarget, restoreTar, runBackup, takeBackup } from '../support/backups.ts';
import { runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { runProgram, temporaryDirectory } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];

forEachServer('full', (version) => {
  let server: PostgresServer;
  let location: string;
  let oid: string;

  beforeAll(async () => {
    server = await startServer({ version });
    location = serverDirectory('space');
    await server.sql(`create tablespace space location '${location}'`);
    await server.sql("create table kept as select i, repeat('row ' || i, 20) as text from generate_series(1, 3000) i");
    await server.sql('create table moved tablespace space as select generate_series(1, 500) i');
    await server.sql("create role copier login replication password 'it''s'");
    oid = await server.value("select oid from pg_tablespace where spcname = 'space'");
  });

  const verified = async (backup: string): Promise<void> => {
    const result = await runProgram('gausskeep', ['verify', backup]);
    expect(result, backup).toMatchObject({ status: 0 });
  };

  /** Restores with our program, starts the copy, and compares the rows. */
  async function expectRestored(backup: string): Promise<void> {
    await verified(backup);
    const data = join(temporaryDirectory('restored'), 'data');
    const words = ['restore', '--no-sync', '--from', backup, '--pgdata', data, '-T', `${oid}=${newTarget()}`, ...owner];
    const result = await runProgram('gausskeep', words);
    expect(result.status, result.stderr).toBe(0);
    await expectRows(await startFrom(data));
  }

  async function expectRows(copy: PostgresServer): Promise<void> {
    const digest = "select md5(string_agg(text, ',' order by i)) from kept";
    expect(await copy.value(digest)).toBe(await server.value(digest));
    expect(await copy.value('select count(*) from moved')).toBe('500');
    await copy.stop('immediate');
  }

  const mapped = (): string[] => ['-T', `${location}=${newTarget()}`];

  describe('compression on this side', () => {
    it.each([
      ['lz4:5', '.lz4'],
      ['client-zstd:level=5,workers=3', '.zst'],
    ])('-Z %s: tars that other tools read, WAL in a tar of its own', async (method, suffix) => {
      const backup = await takeBackup(server, ['-Ft', '-Z', method]);
      const names = ['backup_manifest', `base.tar${suffix}`, `${oid}.tar${suffix}`, 'pg_wal.tar'];
      expect(readdirSync(backup).sort()).toEqual(names.sort());
      await expectRestored(backup);
    });
  });

  describe.runIf(version >= 15)('compression by the server', () => {
    it.each([[['-X', 'fetch']], [['-X', 'stream']]])('tars are stored as they come, and proved (%j)', async (wal) => {
      const backup = await takeBackup(server, ['-Ft', '-Z', 'server-gzip:2', ...wal]);
      const streamed = wal[1] === 'stream' ? ['pg_wal.tar'] : [];
      const names = ['backup_manifest', 'base.tar.gz', `${oid}.tar.gz`, ...streamed];
      expect(readdirSync(backup).sort()).toEqual(names.sort());
      // One member of gzip with the server's header; ours are cut in many.
      execFileSync('gzip', ['-t', join(backup, 'base.tar.gz')]);
      await expectRestored(backup);
    });

    it('a plain backup is unpacked, as if nothing had been compressed', async () => {
      const backup = await takeBackup(server, ['-Z', 'server-gzip', ...mapped()]);
      await verified(backup);
      await expectRows(await startFrom(backup));
    });

    it('what the server does not know comes back in its own words, and nothing is left', async () => {
      for (const [method, text] of [
        ['extrasquishy', 'unrecognized compression algorithm: "extrasquishy"'],
        ['gzip:', 'invalid compression specification: found empty string where a compression option was expected'],
        [
          'gzip:level=236',
          'invalid compression specification: compression algorithm "gzip" expects a compression level',
        ],
        // Embedded servers are built without it.
        ['lz4', 'invalid compression specification: this build does not support compression with LZ4'],
      ] as const) {
        const target = newTarget();
        const result = await runBackup(server, ['-D', target, ...mapped(), '-Z', `server-${method}`]);
        expect(result).toMatchObject({ status: 1, stdout: '' });
        expect(result.stderr).toContain(`gs_basebackup: error: could not initiate base backup: ERROR:  ${text}`);
        expect(exists(target)).toBe(false);
      }
      await expectNothingOnServer(server);
    });

    it('the configuration of this host has no place in the tars of the server', async () => {
      const words = ['-D', newTarget(), '-Ft', '-Z', 'server-gzip', '--config-dir', server.dataDirectory];
      const result = await runBackup(server, words);
      expect(result.stderr).toContain('error: --config-dir has no place in archives in the format of the server');
    });
  });

  describe.runIf(version >= 15)('targets of the server', () => {
    it('server:DIR keeps the backup there, says that it was not checked, and it can be restored', async () => {
      const directory = join(serverDirectory('kept'), 'backup');
      const args = [`--target=server:${directory}`, '-X', 'fetch', '-z', '-v'];
      const result = await runBackup(server, args);
      expect(result).toMatchObject({ status: 0, stdout: '' });
      expect(result.stderr).toContain(
        `gs_basebackup: note: the server wrote the backup to "${directory}" on its own host; nothing of it was checked here`,
      );
      expect(readdirSync(directory).sort()).toEqual(['backup_manifest', 'base.tar.gz', `${oid}.tar.gz`].sort());
      await expectRestored(directory);
      const again = await runBackup(server, args);
      expect(again.status).toBe(1);
      expect(again.stderr).toContain(
        `could not initiate base backup: ERROR:  directory "${directory}" exists but is not empty`,
      );
    });

    it('blackhole goes nowhere; another name is refused by the server; -t of both names', async () => {
      for (const args of [
        ['--target', 'blackhole'],
        ['-t', 'blackhole'],
      ]) {
        expect(await runBackup(server, [...args, '-X', 'fetch'])).toMatchObject({ status: 0, stdout: '', stderr: '' });
      }
      const bogus = await runBackup(server, ['-t', 'bogus', '-X', 'none']);
      expect(bogus.stderr).toContain('error: could not initiate base backup: ERROR:  unrecognized target: "bogus"');
      const number = await runBackup(server, ['-t', '5', '-X', 'fetch'], { calledAs: 'pg_basebackup' });
      expect(number.stderr).toContain(
        'pg_basebackup: error: could not initiate base backup: ERROR:  unrecognized target: "5"',
      );
      await expectNothingOnServer(server);
    });
  });

  it.runIf(version < 15)('what only PostgreSQL 15 can is refused by name, and nothing is left', async () => {
    for (const [args, option, flag] of [
      [['-Z', 'server-gzip', '-D', newTarget()], 'COMPRESSION', '-Z server-METHOD'],
      [['-t', 'blackhole', '-X', 'none'], 'TARGET', '-t TARGET'],
    ] as const) {
      const result = await runBackup(server, [...args]);
      expect(result.status).toBe(1);
      expect(result.stderr).toContain(`error: the server has no ${option} in its base backups\n`);
      expect(result.stderr).toContain(`hint: Leave out ${flag}: it is for PostgreSQL 15 and later`);
    }
  });

  describe('-R', () => {
    const configuration = version >= 12 ? 'postgresql.auto.conf' : 'recovery.conf';

    async function expectStandby(data: string, slot: string | undefined): Promise<void> {
      if (version >= 12) expect(readFileSync(join(data, 'standby.signal'), 'utf8')).toBe('');
      const text = readFileSync(join(data, configuration), 'utf8');
      expect(text).toMatch(new RegExp(`^primary_conninfo = '.*port=${String(server.port)}.*'$`, 'm'));
      if (slot === undefined) expect(text).not.toContain('primary_slot_name');
      else expect(text).toMatch(new RegExp(`^primary_slot_name = '${slot}'$`, 'm'));
      const standby = await startFrom(data);
      expect(await standby.value('select pg_is_in_recovery()')).toBe('true');
      await server.sql('create table later as select 42 as answer');
      const end = await server.value('select pg_current_wal_lsn()');
      await standby.waitFor(`select pg_last_wal_replay_lsn() >= '${end}'`);
      expect(await standby.value('select answer from later')).toBe('42');
      if (slot !== undefined) {
        expect(await server.value(`select active from pg_replication_slots where slot_name = '${slot}'`)).toBe('true');
      }
      await server.sql('drop table later');
      await expectRows(standby);
    }

    it('a plain copy with a slot is started, and follows its source', async () => {
      const backup = await takeBackup(server, ['-R', '-C', '-S', 'follower', ...mapped()]);
      await verified(backup);
      await expectStandby(backup, 'follower');
      await server.waitFor("select not active from pg_replication_slots where slot_name = 'follower'");
      await server.sql("select pg_drop_replication_slot('follower')");
    });

    it.each([['none'], ...(version >= 15 ? [['server-gzip']] : [])])(
      'a tar (-Z %s) holds it as well',
      async (method) => {
        const backup = await takeBackup(server, ['-R', '-Ft', '-Z', method]);
        await verified(backup);
        await expectStandby(restoreTar(backup, { [oid]: serverDirectory('again') }), undefined);
      },
    );

    it('a password that was given is in it, readable for its owner only', async () => {
      const env = { PGUSER: 'copier', PGPASSWORD: "it's" };
      const target = newTarget();
      const result = await runBackup(server, ['-D', target, '-R', ...mapped()], { env });
      expect(result).toMatchObject({ status: 0, stdout: '', stderr: '' });
      const path = join(target, configuration);
      expect(readFileSync(path, 'utf8')).toContain(String.raw`user=copier password=''it\\''s''`);
      expect(execFileSync('stat', ['-c', '%a', path]).toString()).toBe('600\n');
    });
  });

  it('--manifest-force-encode: no path is readable, and the backup verifies', async () => {
    const backup = await takeBackup(server, ['--manifest-force-encode', ...mapped()]);
    const manifest = readFileSync(join(backup, 'backup_manifest'), 'utf8');
    expect(manifest).toContain(`"Encoded-Path": "${Buffer.from('PG_VERSION').toString('hex')}"`);
    // Ours too: the mapping has made a gausskeep.json.
    expect(manifest).toContain(`"Encoded-Path": "${Buffer.from('gausskeep.json').toString('hex')}"`);
    expect(manifest).not.toContain('"Path"');
    await verified(backup);
  });

  it('--no-estimate-size and --sync-method take effect', async () => {
    const target = newTarget();
    const args = ['-c', 'fast', '--sync-method=syncfs', '--no-estimate-size'];
    // The system's own program, watched.
    const programs = temporaryDirectory();
    const watch = `#!/bin/sh\necho "$@" >> ${programs}/calls\nPATH=$SYSTEM_PATH exec sync "$@"\n`;
    writeFileSync(join(programs, 'sync'), watch, { mode: 0o755 });
    const path = process.env['PATH'] ?? '';
    const env = { ...server.environment(), PATH: `${programs}:${path}`, SYSTEM_PATH: path };
    const result = await runProgram('gs_basebackup', [...args, '-D', target, ...mapped()], { env });
    expect(result).toEqual({ status: 0, signal: null, stdout: '', stderr: '' });
    expect(existsSync(join(target, 'PG_VERSION'))).toBe(true);
    expect(readFileSync(join(programs, 'calls'), 'utf8').split('\n')).toContain(`-f -- ${target}`);
    // Without such a program each file is flushed.
    const alone = await runProgram('gs_basebackup', [...args, '-D', newTarget(), ...mapped()], {
      env: { ...server.environment(), PATH: '/nowhere' },
    });
    expect(alone).toEqual({ status: 0, signal: null, stdout: '', stderr: '' });
  });

  it.runIf(version >= 11)('--no-verify-checksums takes a damaged page as it is, in silence', async () => {
    const damaged = await startServer({ version });
    await damaged.sql('create table t as select generate_series(1, 2000) i');
    const path = await damaged.value("select pg_relation_filepath('t')");
    await damaged.stop();
    const file = openSync(join(damaged.dataDirectory, path), 'r+');
    writeSync(file, Buffer.alloc(32, 0x5a), 0, 32, 4000);
    closeSync(file);
    await damaged.start();
    expect(await runBackup(damaged, ['-D', newTarget()])).toMatchObject({ status: 1 });
    await takeBackup(damaged, ['--no-verify-checksums']);
    await damaged.stop('immediate');
  });
});
