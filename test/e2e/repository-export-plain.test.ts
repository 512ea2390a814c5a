/** `gausskeep export`: a backup of a repository as the plain directory that a server's own tool would have written. */
import { lstatSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startExportedInstance, type ExportedInstance } from '../support/exported-instance.ts';
import { exists, newTarget, takeBackup } from '../support/backups.ts';
import { differences, snapshotData, type Content } from '../support/postgres/content.ts';
import { giveToServerUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, type PostgresServer } from '../support/postgres/server.ts';
import { startStandby } from '../support/postgres/standby.ts';
import { runProgram, startProgram, temporaryDirectory } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';
import { signalStopped, stopAtOpen } from '../support/stopped-programs.ts';

const segment = /^[0-9A-F]{24}$/;

forEachServer('newest', (version) => {
  describe.each(['', '--encrypt'])('repo init %s', (encryption) => {
    let { server, repository, environment, content, location, oid, gausskeep, done, backUp } = {} as ExportedInstance;
    let copy: PostgresServer | undefined;

    async function proved(directory: string): Promise<void> {
      const checked = await runProgram('gausskeep', ['verify', directory]);
      expect(checked.status, checked.stdout + checked.stderr).toBe(0);
    }

    /** A place for the tablespace that nobody uses yet. */
    const newSpace = (): string => join(serverDirectory('moved'), 'space');

    /** Starts the exported directory itself, as any plain backup. */
    async function rowsOf(data: string, space: string): Promise<Content> {
      giveToServerUser(space);
      copy = await startFrom(data, { settings: { archive_mode: false } });
      await copy.waitFor('select not pg_is_in_recovery()');
      return snapshotData(await copy.client());
    }

    beforeAll(async () => {
      ({ server, repository, environment, content, location, oid, gausskeep, done, backUp } =
        await startExportedInstance(version, encryption));
    });
    afterEach(async () => {
      await copy?.stop('immediate');
      copy = undefined;
    });

    it('is what a server starts with the rows of the backup, and what verify proves by its manifest', async () => {
      const [data, space] = [newTarget(), newSpace()];
      const told = await done(['export', 'latest', '--to', data, '-T', `${location}=${space}`]);
      expect(told).toContain(`"${data}"`);
      expect(told).toContain(`tablespace ${oid}: "${space}"`);
      await proved(data);

      expect(readlinkSync(join(data, 'pg_tblspc', oid))).toBe(space);
      const listed = readFileSync(join(data, 'backup_manifest'), 'utf8');
      expect(listed).toContain(`pg_tblspc/${oid}/`);
      // It would lead the server to the tablespace of its source.
      expect(exists(join(data, 'tablespace_map'))).toBe(false);
      expect(listed).not.toContain('"tablespace_map"');
      const names = readdirSync(join(data, 'pg_wal'));
      const segments = names.filter((name) => segment.test(name));
      expect(segments.length).toBeGreaterThan(0);
      expect(readdirSync(join(data, 'pg_wal/archive_status')).sort()).toEqual(segments.map((name) => `${name}.done`));
      for (const path of [data, space]) expect(statSync(path).mode & 0o777).toBe(0o700);

      expect(differences(content, await rowsOf(data, space))).toEqual([]);
    });

    it('has the files, with the permissions, that gs_basebackup writes', async () => {
      const [data, space] = [newTarget(), newSpace()];
      const id =
        (await done(['list', '--json']))
          .split('\n')
          .filter((line) => line !== '')
          .at(-1) ?? '';
      const { id: backup } = JSON.parse(id) as { id: string };
      await done(['export', backup, '-F', 'plain', '--to', data, '-T', `${oid}=${space}`]);
      const taken = await takeBackup(server, ['-T', `${location}=${newSpace()}`]);
      const top = (directory: string): string[] =>
        readdirSync(directory)
          .map((name) => {
            const { mode } = lstatSync(join(directory, name));
            return `${name} ${mode.toString(8)}`;
          })
          // A backup that moved a tablespace notes where it was; the other was taken before anything moved.
          .filter((line) => !line.startsWith('gausskeep.json '))
          .sort();
      expect(top(data)).toEqual(top(taken));
      expect(top(join(data, 'global')).length).toBeGreaterThan(10);
    });

    it('of a standby has the beginning of a segment that no archive takes', async () => {
      const standby = await startStandby(server);
      await standby.waitFor('select pg_last_wal_replay_lsn() is not null');
      await backUp(standby, 'standby');
      await standby.stop('immediate');
      const [data, spaces] = [newTarget(), join(serverDirectory('spaces'), 'all')];
      await done(['export', 'latest', '--instance', 'standby', '--to', data, '--tablespace-map-all', spaces]);
      await proved(data);
      for (const name of ['standby.signal', 'recovery.conf']) rmSync(join(data, name), { force: true });
      expect(differences(content, await rowsOf(data, spaces))).toEqual([]);
    });

    it('is not written over anything: neither the directory nor the tablespace of the server', async () => {
      const full = temporaryDirectory('full');
      writeFileSync(join(full, 'mine'), '');
      const refused = await gausskeep(['export', 'latest', '--to', full, '-T', `${location}=${newSpace()}`]);
      expect(refused.stderr).toContain(full);
      expect(refused.status).toBe(17);
      expect(readdirSync(full)).toEqual(['mine']);

      const data = newTarget();
      const there = readdirSync(location);
      const inUse = await gausskeep(['export', 'latest', '--to', data]);
      expect(inUse.stderr).toContain(`-T ${oid}=`);
      expect(inUse.status).toBe(17);
      expect(exists(data)).toBe(false);
      expect(readdirSync(location)).toEqual(there);
    });

    it('leaves nothing when it is interrupted or fails', async () => {
      const [data, space] = [newTarget(), newSpace()];
      const words = ['export', 'latest', '--to', data, '-T', `${location}=${space}`];
      const env = { ...environment, ...stopAtOpen('pg_control.unfinished') };
      const stopped = startProgram('gausskeep', words, { env });
      const ended = await signalStopped(stopped, ['SIGINT'], () => {
        expect(exists(data)).toBe(true);
        return Promise.resolve();
      });
      expect(ended.signal ?? ended.status, ended.stderr).not.toBe(0);
      for (const path of [data, space]) expect(exists(path), path).toBe(false);
      if (encryption !== '') return;

      // A bit in the middle of the largest pack.
      const packs = readdirSync(join(repository, 'instances/orders/packs'), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name));
      const [pack = ''] = packs.sort((a, b) => statSync(b).size - statSync(a).size);
      const sound = readFileSync(pack);
      const damaged = Buffer.from(sound);
      damaged[damaged.length >> 1]! ^= 1;
      writeFileSync(pack, damaged);
      const corrupt = await gausskeep(words);
      expect(corrupt.stderr).toContain('packs/');
      expect(corrupt.status).toBe(20);
      for (const path of [data, space]) expect(exists(path), path).toBe(false);
      writeFileSync(pack, sound);
    });

    it('says which options belong to the other form, and what is no mapping', async () => {
      const refusals = [
        [['-Z', 'gzip'], '--format=tar'],
        [['-F', 't', '-T', `${location}=/x`], '--format=plain'],
        [['-F', 'x'], '"x"'],
      ] as const;
      for (const [words, said] of refusals) {
        const refused = await gausskeep(['export', 'latest', '--to', newTarget(), ...words]);
        expect(refused.status, refused.stderr).toBe(2);
        expect(refused.stderr).toContain(said);
      }
      const [data, space] = [newTarget(), newSpace()];
      const mappings = ['-T', `${location}=${space}`, '-T', '/nowhere/at/all=/x'];
      const unused = await gausskeep(['export', 'latest', '--to', data, ...mappings]);
      expect(unused.status, unused.stderr).toBe(0);
      expect(unused.stderr).toContain('/nowhere/at/all');
    });
  });
});
