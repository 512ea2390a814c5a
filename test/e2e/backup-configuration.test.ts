/** Configuration outside of the data directory, as Debian has it: backups say so, and take it along with --config-dir. */
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { backupToFile, exists, modeOf, newTarget, readTar, runBackup, through, unpack } from '../support/backups.ts';
import { startProxy, type NetworkProxy } from '../support/network-proxy.ts';
import { giveToServerUser, runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { runProgram, temporaryDirectory } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];
const fileNames = ['postgresql.conf', 'pg_hba.conf', 'pg_ident.conf'] as const;

forEachServer('full', (version) => {
  let server: PostgresServer;
  let directory: string;
  let proxy: NetworkProxy | undefined;

  beforeAll(async () => {
    server = await startServer({ version });
    await server.sql('create role plain login replication');
    await server.stop();
    directory = serverDirectory('etc');
    for (const name of fileNames) renameSync(join(server.dataDirectory, name), join(directory, name));
    mkdirSync(join(directory, 'conf.d'));
    mkdirSync(join(directory, 'empty.d'));
    writeFileSync(join(directory, 'conf.d', 'more.conf'), "search_path = 'more'\n");
    chmodSync(join(directory, 'pg_hba.conf'), 0o640);
    writeFileSync(join(directory, 'postgresql.conf'), `include_dir = 'conf.d'\ninclude_dir = 'empty.d'\n`, {
      flag: 'a',
    });
    giveToServerUser(directory);
    const place = (name: string): string => join(directory, name);
    await server.start({
      settings: {
        config_file: place('postgresql.conf'),
        hba_file: place('pg_hba.conf'),
        ident_file: place('pg_ident.conf'),
      },
    });
  });
  afterEach(async () => {
    await proxy?.close();
    proxy = undefined;
  });

  const origin = () => ({
    configFile: join(directory, 'postgresql.conf'),
    hbaFile: join(directory, 'pg_hba.conf'),
    identFile: join(directory, 'pg_ident.conf'),
    configDirectory: directory,
  });

  function expectTaken(data: string): void {
    const taken = join(data, 'gausskeep_config');
    for (const name of [...fileNames, 'conf.d/more.conf']) {
      expect(readFileSync(join(taken, name), 'utf8')).toBe(readFileSync(join(directory, name), 'utf8'));
    }
    expect(exists(join(taken, 'empty.d'))).toBe(true);
    expect(modeOf(join(taken, 'pg_hba.conf'))).toBe('0640');
    expect(JSON.parse(readFileSync(join(taken, 'origin.json'), 'utf8'))).toEqual(origin());
    const manifest = readFileSync(join(data, 'backup_manifest'), 'utf8');
    for (const name of ['postgresql.conf', 'conf.d/more.conf', 'origin.json']) {
      expect(manifest).toContain(`"Path": "gausskeep_config/${name}"`);
    }
  }

  it('says what is not in the backup and where it is', async () => {
    const { status, stderr } = await runBackup(server, ['-D', newTarget()]);
    expect(status).toBe(0);
    const { configFile, hbaFile, identFile } = origin();
    expect(stderr).toContain(
      `note: not in this backup: config_file ${configFile}, hba_file ${hbaFile}, ident_file ${identFile}, `,
    );
    expect(stderr).toContain('note: take them along with --config-dir');
  });

  it('says so without the places to a role that may not see them', async () => {
    const { status, stderr } = await runBackup(server, ['-D', newTarget(), '-U', 'plain', '-Ft']);
    expect(status).toBe(0);
    expect(stderr).toContain(
      'note: not in this backup: postgresql.conf, pg_hba.conf, pg_ident.conf; the server has them',
    );
    expect(stderr).toContain('pg_read_all_settings');
  });

  describe('--config-dir', () => {
    let target: string;
    beforeEach(() => (target = newTarget()));

    it('takes it along in plain output, which verifies and starts', async () => {
      const result = await runBackup(server, ['-D', target, '--config-dir', directory]);
      expect(result).toMatchObject({ status: 0, stderr: '' });
      expectTaken(target);
      expect(await runProgram('gausskeep', ['verify', target])).toMatchObject({ status: 0 });
      for (const name of fileNames) renameSync(join(target, 'gausskeep_config', name), join(target, name));
      for (const name of ['conf.d', 'empty.d']) renameSync(join(target, 'gausskeep_config', name), join(target, name));
      const restored = await startFrom(target);
      expect(await restored.value('show search_path')).toBe('more');
      await restored.stop('immediate');
    });

    it.each([
      ['-Ft', ['-Ft'], 'base.tar'],
      ['-Ft -z -X fetch', ['-Ft', '-z', '-X', 'fetch'], 'base.tar.gz'],
    ] as const)('in tar output %s', async (_name, args, archive) => {
      const result = await runBackup(server, ['-D', target, '--config-dir', directory, ...args]);
      expect(result).toMatchObject({ status: 0, stderr: '' });
      const data = newTarget();
      unpack(join(target, archive), data);
      renameSync(join(target, 'backup_manifest'), join(data, 'backup_manifest'));
      expectTaken(data);
      renameSync(join(data, 'backup_manifest'), join(target, 'backup_manifest'));
      expect(await runProgram('gausskeep', ['verify', target])).toMatchObject({ status: 0 });
    });

    it('in tar output to stdout', async () => {
      const file = join(temporaryDirectory(), 'out.tar');
      const args = ['-Ft', '-X', 'fetch', '--config-dir', directory];
      expect(await backupToFile(server, args, file)).toEqual({ status: 0, stderr: '' });
      const data = newTarget();
      unpack(file, data);
      expectTaken(data);
      expect((await readTar(file)).at(-1)?.header.name).toBe('backup_manifest');
    });

    it('leaves out what an earlier backup brought into the data directory that the server was started on', async () => {
      const stale = ['gausskeep.json', '.gausskeep.lock', '.gausskeep.recovery'];
      const place = (name: string): string => join(server.dataDirectory, name);
      mkdirSync(place('gausskeep_config'));
      writeFileSync(place('gausskeep_config/origin.json'), JSON.stringify({ configDirectory: '/elsewhere' }));
      writeFileSync(place('gausskeep_config/postgresql.conf'), "search_path = 'stale'\n");
      for (const name of stale) writeFileSync(place(name), '{}');
      giveToServerUser(server.dataDirectory);
      const unlisted = newTarget();
      for (const args of [
        ['-D', target],
        ['-D', newTarget(), '-Ft'],
        ['-D', unlisted, '--no-manifest'],
      ]) {
        const result = await runBackup(server, [...args, '--config-dir', directory]);
        expect(result.stderr).toContain('note: left out: the directory "gausskeep_config" in the data directory of');
        expect(result.status).toBe(0);
        const backup = args[1] ?? '';
        if (backup !== unlisted) expect(await runProgram('gausskeep', ['verify', backup])).toMatchObject({ status: 0 });
        const data = newTarget();
        const restored = await runProgram('gausskeep', ['restore', '--from', backup, '--pgdata', data, ...owner]);
        // It has no manifest: a warning, and status 3.
        expect(restored.status, restored.stderr).toBe(backup === unlisted ? 3 : 0);
        const configuration = readFileSync(join(data, 'postgresql.conf'), 'utf8');
        expect(configuration).toMatch(/include_dir( =)? 'conf.d'/);
        expect(configuration).not.toContain('stale');
      }
      expectTaken(target);
      for (const name of stale) expect(exists(join(target, name))).toBe(false);
      // The server's own bytes are kept with -Z server-METHOD: nothing can be left out of them.
      if (version >= 15) {
        const { status, stderr } = await runBackup(server, ['-D', newTarget(), '-Ft', '-Z', 'server-gzip']);
        expect(status).toBe(1);
        expect(stderr).toMatch(/error: the data directory of the server has "gausskeep[^"]*", which an earlier backup/);
      }
      for (const name of [...stale, 'gausskeep_config']) rmSync(place(name), { recursive: true });
      // What a restore would refuse, verify finds.
      writeFileSync(join(unlisted, 'gausskeep_config', 'origin.json'), '{}');
      const verified = await runProgram('gausskeep', ['verify', unlisted]);
      expect(verified.stderr).toContain('gausskeep_config/origin.json of the backup does not say which directory');
      expect(verified.status).toBe(20);
    });

    it('refuses what is no configuration before it connects, and names it', async () => {
      const bad = serverDirectory('bad');
      const run = () => runBackup(server, ['-D', target, '--config-dir', bad]);
      expect((await run()).stderr).toContain(`directory "${bad}" has no files`);
      symlinkSync(directory, join(bad, 'link'));
      expect((await run()).stderr).toContain(`"${join(bad, 'link')}" is neither a file nor a directory`);
      rmSync(join(bad, 'link'));
      writeFileSync(join(bad, 'huge.conf'), Buffer.alloc(17 * 1024 * 1024));
      const large = await run();
      expect(large).toMatchObject({ status: 1, stdout: '' });
      expect(large.stderr).toContain(`"${join(bad, 'huge.conf')}" is too large`);
      rmSync(join(bad, 'huge.conf'));
      const missing = await runBackup(server, ['-D', target, '--config-dir', join(bad, 'none')]);
      expect(missing.stderr).toContain(`could not read "${join(bad, 'none')}"`);
      expect(exists(target)).toBe(false);
    });
  });

  // PostgreSQL 13 and later send a manifest.
  if (version >= 13) {
    it.each([['-Fp'], ['-Ft']])('a manifest that changes on the way ends the backup, %s', async (format) => {
      proxy = await startProxy(server, {
        fromServer: { kind: 'replace', from: '"Path": "base/1/', to: '"Path": "base/9/' },
      });
      const target = newTarget();
      const result = await runBackup(through(proxy), ['-D', target, format]);
      expect(result.status).toBe(1);
      expect(result.stderr).toContain('error: the backup manifest of the server is not right: ');
      expect(result.stderr).toContain('manifest checksum mismatch');
      expect(exists(target)).toBe(false);
    });
  }
});
