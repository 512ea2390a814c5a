/** Incremental backups of PostgreSQL 17 and later, and what they are restored to (CB-01 … CB-11). */
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { ManifestWriter } from '../../src/manifest/writer.ts';
import { backupToFile, newTarget, pathsBelow, runBackup, takeBackup, through } from '../support/backups.ts';
import { loadData } from '../support/postgres/load.ts';
import { runProgram, startProgram, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { startCompressingProxy } from '../support/postgres/compressing-proxy.ts';
import { serverDirectory, startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { forEachServer } from '../support/servers-under-test.ts';
import {
  contentOf,
  expectSame,
  incrementalFiles,
  manyChanges,
  newDirectory,
  onTopOf,
  relationFiles,
  changeTables,
  makeTables,
  restoreChain,
  owner,
  restored,
  type Instance,
} from '../support/incremental-chains.ts';

forEachServer(
  'smoke',
  (version) => {
    it('a full backup and an incremental one on stdout give what the server had', async () => {
      const server = await startServer({ version, config: { wal_level: 'replica', summarize_wal: 'on' } });
      const client = await server.client();
      await loadData(client, { rows: 500 });
      const full = await takeBackup(server);
      await manyChanges(client, 1);
      const expected = await contentOf(server);
      const incremental = temporaryDirectory('stdout');
      const args = ['-Ft', '-X', 'fetch', ...onTopOf(full)];
      expect(await backupToFile(server, args, join(incremental, 'base.tar'))).toMatchObject({ status: 0 });
      // In a tar from stdout the manifest is inside, behind all files: they are not checked, and it is said.
      const data = newDirectory();
      const result = await restoreChain([full, incremental], data);
      expect(result.stderr).toContain(`the files of the backup "${incremental}" were not checked`);
      expect(result.status, result.stderr).toBe(3);
      await expectSame(data, expected);
      await server.stop();
    });
  },
  { oldest: 18 },
); // 17 is tested in full.

forEachServer(
  'full',
  (version) => {
    let server: PostgresServer;
    let expected: Instance;
    let first: Instance;
    let full: string;
    let one: string;
    let two: string;
    let whole: string;
    let space: string;
    let twoSpace: string;
    let wholeSpace: string;

    beforeAll(async () => {
      server = await startServer({
        version,
        // The last case recovers with the WAL that the server still has.
        config: {
          summarize_wal: 'on',
          autovacuum: 'off',
          max_wal_size: '1GB',
          wal_keep_size: '2GB',
          allow_in_place_tablespaces: true,
        },
      });
      const client = await server.client();
      await loadData(client, { rows: 20_000 });
      space = serverDirectory('tablespace');
      await client.query(`create tablespace elsewhere location '${space}'`);
      await client.query(
        'create table there tablespace elsewhere as select g, md5(g::text) from generate_series(1, 9000) g',
      );
      await makeTables(client);
      await client.query('create database goes');
      await client.query('create database again oid 50000 strategy file_copy');
      await (await server.client({ database: 'again' })).query('create table before as select 1 as n');
      await client.query('vacuum');
      const mapped = (to = join(temporaryDirectory('mapped'), 'ts')): string[] => ['-T', `${space}=${to}`];
      full = await takeBackup(server, mapped());
      await manyChanges(client, 1);
      await changeTables(client);
      await client.query('create database later');
      await client.query('drop database again with (force)');
      await client.query('create database again oid 50000 strategy file_copy');
      await (await server.client({ database: 'again' })).query('create table after as select 2 as n');
      first = await contentOf(server);
      one = await takeBackup(server, ['-Ft', '-z', '-X', 'stream', ...onTopOf(full)]);
      await manyChanges(client, 2);
      await client.query('insert into shrinks select g, repeat(md5(g::text), 8) from generate_series(20000, 24000) g');
      await client.query('truncate truncated');
      await client.query('insert into truncated select g from generate_series(1, 700) g');
      await client.query('drop database goes with (force)');
      const later = await server.client({ database: 'later' });
      await later.query('create table inside tablespace elsewhere as select g from generate_series(1, 100) g');
      await later.query('create table inside_too as select g from generate_series(1, 100) g');
      await server.sql('checkpoint');
      expected = await contentOf(server);
      twoSpace = join(temporaryDirectory('mapped'), 'ts');
      two = await takeBackup(server, [...mapped(twoSpace), '-X', 'fetch', ...onTopOf(one)]);
      wholeSpace = join(temporaryDirectory('mapped'), 'ts');
      whole = await takeBackup(server, mapped(wholeSpace));
    });

    const elsewhere = (): string[] => ['-T', `${space}=${join(temporaryDirectory('space'), 'ts')}`];

    it('changed, grown, shrunk, vacuumed, dropped, rewritten and new tables and databases are what they were (CB-02)', async () => {
      expect(incrementalFiles(two).length).toBeGreaterThan(300);
      expect(incrementalFiles(twoSpace).length).toBeGreaterThan(0);
      const untouched = `${await server.value("select pg_relation_filepath('untouched')")}_vm`;
      const place = join(temporaryDirectory('space'), 'ts');
      const data = await restored([full, one, two], ['-T', `${space}=${place}`]);
      expect(readFileSync(join(data, 'backup_label'), 'latin1')).not.toContain('INCREMENTAL');
      for (const [combined, taken] of [
        [data, whole],
        [place, wholeSpace],
      ] as const) {
        expect(incrementalFiles(combined)).toEqual([]);
        const [ours, theirs] = [relationFiles(combined), relationFiles(taken)];
        expect(theirs.size).toBeGreaterThan(0);
        expect([...ours.keys()]).toEqual([...theirs.keys()]);
        // Of a visibility map bits are cleared without a trace in WAL summaries: such pages are zeros in the copy.
        const other = [...theirs].filter(([name, bytes]) => ours.get(name)?.equals(bytes) !== true);
        expect(other.map(([name]) => name).filter((name) => !name.endsWith('_vm'))).toEqual([]);
        expect(other.every(([name]) => ours.get(name)?.every((byte) => byte === 0) === true)).toBe(true);
      }
      expect(readFileSync(join(data, untouched)).equals(readFileSync(join(whole, untouched)))).toBe(true);
      await expectSame(data, expected);
    });

    const refused = async (
      chain: readonly string[],
      status: number,
      text: string | RegExp,
      args: readonly string[] = [],
    ): Promise<void> => {
      const data = newDirectory();
      const result = await restoreChain(chain, data, [...elsewhere(), ...args]);
      expect(result.stderr).toMatch(text);
      expect(result.status, result.stderr).toBe(status);
      expect(existsSync(data)).toBe(false);
    };

    it('what is no chain is refused before anything is written (CB-05, CB-09)', async () => {
      await refused([one], 2, /is an incremental one.*\n.*Name before it what it builds on.*starts at LSN/s);
      await refused(
        [full, two],
        16,
        / starts at LSN .*, but ".*" builds on one that starts at LSN .*\n.*Missing is the backup that starts/,
      );
      await refused([full, two, one], 2, /They fit in this order: /);
      await refused([full, one, one], 2, /are the same/);
      await refused([full, whole], 2, /is a full one, but only the first may be/);
      await refused([one, two], 2, /a full one comes first/);
      const manifest = join(two, 'backup_manifest');
      renameSync(manifest, `${manifest}.away`);
      writeFileSync(manifest, new ManifestWriter({ systemIdentifier: 7n }).finish());
      await refused([full, one, two], 14, /is that of instance 7, but its pg_control is of instance/);
      renameSync(`${manifest}.away`, manifest);
      const plan = await restoreChain([full, one, two], newDirectory(), [...elsewhere(), '--plan', '--json']);
      expect(plan.status, plan.stderr).toBe(0);
      const { earlier } = JSON.parse(plan.stdout) as { earlier: { backup: string }[] };
      expect(earlier.map(({ backup }) => backup)).toEqual([full, one]);
    });

    it('a full backup or a chain becomes a full backup with a manifest of its own, and chains go on from there (CB-04, CB-05)', async () => {
      const manifestOf = (data: string): string => readFileSync(join(data, 'backup_manifest'), 'utf8');
      const algorithms = (data: string): string[] => [
        ...new Set([...manifestOf(data).matchAll(/"Checksum-Algorithm": "(\w+)"/g)].map(([, name]) => name!)),
      ];
      const verified = async (data: string, text: RegExp, isGood: boolean): Promise<void> => {
        for (const run of [
          runProgram('gausskeep', ['verify', data]),
          runProgram('gausskeep', [data], { calledAs: 'pg_verifybackup' }),
        ]) {
          const result = await run;
          expect(`${result.stdout}${result.stderr}`).toMatch(text);
          expect(result.status === 0, result.stderr).toBe(isGood);
        }
      };
      expect(existsSync(join(await restored([whole], elsewhere()), 'backup_manifest'))).toBe(false);
      const single = await restored([whole], [...elsewhere(), '--manifest-checksums=sha512']);
      expect(algorithms(single)).toEqual(['SHA512']);
      expect(manifestOf(single)).toContain('"Path": "pg_tblspc/');
      await verified(single, /backup successfully verified/, true);
      const largest = [...relationFiles(single)].sort(([, left], [, right]) => right.length - left.length)[0]!;
      writeFileSync(join(single, largest[0]), Buffer.concat([largest[1].subarray(1), Buffer.from('x')]));
      await verified(single, new RegExp(`checksum mismatch for file "${largest[0]}"`), false);
      writeFileSync(join(single, largest[0]), largest[1]);
      const oid = await server.value("select oid from pg_tablespace where spcname = 'elsewhere'");
      const moved = ['-T', `${oid}=${join(temporaryDirectory('space'), 'ts')}`];
      const again = await restored([single], [...moved, '--manifest-checksums=none']);
      expect(algorithms(again)).toEqual([]);
      await verified(again, /backup successfully verified/, true);
      const combined = await restored([full, one], [...elsewhere(), '--manifest-checksums=CRC32C']);
      expect(algorithms(combined)).toEqual(['CRC32C']);
      await verified(combined, /backup successfully verified/, true);
      await expectSame(await restored([combined, two], elsewhere()), expected);
      const three = await takeBackup(server, ['-Ft', ...onTopOf(combined)]);
      await expectSame(await restored([combined, three], elsewhere()), expected);
      const wal = ['--wal-from', join(server.dataDirectory, 'pg_wal'), '--target-lsn', '0/1'];
      await refused([full], 2, /makes a backup of the copy/, ['--manifest-checksums=none', ...wal]);
      await refused([full], 2, /unrecognized checksum algorithm: "md5"/, ['--manifest-checksums=md5']);
      const bare = await takeBackup(server, ['-Ft', '--no-manifest']);
      await refused([bare], 2, /has no manifest: up to where its WAL is needed/, ['--manifest-checksums=crc32c']);
    });

    it('incremental backups are compressed as full ones are, here or by the server, and restored from one chain', async () => {
      const proxy = await startCompressingProxy({ host: '127.0.0.1', port: server.port });
      // Not from the full one: 17.10 leaves blocks out where a file was cut and grew again since (guide 045).
      const chain = [full, one, two];
      for (const [method, wal, name] of [
        ['lz4', 'stream', 'base.tar.lz4'],
        ['zstd:3', 'fetch', 'base.tar.zst'],
        ['server-gzip', 'fetch', 'base.tar.gz'],
        ['server-lz4', 'fetch', 'base.tar.lz4'],
        ['server-zstd', 'stream', 'base.tar.zst'],
      ] as const) {
        await server.sql(`insert into untouched select 0 from generate_series(1, ${chain.length})`);
        // The server itself is built without these.
        const from = method === 'server-lz4' || method === 'server-zstd' ? through(proxy) : server;
        const target = await takeBackup(from, ['-Ft', '-Z', method, '-X', wal, ...onTopOf(chain.at(-1)!)]);
        expect(existsSync(join(target, name))).toBe(true);
        expect((await runProgram('gausskeep', ['verify', target])).status, method).toBe(0);
        chain.push(target);
      }
      expect(proxy.asked).toHaveLength(2);
      await proxy.close();
      const rows = await contentOf(server);
      await expectSame(await restored(chain, elsewhere()), rows);
    });

    it('verify says of an incremental backup that it is one, and finds a flipped bit, as the restore does', async () => {
      for (const backup of [one, two]) {
        const result = await runProgram('gausskeep', ['verify', backup]);
        expect(result.status, result.stderr).toBe(0);
        expect(result.stderr).toContain(
          'warning: this is an incremental backup: a restore needs those that it builds on',
        );
        expect(result.stdout).toContain('backup successfully verified');
      }
      const largest = (directory: string, prefix: string): string =>
        pathsBelow(join(directory, 'base'))
          .map((path) => join(directory, 'base', path))
          .filter((path) => basename(path).startsWith(prefix) && statSync(path).isFile())
          .sort((first, second) => statSync(second).size - statSync(first).size)[0]!;
      const changed = largest(two, 'INCREMENTAL.');
      const flip = (path: string, offset: number): void => {
        const bytes = readFileSync(path);
        bytes[offset] = bytes[offset]! ^ 1;
        writeFileSync(path, bytes);
      };
      const size = statSync(changed).size;
      expect(size).toBeGreaterThan(8192);
      for (const [path, offset, words] of [
        [changed, size - 100, /checksum mismatch for file "base.*INCREMENTAL/],
        [largest(full, '1'), 5000, /checksum mismatch for file "base/],
      ] as const) {
        flip(path, offset);
        const which = path.startsWith(two) ? two : full;
        const named = `error: the backup "${which}" of the chain cannot be restored: ${words.source}[^\n]*\n.*hint: Look at it with gausskeep verify ${which}, and`;
        await refused([full, one, two], 20, new RegExp(named, 's'));
        const found = await runProgram('gausskeep', ['verify', which]);
        expect(found.stderr).toMatch(words);
        expect(found.status).toBe(20);
        flip(path, offset);
      }
      // Without a manifest the file itself tells.
      flip(changed, 0);
      const found = await runProgram('gausskeep', ['verify', two]);
      expect(found.stderr).toMatch(/INCREMENTAL.*is damaged: it does not begin as one/);
      await refused([full, one, two], 20, /of the chain cannot be restored: .*is damaged: it does not begin as one/, [
        '--no-verify',
      ]);
      flip(changed, 0);
      flip(changed, size - 100);
      expect((await runProgram('gausskeep', ['verify', two])).stderr).toMatch(
        /page verification|checksum verification failed/,
      );
      flip(changed, size - 100);
    });

    it('each backup of a chain without a manifest is named, and the status is 3, unless nothing was to be checked', async () => {
      const manifest = join(full, 'backup_manifest');
      renameSync(manifest, `${manifest}.away`);
      const plan = await restoreChain([full, one, two], newDirectory(), [...elsewhere(), '--plan']);
      expect(plan.stdout).toContain(`unchecked: the files of "${full}", which has no manifest`);
      expect(plan.stdout).toContain('each file checked against the manifest of its backup, where that has one');
      const result = await restoreChain([full, one, two], newDirectory(), [...elsewhere(), '--json']);
      expect(result.status, result.stderr).toBe(3);
      const sentence = `the files of the backup "${full}" were not checked: no backup_manifest lies beside them`;
      expect(result.stderr).toContain(`gausskeep restore: warning: ${sentence}`);
      expect(result.stderr).not.toContain(`"${one}" were not`);
      const record = JSON.parse(result.stdout) as Record<string, unknown>;
      expect(record).toMatchObject({ verify: true, unchecked: [full], warnings: [expect.stringContaining(sentence)] });
      const asked = await restoreChain([full], newDirectory(), [...elsewhere(), '--json', '--no-verify']);
      expect(asked.status, asked.stderr).toBe(0);
      expect(JSON.parse(asked.stdout)).toMatchObject({ verify: false, unchecked: [full], warnings: [] });
      renameSync(`${manifest}.away`, manifest);
    });

    it('killed while it applies, it is unfinished, and --delta finishes it', async () => {
      const data = newDirectory();
      const place = elsewhere();
      const words = [full, one, two].flatMap((backup) => ['--from', backup]);
      const program = startProgram('gausskeep', [
        'restore',
        '--no-sync',
        ...words,
        '--pgdata',
        data,
        ...place,
        ...owner,
      ]);
      await program.output(/applying the incremental backup/);
      program.kill('SIGKILL');
      await program.result;
      expect(existsSync(join(data, 'global/pg_control'))).toBe(false);
      await expect(startFrom(data)).rejects.toThrow();
      expect((await restoreChain([full, one, two], data, place)).status).toBe(17);
      await restored([full, one, two], [...place, '--delta'], data);
      await expectSame(data, expected);
    });

    it('the server may keep it; it is refused where it does not know all changes, in its words', async () => {
      const take = (manifest: string): Promise<ProgramResult> => runBackup(server, ['-D', newTarget(), '-i', manifest]);
      const manifest = join(two, 'backup_manifest');
      const kept = join(serverDirectory('kept'), 'backup');
      const onServer = ['-t', `server:${kept}`, '-X', 'fetch', '-i', manifest];
      expect(await runBackup(server, onServer)).toMatchObject({ status: 0 });
      const verified = await runProgram('gausskeep', ['verify', kept]);
      expect(verified.stderr).toContain('this is an incremental backup');
      expect(verified.status, verified.stderr).toBe(0);
      const other = join(temporaryDirectory('other'), 'backup_manifest');
      const writer = new ManifestWriter({ systemIdentifier: 7n });
      writeFileSync(other, writer.finish());
      expect((await take(other)).stderr).toMatch(
        /^gs_basebackup: error: could not upload manifest: ERROR: .*system identifier.*\n.*another instance/s,
      );
      writeFileSync(other, new ManifestWriter({ systemIdentifier: undefined }).finish());
      expect((await take(other)).stderr).toContain('does not say of which instance it is (version 1)');
      writeFileSync(other, 'nothing of the kind');
      expect((await take(other)).stderr).toMatch(/could not upload manifest: ERROR: .*could not parse backup manifest/);
      expect((await take('/nowhere')).stderr).toContain('/nowhere');
      expect((await take(two)).stderr).toContain(
        `hint: That is a directory. The manifest of the backup in it: -i ${manifest}`,
      );
      await server.sql('alter system set summarize_wal = off');
      await server.sql('select pg_reload_conf()');
      await server.waitFor("select current_setting('summarize_wal') = 'off'");
      const off = await take(manifest);
      expect(off.status).toBe(1);
      expect(off.stderr).toContain('incremental backups cannot be taken unless WAL summarization is enabled');
      expect(off.stderr).toContain('Set summarize_wal = on on the server and take a full backup first.');
      await server.sql('alter system reset summarize_wal');
      await server.sql('select pg_reload_conf()');
    });

    it('a point in time on top of a chain, with WAL from behind the last backup, and the chain goes on from there', async () => {
      const client = await server.client();
      await client.query('create table moments (n int)');
      await client.query('insert into moments values (1)');
      const lsn = await server.value('select pg_current_wal_insert_lsn()');
      await client.query('insert into moments values (2)');
      await client.query('select pg_switch_wal()');
      const wal = [
        '--wal-from',
        join(server.dataDirectory, 'pg_wal'),
        '--target-lsn',
        lsn,
        '--target-action',
        'promote',
      ];
      const place = join(temporaryDirectory('space'), 'ts');
      const data = await restored([full, one, two], ['-T', `${space}=${place}`, ...wal]);
      const copy = await startFrom(data, { settings: { archive_mode: false } });
      await copy.waitFor('select not pg_is_in_recovery()');
      expect(await copy.value('select string_agg(n::text, $$ $$) from moments')).toBe('1');
      // The next one is of the timeline that the promotion began (CB-03, CB-08).
      await copy.sql('insert into moments values (3)');
      const later = await contentOf(copy);
      const three = await takeBackup(copy, ['-Ft', ...onTopOf(two)]);
      expect((await runProgram('gausskeep', ['verify', three])).status).toBe(0);
      const moved = ['-T', `${place}=${join(temporaryDirectory('space'), 'ts')}`];
      await expectSame(await restored([full, one, two, three], moved), later);
      await copy.stop();
      // One that nobody named on top of its full backup is taken for none.
      const backups = temporaryDirectory('backups');
      renameSync(one, join(backups, 'one'));
      const none = await runProgram('gausskeep', ['restore', '--backups', backups, ...wal, '--pgdata', newDirectory()]);
      renameSync(join(backups, 'one'), one);
      expect(none.status).toBe(16);
      expect(none.stderr).toMatch(/incremental/);
    });

    it('the first incremental one by itself gives its own moment, from tars of every kind', async () => {
      await expectSame(await restored([full, one], elsewhere()), first);
    });

    it('what was done with wal_level = minimal is known to no incremental backup (CB-07)', async () => {
      const settings = { wal_level: 'minimal', max_wal_senders: 0, summarize_wal: false };
      await server.restart('fast', { settings });
      await server.sql('create table unlogged_copy as select g from generate_series(1, 100) g');
      await server.restart('fast', { settings: { wal_level: 'replica', max_wal_senders: 10, summarize_wal: true } });
      const result = await runBackup(server, ['-D', newTarget(), ...onTopOf(two)]);
      expect(result.stderr).toMatch(/could not initiate base backup: ERROR: .*WAL summaries are required on timeline/);
      expect(result.stderr).not.toContain('\\x0a');
      expect(result.stderr).toContain('Take a full backup.');
      expect(result.status).toBe(1);
    });
  },
  { oldest: 17 },
);
