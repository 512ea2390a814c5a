/** Tar output: to a directory and to standard output, compressed or not, read by GNU tar and by tar-stream. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, expect, it } from 'vitest';
import {
  backupToFile,
  exists,
  expectNothingOnServer,
  modeOf,
  newTarget,
  pathsBelow,
  readTar,
  restoreTar,
  runBackup,
  segmentsIn,
  startBackup,
  takeBackup,
  unpack,
  walNotice,
} from '../support/backups.ts';
import { differences, snapshotData } from '../support/postgres/content.ts';
import { loadData } from '../support/postgres/load.ts';
import { serverDirectory, startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { temporaryDirectory } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';

/** A tar ends with two zero blocks, and is made of whole ones. */
function expectWholeTar(bytes: Buffer): void {
  expect(bytes.length % 512).toBe(0);
  expect(bytes.subarray(-1024).every((byte) => byte === 0)).toBe(true);
}

forEachServer('full', (version) => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startServer({ version });
    await loadData(await server.client(), { rows: 500 });
  });

  async function expectSameData(data: string): Promise<void> {
    const restored = await startFrom(data);
    expect(differences(await snapshotData(await server.client()), await snapshotData(await restored.client()))).toEqual(
      [],
    );
    await restored.stop('immediate');
  }

  it('the WAL of a stream is in pg_wal.tar: whole segments, each with its mark (BB-28)', async () => {
    const target = await takeBackup(server, ['-F', 't']);
    expect(readdirSync(target).sort()).toEqual(['backup_manifest', 'base.tar', 'pg_wal.tar']);
    for (const name of readdirSync(target)) expect([name, modeOf(join(target, name))]).toEqual([name, '0600']);
    const entries = await readTar(join(target, 'pg_wal.tar'));
    const names = entries.map(({ header }) => header.name);
    const segments = names.filter((name) => /^[0-9A-F]{24}$/.test(name));
    expect(segments.length).toBeGreaterThan(0);
    expect(names.sort()).toEqual(segments.flatMap((name) => [name, `archive_status/${name}.done`]).sort());
    for (const { header, content } of entries) {
      expect(content.length).toBe(header.name.startsWith('archive_status/') ? 0 : 16 * 1024 * 1024);
    }
    expectWholeTar(readFileSync(join(target, 'pg_wal.tar')));
    expectWholeTar(readFileSync(join(target, 'base.tar')));
    await expectSameData(restoreTar(target));
  });

  it('GNU tar and tar-stream read the same members, which are those of a plain backup', async () => {
    const tar = await takeBackup(server, ['-F', 't', '-X', 'none']);
    const plain = await takeBackup(server, ['-X', 'none']);
    const unpacked = join(temporaryDirectory(), 'data');
    unpack(join(tar, 'base.tar'), unpacked);
    const comparable = (paths: string[]): string[] =>
      paths.filter((path) => !/^(?:backup_manifest|tablespace_map)$|pg_internal\.init/.test(path));
    expect(comparable(pathsBelow(unpacked))).toEqual(comparable(pathsBelow(plain)));
    for (const path of pathsBelow(unpacked)) {
      const full = join(unpacked, path);
      expect([path, modeOf(full)]).toEqual([path, statSync(full).isDirectory() ? '0700' : '0600']);
    }
    const entries = await readTar(join(tar, 'base.tar'));
    for (const { header, content } of entries) {
      if (header.type !== 'file') continue;
      expect([header.name, content.equals(readFileSync(join(unpacked, header.name)))]).toEqual([header.name, true]);
    }
    expect(entries.at(-1)?.header.name).toBe('global/pg_control');
  });

  it.each([[['-z']], [['-Z', '1']], [['--compress=gzip:1']]])(
    'compressed by %j: every archive is .gz and passes gzip --test (BB-37)',
    async (options) => {
      const target = await takeBackup(server, ['-F', 't', ...options]);
      expect(readdirSync(target).sort()).toEqual(['backup_manifest', 'base.tar.gz', 'pg_wal.tar.gz']);
      for (const name of ['base.tar.gz', 'pg_wal.tar.gz']) {
        const test = spawnSync('gzip', ['--test', '--verbose', join(target, name)], { encoding: 'utf8' });
        expect([name, test.status, test.stderr]).toEqual([name, 0, expect.stringContaining('OK')]);
        expectWholeTar(gunzipSync(readFileSync(join(target, name))));
      }
      expect(statSync(join(target, 'base.tar.gz')).size).toBeLessThan(10 * 1024 * 1024);
    },
  );

  it.each([
    ['-Z', '0'],
    ['-Z', 'none'],
    ['-z', '-Z', '0'],
  ])('%s %s compresses nothing', async (...options) => {
    const target = await takeBackup(server, ['-F', 't', '-X', 'none', '--no-manifest', ...options]);
    expect(readdirSync(target)).toEqual(['base.tar']);
  });

  it('to standard output: one tar with the WAL, the manifest as its last member', async () => {
    const file = join(temporaryDirectory(), 'backup.tar');
    expect(await backupToFile(server, ['-F', 't', '-X', 'fetch'], file)).toEqual({ status: 0, stderr: '' });
    expectWholeTar(readFileSync(file));
    const entries = await readTar(file);
    expect(entries.at(-1)?.header).toMatchObject({ name: 'backup_manifest', type: 'file', mode: 0o600 });
    const manifest = JSON.parse(entries.at(-1)?.content.toString() ?? '') as { Files: { Path?: string }[] };
    const outsideOfWal = (names: (string | undefined)[]): string[] =>
      names.filter((name) => name !== undefined && !/^pg_wal\/|^backup_manifest$/.test(name)).sort() as string[];
    expect(outsideOfWal(manifest.Files.map(({ Path }) => Path))).toEqual(
      outsideOfWal(entries.filter(({ header }) => header.type === 'file').map(({ header }) => header.name)),
    );
    const data = newTarget();
    unpack(file, data);
    expect(segmentsIn(join(data, 'pg_wal')).length).toBeGreaterThan(0);
    await expectSameData(data);
  });

  it('to standard output, compressed, without WAL or manifest', async () => {
    const file = join(temporaryDirectory(), 'backup.tar.gz');
    const args = ['--format=tar', '-z', '-Xnone', '--no-manifest'];
    expect(await backupToFile(server, args, file)).toEqual({ status: 0, stderr: walNotice });
    expect(spawnSync('gzip', ['--test', file]).status).toBe(0);
    expectWholeTar(gunzipSync(readFileSync(file)));
    const names = (await readTar(file)).map(({ header }) => header.name);
    expect(names).toContain('PG_VERSION');
    expect(names).not.toContain('backup_manifest');
    expect(names.filter((name) => /^pg_wal\/[0-9A-F]{24}$/.test(name))).toEqual([]);
  });

  it('standard output takes no backup of several tablespaces', async () => {
    const location = serverDirectory('space');
    await server.sql(`create tablespace space location '${location}'`);
    const file = join(temporaryDirectory(), 'backup.tar');
    const { status, stderr } = await backupToFile(server, ['-Ft', '-Xf'], file);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^gs_basebackup: error: can only write single tablespace to stdout, database has 2\n/m);
    expect(statSync(file).size).toBe(0);
    await server.sql('drop tablespace space');
  });

  it('a full disk or a reader that goes away ends in one message', async () => {
    const full = await backupToFile(server, ['-Ft', '-Xf'], '/dev/full');
    expect(full.status).toBe(1);
    expect(full.stderr).toMatch(
      /^gs_basebackup: error: could not write to standard output: no space left on device \(ENOSPC\)$/m,
    );
    const gone = startBackup(server, ['-D', '-', '-Ft', '-Xf']);
    gone.stdout.destroy();
    const result = await gone.result;
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/^gs_basebackup: error: could not write to standard output: broken pipe \(EPIPE\)$/m);
    for (const { stderr } of [full, result]) expect(stderr).not.toMatch(/ at .*:\d+:\d+|defect/);
    await expectNothingOnServer(server);
  });

  it('a signal ends a backup whose reader has stopped reading', async () => {
    const run = startBackup(server, ['-D', '-', '-Ft', '-Xnone', '-c', 'fast']);
    run.stdout.pause();
    await server.waitFor(
      "select count(*) = 1 from pg_stat_activity where backend_type = 'walsender' and wait_event = 'ClientWrite'",
    );
    run.kill('SIGTERM');
    await expectNothingOnServer(server);
    run.stdout.resume();
    const result = await run.result;
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/^gs_basebackup: error: interrupted by SIGTERM$/m);
  });

  it('a target with something in it is refused', async () => {
    const target = await takeBackup(server, ['-F', 't', '-X', 'none']);
    const before = readdirSync(target);
    copyFileSync(join(target, 'base.tar'), join(target, 'copy'));
    const result = await runBackup(server, ['-D', target, '-F', 't']);
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toContain(`directory "${target}" exists but is not empty`);
    expect(readdirSync(target).sort()).toEqual([...before, 'copy'].sort());
    expect(exists(join(target, 'pg_wal.tar'))).toBe(false);
  });
});
