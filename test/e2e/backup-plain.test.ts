/** What a plain backup contains, and what it must not. */
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { exists, modeOf, newTarget, pathsBelow, runBackup, segmentsIn, takeBackup } from '../support/backups.ts';
import { giveToServerUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { runProgram, temporaryDirectory } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';

/** Puts a file into a data directory, as if the server had made it. */
function plant(server: PostgresServer, path: string | Buffer, content = 'planted'): void {
  const full = Buffer.concat([Buffer.from(`${server.dataDirectory}/`), Buffer.from(path)]);
  writeFileSync(full, content, { mode: 0o600 });
  if (typeof path === 'string') giveToServerUser(full.toString());
  else giveToServerUser(dirname(full.toString('latin1')));
}

forEachServer('full', (version) => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startServer({ version });
    await server.sql('create table kept as select generate_series(1, 1000) as id');
  });

  describe('the files of a plain backup', () => {
    it('without WAL: version, manifest, empty directories, private modes (BB-13, BB-14)', async () => {
      const target = await takeBackup(server, ['-X', 'none']);
      expect(readFileSync(join(target, 'PG_VERSION'), 'utf8')).toBe(`${version}\n`);
      expect(exists(join(target, 'backup_manifest'))).toBe(true);
      expect(exists(join(target, 'global', 'pg_control'))).toBe(true);
      for (const path of pathsBelow(target)) {
        const full = join(target, path);
        expect([path, modeOf(full)]).toEqual([path, statSync(full).isDirectory() ? '0700' : '0600']);
      }
      expect(modeOf(target)).toBe('0700');
      expect(readdirSync(join(target, 'pg_wal')).sort()).toEqual(
        version >= 17 ? ['archive_status', 'summaries'] : ['archive_status'],
      );
      const names = ['pg_dynshmem', 'pg_notify', 'pg_replslot', 'pg_serial', 'pg_snapshots', 'pg_stat_tmp'];
      for (const name of [...names, 'pg_subtrans', 'pg_wal/archive_status']) {
        expect([name, readdirSync(join(target, name))]).toEqual([name, []]);
      }
      for (const name of ['postmaster.pid', 'postmaster.opts']) expect(exists(join(target, name))).toBe(false);
      expect(pathsBelow(target).filter((path) => path.includes('unfinished'))).toEqual([]);
    });

    it('are those of the server otherwise, byte for byte where nothing writes', async () => {
      const target = await takeBackup(server);
      const skipped =
        /^(?:pg_(?:wal|dynshmem|notify|replslot|serial|snapshots|stat_tmp|subtrans|stat)|postmaster\.|backup_)/;
      const left = /pgsql_tmp|pg_internal\.init|^base\/\d+\/t\d+_/;
      const paths = (root: string): string[] =>
        pathsBelow(root).filter((path) => !skipped.test(path) && !left.test(path));
      expect(paths(target)).toEqual(paths(server.dataDirectory));
      for (const path of ['postgresql.conf', 'pg_hba.conf', 'pg_ident.conf', 'PG_VERSION', 'postgresql.auto.conf']) {
        expect(readFileSync(join(target, path)).equals(readFileSync(join(server.dataDirectory, path)))).toBe(true);
      }
    });

    it('with any name, restored byte for byte (BB-06)', async () => {
      const odd = Buffer.concat([Buffer.from('name-'), Buffer.from([0xe0, 0xe1, 0xff, 0x0a]), Buffer.from('-end')]);
      plant(server, odd, 'odd content');
      try {
        for (const args of [[], ['-X', 'none', '--no-manifest']]) {
          const target = await takeBackup(server, args);
          expect(readFileSync(Buffer.concat([Buffer.from(`${target}/`), odd]), 'utf8')).toBe('odd content');
        }
      } finally {
        rmSync(Buffer.concat([Buffer.from(`${server.dataDirectory}/`), odd]));
      }
    });

    it('without strays of the source; the label is the server’s own (BB-10)', async () => {
      // From 15.6 and 16.2 on the server leaves out what macOS puts beside; 14 takes it for a relation and ends the backup.
      const strays = [
        ...['backup_label', 'tablespace_map', 'postgresql.auto.conf.tmp', 'current_logfiles.tmp'],
        ...['global/pg_internal.init', 'global/pg_internal.init.123'],
        ...(version >= 15 ? ['.DS_Store', 'base/.DS_Store'] : []),
      ];
      for (const path of strays) plant(server, path);
      const oid = await server.value("select oid from pg_database where datname = 'postgres'");
      const temporary = [`base/${oid}/t3_16384`, `base/${oid}/t3_16384.1`, `base/${oid}/t3_16384_fsm`];
      for (const path of temporary) plant(server, path);
      try {
        const target = await takeBackup(server);
        for (const path of strays.slice(1)) expect([path, exists(join(target, path))]).toEqual([path, false]);
        for (const path of temporary) expect([path, exists(join(target, path))]).toEqual([path, false]);
        const label = readFileSync(join(target, 'backup_label'), 'utf8');
        expect(label).toMatch(/^START WAL LOCATION: [0-9A-F]+\/[0-9A-F]+ \(file [0-9A-F]{24}\)\n/);
        expect(label).toContain('\nBACKUP FROM: master\n'.replace('master', version >= 14 ? 'primary' : 'master'));
      } finally {
        for (const path of [...strays, ...temporary]) rmSync(join(server.dataDirectory, path), { force: true });
      }
    });

    it('of an unlogged table: its initial fork only, in a tablespace too (BB-11, BB-12)', async () => {
      const location = serverDirectory('unlogged');
      await server.sql(`create tablespace aside location '${location}'`);
      for (const [name, where] of [
        ['unlogged_here', ''],
        ['unlogged_there', 'tablespace aside'],
      ] as const) {
        await server.sql(`create unlogged table ${name} (id int) ${where}`);
        await server.sql(`insert into ${name} select generate_series(1, 1000)`);
      }
      const files = await server.sql<{ path: string }>(
        "select pg_relation_filepath(oid) as path from pg_class where relname like 'unlogged_%ere' order by relname",
      );
      const [here = '', there = ''] = files.map(({ path }) => path);
      plant(server, join(dirname(there), 't3_888'));
      plant(server, join(dirname(there), 't9_888_vm'));
      const moved = newTarget();
      const target = await takeBackup(server, ['-T', `${location}=${moved}`]);
      for (const path of [here, there]) {
        expect(exists(join(server.dataDirectory, path))).toBe(true);
        expect([path, exists(join(target, path))]).toEqual([path, false]);
        expect([path, exists(join(target, `${path}_init`))]).toEqual([path, true]);
      }
      expect(pathsBelow(moved).filter((path) => /\/t\d+_/.test(path))).toEqual([]);

      const restored = await startFrom(target);
      expect(await restored.value('select count(*) from unlogged_here')).toBe('0');
      expect(await restored.value('select count(*) from unlogged_there')).toBe('0');
      expect(await restored.value('select count(*) from kept')).toBe('1000');
      await restored.stop('immediate');
      await server.sql('drop table unlogged_here, unlogged_there');
      rmSync(join(server.dataDirectory, dirname(there), 't3_888'));
      rmSync(join(server.dataDirectory, dirname(there), 't9_888_vm'));
      await server.sql('drop tablespace aside');
    });
  });

  describe('WAL', () => {
    it.each<[string, readonly string[]]>([
      ['by default', []],
      ['fetched', ['-X', 'fetch']],
      ['streamed without a slot', ['-X', 'stream', '--no-slot']],
    ])('%s is there, and enough to start (BB-28)', async (_name, args) => {
      const target = await takeBackup(server, args);
      const segments = segmentsIn(join(target, 'pg_wal'));
      expect(segments.length).toBeGreaterThan(0);
      for (const name of segments) {
        expect(statSync(join(target, 'pg_wal', name)).size).toBe(16 * 1024 * 1024);
        expect([name, exists(join(target, 'pg_wal', 'archive_status', `${name}.done`))]).toEqual([name, true]);
      }
      const label = readFileSync(join(target, 'backup_label'), 'utf8');
      expect(segments[0]).toBe(/\(file ([0-9A-F]{24})\)/.exec(label)?.[1]);
      const restored = await startFrom(target);
      expect(await restored.value('select count(*) from kept')).toBe('1000');
      await restored.stop('immediate');
    });

    it('goes to a directory of its own, and no manifest is made, when that is wanted (BB-15)', async () => {
      const wal = join(temporaryDirectory(), 'wal');
      const target = await takeBackup(server, [`--waldir=${wal}`, '--no-manifest']);
      expect(readlinkSync(join(target, 'pg_wal'))).toBe(wal);
      expect(modeOf(wal)).toBe('0700');
      expect(segmentsIn(wal).length).toBeGreaterThan(0);
      expect(exists(join(wal, 'archive_status', `${segmentsIn(wal)[0] ?? ''}.done`))).toBe(true);
      expect(exists(join(target, 'backup_manifest'))).toBe(false);
      const restored = await startFrom(target);
      expect(await restored.value('select count(*) from kept')).toBe('1000');
      await restored.stop('immediate');

      const fetched = join(temporaryDirectory(), 'wal');
      const other = await takeBackup(server, ['--waldir', fetched, '-X', 'fetch']);
      expect(readlinkSync(join(other, 'pg_wal'))).toBe(fetched);
      expect(segmentsIn(fetched).length).toBeGreaterThan(0);
      expect(exists(join(other, 'backup_manifest'))).toBe(true);
    });
  });

  it('a directory of the source that is a link becomes a directory (BB-20)', async () => {
    const outside = temporaryDirectory();
    const names = ['pg_replslot', 'pg_wal'];
    await server.stop();
    for (const name of names) {
      renameSync(join(server.dataDirectory, name), join(outside, name));
      symlinkSync(join(outside, name), join(server.dataDirectory, name));
    }
    giveToServerUser(outside);
    await server.start();
    for (const method of ['stream', 'fetch']) {
      const target = await takeBackup(server, ['-X', method]);
      for (const name of names) expect(statSync(join(target, name)).isDirectory()).toBe(true);
      expect(() => readlinkSync(join(target, 'pg_wal'))).toThrow(/EINVAL/);
      expect(segmentsIn(join(target, 'pg_wal')).length).toBeGreaterThan(0);
      const restored = await startFrom(target);
      expect(await restored.value('select count(*) from kept')).toBe('1000');
      await restored.stop('immediate');
    }
    await server.stop();
    for (const name of names) {
      rmSync(join(server.dataDirectory, name));
      renameSync(join(outside, name), join(server.dataDirectory, name));
    }
    await server.start();
  });

  it('a name of more than 100 bytes is refused by the server, in its own words (BB-18)', async () => {
    const name = 'x'.repeat(110);
    plant(server, name);
    try {
      for (const format of ['p', 't']) {
        const target = newTarget();
        const result = await runBackup(server, ['-D', target, '-F', format]);
        expect(result).toMatchObject({ status: 1, stdout: '' });
        expect(result.stderr).toMatch(/^gs_basebackup: error: .*file name too long for tar format: "x{110}"/m);
        expect(exists(target)).toBe(false);
      }
    } finally {
      rmSync(join(server.dataDirectory, name));
    }
  });

  it('a missing target is made, parents too, private; an existing empty one keeps its place', async () => {
    const parent = temporaryDirectory();
    const deep = join(parent, 'one', 'two', 'three');
    await takeBackup(server, ['-X', 'none'], deep);
    expect(['one', 'one/two', 'one/two/three'].map((path) => modeOf(join(parent, path)))).toEqual(
      Array(3).fill('0700'),
    );
    const empty = join(parent, 'empty');
    mkdirSync(empty);
    chmodSync(empty, 0o700);
    const { ino } = statSync(empty);
    await takeBackup(server, ['-X', 'none'], empty);
    expect(statSync(empty).ino).toBe(ino);
    expect(exists(join(empty, 'PG_VERSION'))).toBe(true);
  });

  it('a relative target counts from the working directory', async () => {
    const cwd = temporaryDirectory();
    const args = ['-D', 'here/backup', '-c', 'fast', '-N', '-X', 'fetch'];
    const result = await runProgram('gs_basebackup', args, { cwd, env: server.environment() });
    expect(result).toEqual({ status: 0, signal: null, stdout: '', stderr: '' });
    expect(readFileSync(join(cwd, 'here', 'backup', 'PG_VERSION'), 'utf8')).toBe(`${version}\n`);
  });

  it('the group may read the copy where it may read the source (BB-19)', async () => {
    const source = await startServer({ version, groupAccess: true });
    const space = serverDirectory('space');
    await source.sql(`create tablespace space location '${space}'`);
    const configuration = temporaryDirectory();
    writeFileSync(join(configuration, 'postgresql.conf'), '', { mode: 0o640 });
    const wal = join(temporaryDirectory(), 'wal');
    for (const args of [['-X', 'fetch', `--config-dir=${configuration}`], [`--waldir=${wal}`]]) {
      // What we put in beside the files of the server as well: where its tablespaces were, where the configuration came from.
      const target = await takeBackup(source, [...args, `-T${space}=${newTarget()}`]);
      expect(exists(join(target, 'gausskeep.json'))).toBe(true);
      for (const path of ['', ...pathsBelow(target)]) {
        const status = statSync(join(target, path));
        if (path === 'pg_hba.conf') continue;
        expect([path, modeOf(join(target, path)).replace('0777', '0750')]).toEqual([
          path,
          status.isDirectory() ? '0750' : '0640',
        ]);
      }
    }
    for (const path of pathsBelow(wal)) {
      expect([path, modeOf(join(wal, path))]).toEqual([
        path,
        path === 'archive_status' || path === 'summaries' ? '0750' : '0640',
      ]);
    }
    expect(modeOf(wal)).toBe('0750');
    await source.stop('immediate');
  });
});
