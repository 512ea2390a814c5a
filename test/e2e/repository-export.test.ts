/** `gausskeep export -F t`: a backup of a repository as tars that other tools take. */
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startExportedInstance, type ExportedInstance } from '../support/exported-instance.ts';
import { exists, newTarget, readTar, restoreTar } from '../support/backups.ts';
import { differences, snapshotData, type Content } from '../support/postgres/content.ts';
import { runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, type PostgresServer } from '../support/postgres/server.ts';
import { startStandby } from '../support/postgres/standby.ts';
import { temporaryDirectory } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];
const segment = /^[0-9A-F]{24}$/;

forEachServer('newest', (version) => {
  describe.each(['', '--encrypt'])('repo init %s', (encryption) => {
    let { server, repository, content, location, oid, gausskeep, done, backUp } = {} as ExportedInstance;
    let copy: PostgresServer | undefined;

    async function exported(...args: string[]): Promise<string> {
      const target = newTarget();
      expect(await done(['export', 'latest', '-F', 't', '--to', target, ...args])).toContain(target);
      return target;
    }

    const filesOf = (folder: string): string[] =>
      readdirSync(join(repository, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort();

    /** Of an encrypted one all that there is: names tell nothing. */
    const holds = (): string[] => filesOf(encryption === '' ? 'instances/orders/holds' : '.');

    async function rowsOf(data: string): Promise<Content> {
      copy = await startFrom(data, { settings: { archive_mode: false } });
      await copy.waitFor('select not pg_is_in_recovery()');
      return snapshotData(await copy.client());
    }

    beforeAll(async () => {
      ({ server, repository, content, location, oid, gausskeep, done, backUp } = await startExportedInstance(
        version,
        encryption,
      ));
    });
    afterEach(async () => {
      await copy?.stop('immediate');
      copy = undefined;
    });

    it.each(['none', 'gzip'])('-Z %s: a set that verify proves and that is restored and unpacked', async (method) => {
      const suffix = method === 'gzip' ? '.tar.gz' : '.tar';
      const set = await exported('-Z', method);
      const tars = [oid, 'base', version < 10 ? 'pg_xlog' : 'pg_wal'].map((stem) => `${stem}${suffix}`);
      expect(readdirSync(set).sort()).toEqual([...tars, 'backup_manifest'].sort());
      for (const name of readdirSync(set)) expect(statSync(join(set, name)).mode & 0o777).toBe(0o600);
      const checked = await gausskeep(['verify', set]);
      expect(checked.status, checked.stdout + checked.stderr).toBe(0);

      const data = newTarget();
      const moved = `${location}=${join(temporaryDirectory('moved'), 'space')}`;
      await done(['restore', '--no-sync', '--from', set, '-D', data, '-T', moved, ...owner], {
        GAUSSKEEP_REPO: '',
        GAUSSKEEP_INSTANCE: '',
      });
      expect(differences(content, await rowsOf(data))).toEqual([]);
      await copy?.stop('immediate');
      expect(differences(content, await rowsOf(restoreTar(set, { [oid]: serverDirectory('again') })))).toEqual([]);
    });

    it('has the WAL of the backup and marks that keep it from being archived, and holds nothing afterwards', async () => {
      const before = holds();
      const set = await exported();
      const names = (await readTar(join(set, 'pg_wal.tar'))).map(({ header }) => header.name);
      const segments = names.filter((name) => segment.test(name));
      expect(segments.length).toBeGreaterThan(0);
      expect(names.filter((name) => !segment.test(name))).toEqual(
        segments.map((name) => `archive_status/${name}.done`),
      );
      // What backups leave is void; an export leaves nothing.
      expect(holds()).toEqual(before);
    });

    it('an export of a backup of a standby has the beginning of a segment that no archive takes', async () => {
      const standby = await startStandby(server);
      await standby.waitFor('select pg_last_wal_replay_lsn() is not null');
      await backUp(standby, 'standby');
      await standby.stop('immediate');
      // The last of its WAL is in the backup itself.
      for (const words of [[], ['--read-data']]) await done(['verify', '--instance', 'standby', ...words]);
      const set = newTarget();
      await done(['export', 'latest', '-F', 't', '--instance', 'standby', '--to', set]);
      const names = (await readTar(join(set, 'base.tar'))).map(({ header }) => header.name);
      expect(names.filter((name) => segment.test(name.replace(/^pg_wal\//, '')))).toEqual([]);
      const checked = await gausskeep(['verify', set]);
      expect(checked.status, checked.stdout + checked.stderr).toBe(0);
      const data = restoreTar(set, { [oid]: serverDirectory('again') });
      for (const name of ['standby.signal', 'recovery.conf']) rmSync(join(data, name), { force: true });
      expect(differences(content, await rowsOf(data))).toEqual([]);
    });

    it('leaves what is in the target, and nothing where it fails', async () => {
      const full = temporaryDirectory('full');
      writeFileSync(join(full, 'mine'), '');
      const refused = await gausskeep(['export', 'latest', '-F', 't', '--to', full]);
      expect(refused.stderr).toContain(full);
      expect(refused.status).not.toBe(0);
      expect(readdirSync(full)).toEqual(['mine']);

      const unknown = newTarget();
      expect((await gausskeep(['export', '1999', '-F', 't', '--to', unknown])).status).not.toBe(0);
      expect(exists(unknown)).toBe(false);
      if (encryption !== '') return;

      // A bit in the middle of the largest pack: found when the tars are half written.
      const [pack = ''] = filesOf('instances/orders/packs').sort((a, b) => statSync(b).size - statSync(a).size);
      const sound = readFileSync(pack);
      const damaged = Buffer.from(sound);
      damaged[damaged.length >> 1]! ^= 1;
      writeFileSync(pack, damaged);
      const half = newTarget();
      const corrupt = await gausskeep(['export', 'latest', '-F', 't', '--to', half]);
      expect(corrupt.stderr).toContain('packs/');
      expect(corrupt.status).not.toBe(0);
      expect(exists(half)).toBe(false);
      writeFileSync(pack, sound);

      // As if somebody had cleaned up the archive by hand.
      const stored = filesOf('instances/orders/wal').filter((path) => segment.test(basename(path).slice(0, 24)));
      expect(stored.length).toBeGreaterThan(0);
      for (const path of stored) rmSync(path);
      const target = newTarget();
      const missing = await gausskeep(['export', 'latest', '-F', 't', '--to', target]);
      expect(missing.stderr).toMatch(/WAL/);
      expect(missing.status).not.toBe(0);
      expect(exists(target)).toBe(false);
    });
  });
});
