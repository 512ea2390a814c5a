/** `gausskeep restore` on real servers: what a backup holds is what the restored server shows. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { modeOf, pathsBelow, runBackup, takeBackup } from '../support/backups.ts';
import { checkRelations, differences, snapshotData, type Content } from '../support/postgres/content.ts';
import { loadData } from '../support/postgres/load.ts';
import { runProgram, startProgram, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { serverUser, runningAsRoot } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const restore = (args: readonly string[]): Promise<ProgramResult> =>
  runProgram('gausskeep', ['restore', '--no-sync', ...args]);

/** The account that servers run as: a restore as root gives the files to it. */
const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];

const newDirectory = (name = 'restored'): string => join(temporaryDirectory(name), 'data');

async function restoreInto(backup: string, args: readonly string[] = [], data = newDirectory()): Promise<string> {
  const result = await restore(['--from', backup, '--pgdata', data, ...owner, ...args]);
  expect(result.stderr).not.toContain('error');
  expect(result.status, result.stderr).toBe(0);
  return data;
}

async function contentOf(data: string): Promise<Content> {
  const server = await startFrom(data, { settings: { archive_mode: false } });
  const client = await server.client();
  await checkRelations(client);
  return snapshotData(client).finally(() => server.stop());
}

forEachServer('smoke', (version) => {
  it('a plain and a compressed tar backup come back as they were', async () => {
    const server = await startServer({ version });
    const client = await server.client();
    await loadData(client, { rows: 500 });
    const expected = await snapshotData(client);
    for (const format of [[], ['-Ft', '-z', '-X', 'fetch']]) {
      const data = await restoreInto(await takeBackup(server, format));
      expect(differences(expected, await contentOf(data))).toEqual([]);
    }
    await server.stop();
  });
});

forEachServer('full', (version) => {
  let server: PostgresServer;
  let expected: Content;
  let location: string;
  let oid: string;
  let plain: string;
  let tar: string;

  beforeAll(async () => {
    server = await startServer({
      version,
      config: { wal_level: 'logical', archive_mode: 'on', archive_command: 'true', max_replication_slots: '4' },
    });
    const client = await server.client();
    await loadData(client, { rows: 2000 });
    location = serverDirectory('tablespace');
    await client.query(`CREATE TABLESPACE elsewhere LOCATION '${location}'`);
    await client.query('CREATE TABLE there TABLESPACE elsewhere AS SELECT g FROM generate_series(1, 3000) g');
    oid = await server.value("select oid from pg_tablespace where spcname = 'elsewhere'");
    expected = await snapshotData(client);
    plain = await takeBackup(server, ['-T', `${location}=${join(temporaryDirectory('mapped'), 'ts')}`, '-X', 'stream']);
    tar = await takeBackup(server, ['-Ft', '-z', '-X', 'stream']);
  });

  const mapped = (): string[] => ['-T', `${oid}=${join(temporaryDirectory('space'), 'ts')}`];

  it.each([
    // The backup moved it once already: the place on the server is what a user knows.
    ['plain', () => plain, () => location],
    ['tar.gz with its WAL beside', () => tar, () => oid],
  ])('restores %s with a tablespace that moved, and the server shows the same', async (_, backup, named) => {
    const space = join(temporaryDirectory('space'), 'made', 'ts');
    const data = await restoreInto(backup(), ['-T', `${named()}=${space}`]);
    expect(readlinkSync(join(data, 'pg_tblspc', oid))).toBe(space);
    expect(existsSync(join(data, 'tablespace_map'))).toBe(false);
    expect(existsSync(join(data, 'backup_label'))).toBe(true);
    expect(existsSync(join(data, 'backup_manifest'))).toBe(false);
    expect(modeOf(data)).toBe('0700');
    expect(modeOf(join(data, 'global/pg_control'))).toBe('0600');
    expect(readdirSync(join(data, 'pg_replslot'))).toEqual([]);
    if (runningAsRoot) {
      for (const path of [data, space, join(data, 'PG_VERSION'), join(space, '..'), join(data, 'pg_tblspc', oid)]) {
        expect(lstatSync(path).uid, path).toBe(serverUser.uid);
      }
    }
    expect(readFileSync(join(data, 'postgresql.conf'), 'latin1')).toMatch(/^archive_mode = 'off'/m);
    expect(pathsBelow(data).filter((path) => /gausskeep|unfinished/.test(path))).toEqual(['.gausskeep.recovery']);
    expect(differences(expected, await contentOf(data))).toEqual([]);
  });

  it('restores the tar set of the system’s tar, uncompressed, with WAL inside', async () => {
    const backup = await takeBackup(server, ['-Ft', '-X', 'fetch']);
    const data = await restoreInto(backup, ['-T', `${location}=${join(temporaryDirectory('space'), 'ts')}`]);
    expect(differences(expected, await contentOf(data))).toEqual([]);
  });

  it('needs a place for the tablespace: its own is in use', async () => {
    for (const backup of [plain, tar]) {
      const data = newDirectory();
      const result = await restore(['--from', backup, '--pgdata', data]);
      expect(result.stderr).toMatch(new RegExp(`of tablespace ${oid} exists and is not empty`));
      expect(result.stderr).toContain(`-T ${oid}=/NEW/DIRECTORY`);
      expect(result.status).toBe(17);
      expect(existsSync(data)).toBe(false);
    }
  });

  it('refuses a tablespace in another data directory, in the backup, or around the target', async () => {
    const data = newDirectory();
    for (const [directory, status] of [
      [join(server.dataDirectory, 'base/x'), 17],
      [join(plain, 'x'), 17],
      [join(data, '..'), 2],
    ] as const) {
      const result = await restore(['--from', plain, '--pgdata', data, '-T', `${oid}=${directory}`]);
      expect(result.status, result.stderr).toBe(status);
    }
    expect(existsSync(data)).toBe(false);
  });

  it('--plan prints the six steps and changes nothing', async () => {
    const data = newDirectory();
    mkdirSync(data);
    writeFileSync(join(data, 'old'), 'x');
    for (const backup of [plain, tar]) {
      const result = await restore(['--from', backup, '--pgdata', data, '--force', '--plan', ...mapped()]);
      expect(result.status, result.stderr).toBe(0);
      for (const step of [1, 2, 3, 4, 5, 6]) expect(result.stdout).toMatch(new RegExp(`^${step}\\. `, 'm'));
      expect(result.stdout).toContain(`move "${data}" to "${data}.before-restore-`);
      expect(result.stdout).toContain('archiving is off in the copy');
      const json = await restore(['--from', backup, '--pgdata', data, '--force', '--plan', '--json', ...mapped()]);
      expect(JSON.parse(json.stdout)).toMatchObject({
        messageType: 'restorePlan',
        mode: 'replace',
        server: 'postgresql',
      });
    }
    expect(readdirSync(join(data, '..'))).toEqual(['data']);
    expect(readdirSync(data)).toEqual(['old']);
  });

  it('refuses a running server and prints the stop command', async () => {
    // Deeper down the server itself makes and removes files while it runs.
    const before = readdirSync(server.dataDirectory).sort();
    for (const option of ['--force', '--delta']) {
      const result = await restore(['--from', plain, '--pgdata', server.dataDirectory, option, ...mapped()]);
      expect(result.stderr).toContain(`a server is running in directory "${server.dataDirectory}"`);
      expect(result.stderr).toContain(`pg_ctl stop -m fast -D ${server.dataDirectory}`);
      expect(result.status).toBe(17);
    }
    // Without postmaster.pid its processes still work there.
    renameSync(join(server.dataDirectory, 'postmaster.pid'), join(server.dataDirectory, 'pid'));
    const hidden = await restore(['--from', plain, '--pgdata', server.dataDirectory, '--force', ...mapped()]);
    renameSync(join(server.dataDirectory, 'pid'), join(server.dataDirectory, 'postmaster.pid'));
    expect(hidden.status).toBe(17);
    expect(readdirSync(server.dataDirectory).sort()).toEqual(before);
  });

  it('--force moves the old content aside, tablespace included, and the old copy can still be started', async () => {
    const space = join(temporaryDirectory('space'), 'ts');
    const data = await restoreInto(tar, ['-T', `${oid}=${space}`]);
    const old = await startFrom(data);
    await old.sql('create table only_in_the_old as select 1');
    await old.stop();
    const refused = await restore(['--from', tar, '--pgdata', data, '-T', `${oid}=${space}`]);
    expect(refused.status).toBe(17);
    expect(refused.stderr).toContain('--force');
    const result = await restore([
      '--from',
      tar,
      '--pgdata',
      data,
      '-T',
      `${oid}=${space}`,
      '--force',
      '--json',
      ...owner,
    ]);
    expect(result.status, result.stderr).toBe(0);
    const { movedAside } = JSON.parse(result.stdout) as { movedAside: { what: string; from: string; to: string }[] };
    const aside = (what: string): string => movedAside.find((one) => one.what === what)!.to;
    expect(aside('data-directory')).toMatch(new RegExp(`^${data}\\.before-restore-`));
    expect(readlinkSync(join(aside('data-directory'), 'pg_tblspc', oid))).toBe(aside('tablespace'));
    expect(result.stderr).toContain(aside('tablespace'));
    expect(differences(expected, await contentOf(data))).toEqual([]);
    const kept = await startFrom(aside('data-directory'));
    expect(await kept.value('select count(*) from only_in_the_old')).toBe('1');
    expect(await kept.value('select count(*) from there')).toBe('3000');
    await kept.stop();
  });

  it('puts back what it moved aside when the backup turns out to be damaged', async () => {
    const space = join(temporaryDirectory('space'), 'ts');
    const data = await restoreInto(plain, ['-T', `${oid}=${space}`]);
    writeFileSync(join(data, 'mine'), 'x');
    const before = [pathsBelow(data), pathsBelow(space)];
    const broken = join(temporaryDirectory('broken'), 'backup');
    execFileSync('cp', ['-a', plain, broken]);
    const pgXact = join(broken, 'pg_xact/0000');
    const bytes = readFileSync(pgXact);
    bytes[0] = bytes[0]! ^ 0xff;
    writeFileSync(pgXact, bytes);
    const result = await restore(['--from', broken, '--pgdata', data, '-T', `${oid}=${space}`, '--force', ...owner]);
    expect(result.stderr).toContain('checksum mismatch for file "pg_xact/0000" of the backup');
    expect(result.status).toBe(20);
    for (const place of [data, space]) {
      expect(result.stderr).toMatch(new RegExp(`moved "${place}\\.before-restore-.*" back: it is "${place}" again`));
    }
    expect([pathsBelow(data), pathsBelow(space)]).toEqual(before);
    expect(readdirSync(join(data, '..'))).toEqual(['data']);
    const taken = await restore(['--from', broken, '--pgdata', newDirectory(), '--no-verify', ...mapped(), ...owner]);
    expect(taken.status).toBe(0);
  });

  it('--delta makes the directory equal to the backup and writes only what differs', async () => {
    for (const backup of [plain, tar]) {
      const space = join(temporaryDirectory('space'), 'ts');
      const data = await restoreInto(backup, ['-T', `${oid}=${space}`]);
      const used = await startFrom(data);
      await used.sql('update there set g = -g');
      await used.sql('create table later as select g from generate_series(1, 1000) g');
      await used.stop();
      appendFileSync(join(data, 'postgresql.conf'), '\nport = 1\n');
      writeFileSync(join(data, 'recovery.done'), '');
      mkdirSync(join(data, 'base/999999'));
      const untouched = join(data, 'base/1/1247');
      const inode = statSync(untouched).ino;
      const result = await restore(['--from', backup, '--pgdata', data, '--delta', '--json', ...owner]);
      expect(result.status, result.stderr).toBe(0);
      expect(result.stderr).toContain('what was there is not kept');
      const outcome = JSON.parse(result.stdout) as { files: number; unchanged: number; removed: number };
      expect(outcome.unchanged).toBeGreaterThan(outcome.files / 2);
      expect(outcome.unchanged).toBeLessThan(outcome.files);
      expect(outcome.removed).toBeGreaterThan(0);
      expect(statSync(untouched).ino).toBe(inode);
      const fresh = await restoreInto(backup, mapped());
      expect(pathsBelow(data)).toEqual(pathsBelow(fresh));
      expect(execFileSync('diff', ['-r', '--no-dereference', '-x', 'pg_tblspc', data, fresh]).toString()).toBe('');
      expect(differences(expected, await contentOf(data))).toEqual([]);
    }
  });

  it('--delta never writes through a second name of a file, nor through a link', async () => {
    const data = await restoreInto(plain, mapped());
    const outside = temporaryDirectory('outside');
    execFileSync('ln', [join(data, 'PG_VERSION'), join(outside, 'second')]);
    writeFileSync(join(data, 'PG_VERSION'), 'changed\n');
    execFileSync('mv', [join(data, 'pg_xact'), join(outside, 'pg_xact')]);
    symlinkSync(join(outside, 'pg_xact'), join(data, 'pg_xact'));
    writeFileSync(join(outside, 'pg_xact/0000'), 'theirs');
    const result = await restore(['--from', plain, '--pgdata', data, '--delta', ...owner]);
    expect(result.status, result.stderr).toBe(0);
    expect(readFileSync(join(outside, 'second'), 'utf8')).toBe('changed\n');
    expect(readFileSync(join(outside, 'pg_xact/0000'), 'utf8')).toBe('theirs');
    expect(lstatSync(join(data, 'pg_xact')).isDirectory()).toBe(true);
    expect(differences(expected, await contentOf(data))).toEqual([]);
  });

  it('another instance is only replaced when told, and never updated', async () => {
    const other = await startServer({ version });
    await other.stop();
    const target = join(temporaryDirectory('other'), 'data');
    execFileSync('cp', ['-a', other.dataDirectory, target]);
    for (const [option, status] of [
      ['--delta', 14],
      ['--force', 14],
      ['--plan', 17],
    ] as const) {
      for (const backup of [plain, tar]) {
        const result = await restore(['--from', backup, '--pgdata', target, option, ...mapped()]);
        expect(result.status, result.stderr).toBe(status);
      }
    }
    const data = await restoreInto(plain, ['--force', '--allow-foreign', ...mapped()], target);
    expect(differences(expected, await contentOf(data))).toEqual([]);
  });

  it('an aborted restore has no control file, says so, and --delta finishes it', async () => {
    const data = newDirectory();
    const space = mapped();
    const program = startProgram('gausskeep', ['restore', '--from', tar, '--pgdata', data, ...space, ...owner]);
    while (!existsSync(join(data, 'global'))) await new Promise((resolve) => setTimeout(resolve, 1));
    program.kill('SIGKILL');
    await program.result;
    expect(existsSync(join(data, 'global/pg_control'))).toBe(false);
    await expect(startFrom(data)).rejects.toThrow();
    const again = await restore(['--from', tar, '--pgdata', data, ...space]);
    expect(again.status).toBe(17);
    const finished = await restore(['--from', tar, '--pgdata', data, '--delta', ...space, ...owner]);
    expect(finished.status, finished.stderr).toBe(0);
    expect(differences(expected, await contentOf(data))).toEqual([]);
  });

  it('an interrupted restore leaves nothing', async () => {
    const data = newDirectory();
    const program = startProgram('gausskeep', ['restore', '--from', tar, '--pgdata', data, ...mapped(), ...owner]);
    while (!existsSync(data)) await new Promise((resolve) => setTimeout(resolve, 1));
    program.kill('SIGTERM');
    expect((await program.result).status).toBe(143);
    expect(existsSync(data)).toBe(false);
  });

  it('refuses a backup without backup_label, without pg_control, and one that is none', async () => {
    const copy = join(temporaryDirectory('copy'), 'backup');
    execFileSync('cp', ['-a', plain, copy]);
    const check = async (from: string, status: number, text: string): Promise<void> => {
      const data = newDirectory();
      const result = await restore(['--from', from, '--pgdata', data, ...mapped()]);
      expect(result.stderr).toContain(text);
      expect(result.status).toBe(status);
      expect(existsSync(data)).toBe(false);
    };
    renameSync(join(copy, 'backup_label'), join(copy, 'away'));
    await check(copy, 20, 'has no backup_label');
    renameSync(join(copy, 'away'), join(copy, 'backup_label'));
    appendFileSync(join(copy, 'backup_label'), 'INCREMENTAL FROM LSN: 0/2000028\nINCREMENTAL FROM TLI: 1\n');
    await check(copy, 2, 'incremental');
    renameSync(join(copy, 'global/pg_control'), join(copy, 'away'));
    await check(copy, 20, 'no global/pg_control');
    await check(temporaryDirectory('empty'), 16, 'there is no backup');
    await check('/nowhere', 16, 'there is no backup');
  });

  it('sets port, addresses and settings, and names what still leads outside', async () => {
    const port = 40_000 + Math.floor(Math.random() * 10_000);
    const data = newDirectory();
    const args = [
      '--port',
      String(port),
      '--listen',
      '127.0.0.1',
      '--set',
      "cluster_name=it's",
      '--set',
      'log_directory=/elsewhere/log',
    ];
    const result = await restore(['--from', plain, '--pgdata', data, ...args, ...mapped(), ...owner]);
    expect(result.status, result.stderr).toBe(0);
    expect(result.stdout).toContain('names a path outside of the new directory: log_directory = /elsewhere/log');
    const text = readFileSync(join(data, 'postgresql.conf'), 'utf8');
    expect(text).toMatch(new RegExp(`^port = '${port}'`, 'm'));
    expect(text).toMatch(/^cluster_name = 'it''s'/m);
    const restored = await startFrom(data, { settings: { logging_collector: false } });
    expect(await restored.value('show cluster_name')).toBe("it's");
    expect(await restored.value('show archive_mode')).toBe('off');
    await restored.stop();
    const taken = await restore([
      '--from',
      plain,
      '--pgdata',
      newDirectory(),
      '--port',
      String(server.port),
      ...mapped(),
    ]);
    expect(taken.stderr).toContain(`something listens on port ${server.port} already`);
    expect(taken.status).toBe(2);
  });

  it('--archive-mode=preserve keeps archiving and says what that means', async () => {
    const data = newDirectory();
    const result = await restore(['--from', plain, '--pgdata', data, '--archive-mode=preserve', ...mapped(), ...owner]);
    expect(result.status, result.stderr).toBe(0);
    const text = readFileSync(join(data, 'postgresql.conf'), 'utf8');
    expect(text).not.toMatch(/^archive_mode = 'off'/m);
  });

  it('drops what must not be started with, wherever a plain backup was used before', async () => {
    const used = join(temporaryDirectory('used'), 'backup');
    execFileSync('cp', ['-a', plain, used]);
    const stale = [
      'postmaster.opts',
      'recovery.done',
      'standby.signal',
      'backup_label.old',
      'tablespace_map.old',
      'promote',
    ];
    for (const name of stale) writeFileSync(join(used, name), 'x');
    mkdirSync(join(used, 'pg_replslot/logical_one'), { recursive: true });
    writeFileSync(join(used, 'pg_replslot/logical_one/state'), 'x');
    appendFileSync(join(used, 'postgresql.auto.conf'), "recovery_target_time = '2020-01-01'\nwork_mem = '5MB'\n");
    appendFileSync(join(used, 'postgresql.conf'), "data_directory = '/somewhere/else'\n");
    const data = newDirectory();
    const result = await restore(['--from', used, '--pgdata', data, '--no-verify', '--json', ...mapped(), ...owner]);
    expect(result.status, result.stderr).toBe(0);
    for (const name of stale) expect(existsSync(join(data, name)), name).toBe(false);
    expect(JSON.parse(result.stdout)).toMatchObject({ slots: ['logical_one'] });
    expect(readdirSync(join(data, 'pg_replslot'))).toEqual([]);
    const above = readFileSync(join(data, 'postgresql.auto.conf'), 'utf8');
    expect(above).toContain('work_mem');
    expect(above).not.toContain('recovery_target_time');
    expect(readFileSync(join(data, 'postgresql.conf'), 'utf8')).toContain("#data_directory = '/somewhere/else'");
    expect(differences(expected, await contentOf(data))).toEqual([]);
  });

  it('a backup without WAL is restored with a warning and status 3', async () => {
    const backup = newDirectory('no-wal');
    expect(await runBackup(server, ['-D', backup, '-Ft', '-X', 'none'])).toMatchObject({ status: 0 });
    const data = newDirectory();
    const result = await restore(['--from', backup, '--pgdata', data, ...mapped(), ...owner]);
    expect(result.stderr).toContain('warning: the backup holds no WAL segment');
    expect(result.status).toBe(3);
  });

  it('the source is as it was', async () => {
    const client = await server.client();
    expect(differences(expected, await snapshotData(client))).toEqual([]);
    expect(readlinkSync(join(server.dataDirectory, 'pg_tblspc', oid))).toBe(location);
  });
});
