/** Options of pg_basebackup that are the server's business, or a standby's: what they make is verified, restored and started. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  exists,
  expectNothingOnServer,
  newTarget,
  restoreTar,
  runBackup,
  takeBackup,
  through,
} from '../support/backups.ts';
import { startCompressingProxy } from '../support/postgres/compressing-proxy.ts';
import { giveToServerUser, runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { runProgram, temporaryDirectory } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];

forEachServer('full', (version) => {
  let server: PostgresServer;
  let location: string;
  let oid: string;
  /** PostgreSQL 15 and older leave them out of their tars. */
  const hasInside = version >= 16;
  let inside = '';

  beforeAll(async () => {
    // In the configuration: without it the recovery of a copy takes the directory of a tablespace for a stray one.
    server = await startServer({ version, config: hasInside ? { allow_in_place_tablespaces: true } : {} });
    location = serverDirectory('space');
    await server.sql(`create tablespace space location '${location}'`);
    await server.sql("create table kept as select i, repeat('row ' || i, 20) as text from generate_series(1, 3000) i");
    await server.sql('create table moved tablespace space as select generate_series(1, 500) i');
    await server.sql("create role copier login replication password 'it''s'");
    oid = await server.value("select oid from pg_tablespace where spcname = 'space'");
    // A directory below pg_tblspc, and not elsewhere (BB-39).
    if (hasInside) await makeInside();
    await toNextTimeline();
  });

  async function makeInside(): Promise<void> {
    await server.sql("create tablespace inside location ''");
    await server.sql(
      "create table stayed tablespace inside as select i, 'inside ' || i as text from generate_series(1, 700) i",
    );
    inside = await server.value("select oid from pg_tablespace where spcname = 'inside'");
  }

  /** All backups here are taken behind a promotion. */
  async function toNextTimeline(): Promise<void> {
    await server.stop();
    const signal = join(server.dataDirectory, version >= 12 ? 'standby.signal' : 'recovery.conf');
    writeFileSync(signal, version >= 12 ? '' : "standby_mode = 'on'\n");
    giveToServerUser(signal);
    await server.start();
    await server.promote();
    expect(await server.value('select pg_walfile_name(pg_current_wal_lsn())')).toMatch(/^00000002/);
  }

  const verified = async (backup: string): Promise<void> => {
    const result = await runProgram('gausskeep', ['verify', backup]);
    expect(result.status, result.stdout + result.stderr).toBe(0);
  };

  const restoreWords = (backup: string, data: string): string[] => {
    const place = `${oid}=${newTarget()}`;
    return ['restore', '--no-sync', '--from', backup, '--pgdata', data, '-T', place, ...owner];
  };

  /** Reads it with `verify`, `gs_tar` and `restore`, starts what that made, and compares the rows. */
  async function expectRestored(backup: string): Promise<void> {
    await verified(backup);
    await expectUnpacked(backup);
    const data = join(temporaryDirectory('restored'), 'data');
    const result = await runProgram('gausskeep', restoreWords(backup, data));
    expect(result.status, result.stderr).toBe(0);
    await expectRows(await startFrom(data));
  }

  /** `gs_tar` makes of each tar the files that the manifest names. */
  async function expectUnpacked(backup: string): Promise<void> {
    const parts: Record<string, string> = { base: '', [oid]: `pg_tblspc/${oid}/`, [inside]: `pg_tblspc/${inside}/` };
    const { Files } = JSON.parse(readFileSync(join(backup, 'backup_manifest'), 'utf8')) as {
      Files: { Path?: string; Size: number }[];
    };
    for (const name of readdirSync(backup).filter((candidate) => /^(?:base|[0-9]+)\.tar/.test(candidate))) {
      const below = parts[name.slice(0, name.indexOf('.'))] ?? 'unknown';
      const target = temporaryDirectory('unpacked');
      expect(await runProgram('gs_tar', ['-D', target, '-F', join(backup, name)])).toMatchObject({ status: 0 });
      const files = Files.filter(
        ({ Path = '' }) => Path.startsWith(below) && (below !== '' || !/^pg_(?:tblspc|wal)\//.test(Path)),
      );
      expect(files.length, name).toBeGreaterThan(0);
      for (const { Path = '', Size } of files)
        expect(statSync(join(target, Path.slice(below.length))).size, Path).toBe(Size);
    }
  }

  async function expectRows(copy: PostgresServer): Promise<void> {
    const digest = "select md5(string_agg(text, ',' order by i)) from kept";
    expect(await copy.value(digest)).toBe(await server.value(digest));
    expect(await copy.value('select count(*) from moved')).toBe('500');
    if (hasInside) {
      expect(await copy.value("select string_agg(text, ',' order by i) from stayed")).toContain('inside 1,inside 2,');
      expect(lstatSync(join(copy.dataDirectory, 'pg_tblspc', inside)).isDirectory()).toBe(true);
    }
    await copy.stop('immediate');
  }

  const tarNames = (suffix: string, wal: readonly string[]): string[] =>
    [
      'backup_manifest',
      ...['base', oid, ...(hasInside ? [inside] : [])].map((stem) => `${stem}.tar${suffix}`),
      ...wal,
    ].sort();
  const mapped = (): string[] => ['-T', `${location}=${newTarget()}`];

  if (hasInside)
    it('a copy with a tablespace in place starts only where its settings allow that, and a restore says so (BB-39)', async () => {
      const backup = await takeBackup(server, mapped());
      const data = join(temporaryDirectory('restored'), 'data');
      const result = await runProgram('gausskeep', [
        ...restoreWords(backup, data),
        '--set=allow_in_place_tablespaces=off',
      ]);
      expect(result.stderr).toContain(`warning: tablespace ${inside} lies in the data directory itself`);
      expect(result.status).toBe(3);
      await expect(startFrom(data)).rejects.toThrow();
      await expectRows(await startFrom(data, { settings: { allow_in_place_tablespaces: true } }));
    });

  describe('compression on this side', () => {
    const formats: [method: string, wal: string, suffix: string, walNames: string[]][] = [
      // As with the original, which does not compress WAL with these.
      ['lz4:5', 'stream', '.lz4', ['pg_wal.tar']],
      ['client-zstd:level=5,workers=3,long', 'stream', '.zst', ['pg_wal.tar']],
    ];
    const further: typeof formats = [
      ['none', 'stream', '', ['pg_wal.tar']],
      ['gzip:1', 'stream', '.gz', ['pg_wal.tar.gz']],
      ['zstd:-7', 'fetch', '.zst', []],
    ];
    // What does not hang on the server is tried with one of them.
    it.each(version >= 15 ? [...formats, ...further] : formats)(
      '-Z %s -X %s: a tar for each tablespace, all read by verify, gs_tar and restore',
      async (method, wal, suffix, walNames) => {
        const backup = await takeBackup(server, ['-Ft', '-Z', method, '-X', wal]);
        expect(readdirSync(backup).sort()).toEqual(tarNames(suffix, walNames));
        await expectRestored(backup);
      },
    );

    if (version >= 15)
      it('without WAL it is proved as far as it goes, and restore says what is missing', async () => {
        const backup = await takeBackup(server, ['-Ft', '-Z', 'zstd', '-X', 'none']);
        expect(readdirSync(backup).sort()).toEqual(tarNames('.zst', []));
        expect(await runProgram('gausskeep', ['verify', '-n', backup])).toMatchObject({ status: 0 });
        const data = join(temporaryDirectory('restored'), 'data');
        const result = await runProgram('gausskeep', restoreWords(backup, data));
        expect(result.status, result.stderr).toBe(3);
        expect(result.stderr).toContain('WAL');
        expect(existsSync(join(data, 'global', 'pg_control'))).toBe(true);
      });

    const expectDamaged = async (backup: string, path: string): Promise<void> => {
      for (const [program, ...args] of [
        ['gausskeep', 'verify', backup],
        ['gausskeep', 'restore', '--from', backup, '--pgdata', newTarget(), '-T', `${oid}=${newTarget()}`, ...owner],
        ['gs_tar', '-D', temporaryDirectory('unpacked'), '-F', path],
      ] as const) {
        const result = await runProgram(program, args);
        expect(result.status, args.join(' ')).not.toBe(0);
        expect(`${result.stdout}${result.stderr}`, args.join(' ')).toContain('damaged zstd data');
      }
    };

    if (version >= 15)
      it('one bit of a frame that is not as it was is found by verify, restore and gs_tar', async () => {
        const backup = await takeBackup(server, ['-Ft', '-Z', 'zstd', '-X', 'fetch', '--no-manifest']);
        const path = join(backup, 'base.tar.zst');
        const bytes = readFileSync(path);
        // In the content of the last frame, whose last four bytes are its checksum; and in WAL that is read as it passes by.
        for (const fromEnd of [40, 20_000]) {
          const place = bytes.length - fromEnd;
          const damaged = Buffer.from(bytes);
          damaged[place] = (damaged[place] ?? 0) ^ 0x10;
          writeFileSync(path, damaged);
          await expectDamaged(backup, path);
        }
      });
  });

  if (version >= 15)
    describe('compression by the server', () => {
      it.each([[['-X', 'fetch']], [['-X', 'stream']]])('tars are stored as they come, and proved (%j)', async (wal) => {
        const backup = await takeBackup(server, ['-Ft', '-Z', 'server-gzip:2', ...wal]);
        const streamed = wal[1] === 'stream' ? ['pg_wal.tar'] : [];
        expect(readdirSync(backup).sort()).toEqual(tarNames('.gz', streamed));
        // One member of gzip with the server's header; ours are cut in many.
        execFileSync('gzip', ['-t', join(backup, 'base.tar.gz')]);
        await expectRestored(backup);
      });

      it('a plain backup is unpacked, as if nothing had been compressed', async () => {
        const backup = await takeBackup(server, ['-Z', 'server-gzip', ...mapped()]);
        await verified(backup);
        await expectRows(await startFrom(backup));
      });

      it.each([
        ['server-lz4:1', 'lz4', "COMPRESSION 'lz4', COMPRESSION_DETAIL '1'"],
        ['server-zstd:level=1,long', 'zst', "COMPRESSION 'zstd', COMPRESSION_DETAIL 'level=1,long'"],
      ])('%s of a server that has it: stored as it comes and proved, or unpacked', async (method, suffix, asked) => {
        const proxy = await startCompressingProxy({ host: '127.0.0.1', port: server.port });
        try {
          const backup = await takeBackup(through(proxy), ['-Ft', '-Z', method, '-X', 'fetch']);
          expect(readdirSync(backup).sort()).toEqual(tarNames(`.${suffix}`, []));
          await expectRestored(backup);
          const plain = await takeBackup(through(proxy), ['-Z', method, ...mapped()]);
          await verified(plain);
          await expectRows(await startFrom(plain));
          expect(proxy.asked).toEqual([asked, asked]);
        } finally {
          await proxy.close();
        }
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

  if (version >= 15)
    describe('targets of the server', () => {
      it('server:DIR keeps the backup there, says that it was not checked, and it can be restored', async () => {
        const directory = join(serverDirectory('kept'), 'backup');
        const args = [`--target=server:${directory}`, '-X', 'fetch', '-z', '-v'];
        // No superuser: who may write files of the server may do this (BB-29).
        const env = { PGUSER: 'copier', PGPASSWORD: "it's" };
        expect((await runBackup(server, args, { env })).stderr).toContain('could not initiate base backup: ERROR:');
        expect(existsSync(directory)).toBe(false);
        await server.sql('grant pg_write_server_files to copier');
        const result = await runBackup(server, args, { env });
        await server.sql('revoke pg_write_server_files from copier');
        expect(result).toMatchObject({ status: 0, stdout: '' });
        expect(result.stderr).toContain(
          `gs_basebackup: note: the server wrote the backup to "${directory}" on its own host; nothing of it was checked here`,
        );
        expect(readdirSync(directory).sort()).toEqual(tarNames('.gz', []));
        await expectRestored(directory);
        const again = await runBackup(server, args);
        expect(again.status).toBe(1);
        expect(again.stderr).toContain(
          `could not initiate base backup: ERROR:  directory "${directory}" exists but is not empty`,
        );
      });

      it('blackhole goes nowhere; another name is refused by the server; -t of both names', async () => {
        for (const option of ['--target', '-t']) {
          const { status, stdout, stderr } = await runBackup(server, [option, 'blackhole', '-X', 'fetch']);
          expect([status, stdout, stderr]).toEqual([0, '', '']);
        }
        // Nothing comes here; what is told is what the server counts.
        const told = await runBackup(server, ['-t', 'blackhole', '-X', 'fetch', '-v', '--progress=json']);
        const records = told.stderr.split('\n').filter((line) => line.startsWith('{'));
        const last = JSON.parse(records.at(-1) ?? '') as { doneBytes: number; totalBytes: number; percent: number };
        expect(last).toMatchObject({ percent: 100, totalBytes: last.doneBytes });
        expect(last.doneBytes).toBeGreaterThan(10 * 1024 * 1024);
        expect(told.stderr).toContain('gs_basebackup: base backup completed\n');
        const bogus = await runBackup(server, ['-t', 'bogus', '-X', 'none']);
        expect(bogus.stderr).toContain('error: could not initiate base backup: ERROR:  unrecognized target: "bogus"');
        const number = await runBackup(server, ['-t', '5', '-X', 'fetch'], { calledAs: 'pg_basebackup' });
        expect(number.stderr).toContain(
          'pg_basebackup: error: could not initiate base backup: ERROR:  unrecognized target: "5"',
        );
        await expectNothingOnServer(server);
      });
    });

  if (version < 15)
    it('what only PostgreSQL 15 can is refused by name, and nothing is left', async () => {
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
        await expectStandby(
          restoreTar(backup, { [oid]: serverDirectory('again') }, hasInside ? [inside] : []),
          undefined,
        );
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

  if (version >= 11)
    it('--no-verify-checksums takes a damaged page as it is, in silence', async () => {
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
