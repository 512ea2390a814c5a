/** Tablespaces: where they go in a plain backup, and how a tar backup is restored with them. */
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { exists, newTarget, pathsBelow, restoreTar, runBackup, takeBackup } from '../support/backups.ts';
import { giveToServerUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { runProgram, temporaryDirectory } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';

forEachServer('full', (version) => {
  let server: PostgresServer;
  let location: string;
  let oid: string;

  beforeAll(async () => {
    server = await startServer({ version });
    location = serverDirectory('space');
    await server.sql(`create tablespace space location '${location}'`);
    await server.sql(
      "create table moved tablespace space as select i, 'row ' || i as text from generate_series(1, 500) i",
    );
    oid = await server.value("select oid from pg_tablespace where spcname = 'space'");
  });

  /** Starts a restored copy and reads the table that is in the tablespace, while the server's own place is unreachable. */
  async function expectReadable(data: string): Promise<void> {
    const restored = await startFrom(data);
    expect(await restored.value('select count(*) from moved')).toBe('500');
    expect(await restored.value('select text from moved where i = 77')).toBe('row 77');
    const path = await restored.value(`select pg_tablespace_location(${oid})`);
    expect(path).not.toBe(location);
    // What is written to the copy must not reach the original.
    await restored.sql("insert into moved values (501, 'only in the copy')");
    await restored.stop();
    expect(await server.value('select count(*) from moved')).toBe('500');
  }

  /** A restore of it to a file system without room, as every Linux has one, is refused in the words of doctor, before anything is written. */
  async function expectNoRoom(backup: string): Promise<void> {
    const data = newTarget();
    const words = ['restore', '--from', backup, '--pgdata', data, '-T', `${oid}=/proc/space`];
    const { status, stderr } = await runProgram('gausskeep', words);
    expect(stderr).toMatch(
      /error: \/proc\/space: 0 MiB free, 1 MiB needed \(1 MiB of files\)\n.*hint: .*--no-space-check/,
    );
    expect(status).toBe(13);
    expect(exists(data)).toBe(false);
    const tried = await runProgram('gausskeep', [...words, '--no-space-check']);
    expect(tried.stderr).toMatch(/could not create .*\/proc\/space/);
    expect(exists(data)).toBe(false);
  }

  it('a tablespace without mapping on the same host is refused, with the mapping that would help (BB-22)', async () => {
    const before = pathsBelow(location);
    const target = newTarget();
    const result = await runBackup(server, ['-D', target]);
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toMatch(
      new RegExp(`^gs_basebackup: error: tablespace directory "${location}" exists but is not empty\n`, 'm'),
    );
    expect(result.stderr).toContain(`-T ${location}=`);
    expect(pathsBelow(location)).toEqual(before);
    expect(exists(target)).toBe(false);
  });

  it('a mapping that fits nothing leaves the rule as it is, and is no error by itself', async () => {
    const result = await runBackup(server, ['-D', newTarget(), '-T', '/nothing/there=/somewhere']);
    expect(result.status).toBe(1);
    expect(result.stderr).toContain(`"${location}" exists but is not empty`);
    const moved = newTarget();
    await takeBackup(server, ['-T', '/nothing/there=/somewhere', '-T', `${location}=${moved}`, '-T', '/a=/b']);
    expect(existsSync('/somewhere')).toBe(false);
  });

  it('with a mapping it is relocated, its link points to the new place, and the copy starts (BB-23)', async () => {
    const moved = newTarget();
    const target = await takeBackup(server, ['-T', `${location}//=${moved}/`]);
    expect(readlinkSync(join(target, 'pg_tblspc', oid))).toBe(moved);
    expect(readdirSync(moved)).toEqual(readdirSync(location));
    expect(exists(join(target, 'tablespace_map'))).toBe(false);
    await expectNoRoom(target);
    await expectReadable(target);
  });

  it('what there is no room for is refused before its first file is written', async () => {
    const target = newTarget();
    const words = ['-D', target, '-c', 'fast', `-T${location}=/proc/space`];
    const result = await runBackup(server, words);
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(
      /error: \/proc\/space: 0 MiB free, 1 MiB needed \(1 MiB of files, .*\)\n.*hint: .*--no-estimate-size/,
    );
    expect(exists(target)).toBe(false);
    const tried = await runBackup(server, [...words, '--no-estimate-size']);
    expect(tried.status).toBe(1);
    expect(tried.stderr).not.toContain('MiB free');
    expect(exists(target)).toBe(false);
  });

  it('to an existing empty directory, but not to one in use', async () => {
    const empty = temporaryDirectory();
    await takeBackup(server, ['-X', 'none', `-T${location}=${empty}`]);
    expect(readdirSync(empty)).toEqual(readdirSync(location));
    const target = newTarget();
    const again = await runBackup(server, ['-D', target, '-X', 'none', `-T${location}=${empty}`]);
    expect(again.status).toBe(1);
    expect(again.stderr).toContain(`"${empty}" exists but is not empty`);
    expect(exists(target)).toBe(false);
    expect(readdirSync(empty)).toEqual(readdirSync(location));
  });

  it('the new place may contain the text of the target (BB-26)', async () => {
    const root = temporaryDirectory();
    const target = join(root, 'd');
    mkdirSync(join(root, 'd2'));
    const moved = join(root, 'd2', 'x');
    await takeBackup(server, ['-T', `${location}=${moved}`], target);
    expect(readlinkSync(join(target, 'pg_tblspc', oid))).toBe(moved);
    await expectReadable(target);
  });

  it('a path with "=" is written with a backslash (BB-24)', async () => {
    const odd = join(dirname(serverDirectory('odd')), 'a=b');
    mkdirSync(odd, { mode: 0o700 });
    giveToServerUser(odd);
    await server.sql(`create tablespace odd location '${odd}'`);
    await server.sql('create table in_odd tablespace odd as select 7 as value');
    const newOdd = join(temporaryDirectory(), 'c=d');
    const moved = newTarget();
    const escaped = (path: string): string => path.replaceAll('=', '\\=');
    const target = await takeBackup(server, [
      ...['-T', `${escaped(odd)}=${escaped(newOdd)}`],
      ...['-T', `${location}=${moved}`],
    ]);
    const oddOid = await server.value("select oid from pg_tablespace where spcname = 'odd'");
    expect(readlinkSync(join(target, 'pg_tblspc', oddOid))).toBe(newOdd);
    const restored = await startFrom(target);
    expect(await restored.value('select value from in_odd')).toBe('7');
    await restored.stop('immediate');
    await server.sql('drop table in_odd');
    await server.sql('drop tablespace odd');
  });

  it('a tar backup has an archive for each, and is restored to another place (BB-16, BB-21)', async () => {
    for (const options of [[], ['-z']]) {
      const suffix = options.length === 0 ? '.tar' : '.tar.gz';
      const target = await takeBackup(server, ['-F', 't', ...options]);
      expect(readdirSync(target).sort()).toEqual(
        [`${oid}${suffix}`, 'backup_manifest', `base${suffix}`, `pg_wal${suffix}`].sort(),
      );
      await expectNoRoom(target);
      const moved = newTarget();
      const data = restoreTar(target, { [oid]: moved });
      expect(readFileSync(join(data, 'tablespace_map'), 'utf8')).toBe(`${oid} ${moved}\n`);
      await expectReadable(data);
    }
  });

  it('a long target of a link is no obstacle to tar (BB-25)', async () => {
    const long = join(dirname(serverDirectory('long')), `superlongname_${'x'.repeat(100)}`);
    mkdirSync(long, { mode: 0o700 });
    giveToServerUser(long);
    await server.sql(`create tablespace long location '${long}'`);
    const longOid = await server.value("select oid from pg_tablespace where spcname = 'long'");
    const target = await takeBackup(server, ['-F', 't']);
    const data = restoreTar(target);
    expect(readFileSync(join(data, 'tablespace_map'), 'utf8')).toContain(`${longOid} ${long}\n`);
    await server.sql('drop tablespace long');
  });

  it('when a tablespace cannot be written, everything of this run goes, and nothing else', async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, 'not a directory');
    const parent = temporaryDirectory();
    const target = join(parent, 'backup');
    const result = await runBackup(server, ['-D', target, '-T', `${location}=${join(file, 'below')}`]);
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toContain(basename(file));
    expect(readdirSync(parent)).toEqual([]);
    expect(readFileSync(file, 'utf8')).toBe('not a directory');
  });
});
