/** `gausskeep repo adopt`: an archive that a server fills becomes that of an instance, and backups of the repository recover with it. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { differences, snapshotData, type Content } from '../support/postgres/content.ts';
import { loadData } from '../support/postgres/load.ts';
import { giveToServerUser, runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { programPath, runProgram, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];

interface Adopted {
  readonly segments: number;
  readonly present: number;
  readonly linked: number;
  readonly copied: number;
  readonly whyCopied: string | null;
}

forEachServer('newest', (version) => {
  describe.each(['', '--encrypt'])('repo init %s', (encryption) => {
    const isEncrypted = encryption !== '';
    let server: PostgresServer;
    let archive: string;
    let repository: string;
    let environment: Record<string, string>;
    let copy: PostgresServer | undefined;

    async function gausskeep(args: readonly string[], env: Record<string, string> = {}): Promise<ProgramResult> {
      const cache = join(temporaryDirectory('cache'), 'c');
      return runProgram('gausskeep', args, { env: { ...environment, GAUSSKEEP_CACHE: cache, TZ: 'UTC', ...env } });
    }

    async function done(args: readonly string[], env: Record<string, string> = {}): Promise<ProgramResult> {
      const result = await gausskeep(args, env);
      expect(result.status, result.stderr).toBe(0);
      return result;
    }

    const adopt = async (): Promise<Adopted> =>
      JSON.parse((await done(['repo', 'adopt', archive, '--json'])).stdout) as Adopted;

    /** Objects of the archive by their names, without what a server may be writing. */
    const objects = (directory: string): string[] =>
      readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.name.startsWith('.gausskeep-'))
        .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
        .sort();

    async function archivedAll(): Promise<string> {
      // Where nothing was written since the last switch the server would not switch.
      await server.sql("select pg_create_restore_point('switched')");
      const segment = await server.value('select pg_walfile_name(pg_switch_wal())');
      await server.waitFor(`select last_archived_wal >= '${segment}' from pg_stat_archiver`);
      return segment;
    }

    async function setCommand(command: string): Promise<void> {
      await server.sql(`alter system set archive_command = '${command}'`);
      await server.sql('select pg_reload_conf()');
    }

    beforeAll(async () => {
      archive = serverDirectory('archive');
      repository = join(serverDirectory('repository'), 'repo');
      environment = { GAUSSKEEP_REPO: repository, GAUSSKEEP_INSTANCE: 'orders' };
      if (isEncrypted) {
        const password = join(serverDirectory('secret'), 'password');
        writeFileSync(password, 'correct horse battery staple\n', { mode: 0o600 });
        if (runningAsRoot) giveToServerUser(password);
        environment['GAUSSKEEP_PASSWORD_FILE'] = password;
      }
      await done(['repo', 'init', repository, ...(isEncrypted ? [encryption] : [])]);
      server = await startServer({ version, config: { archive_mode: true, archive_command: '' } });
      await setCommand(`${process.execPath} ${programPath('gausskeep')} wal push %p --archive ${archive} -Z gzip`);
      await loadData(await server.client(), { rows: 5_000 });
      await archivedAll();
    });
    afterEach(async () => {
      await copy?.stop('immediate');
      copy = undefined;
    });

    it('takes the archive over, by hard links where that can be, and leaves it as it is', async () => {
      const before = objects(archive);
      const contents = before.map((name) => readFileSync(join(archive, name)));
      const { stdout, stderr } = await done(['repo', 'adopt', archive]);
      expect(stdout).toMatch(/^archive_command = '.* wal push %p --repo .* --instance orders.*'\n$/);
      expect(stderr).toContain(isEncrypted ? 'the repository is encrypted' : 'nothing was copied');
      expect(objects(archive)).toEqual(before);
      expect(before.filter((name, at) => !contents[at]!.equals(readFileSync(join(archive, name))))).toEqual([]);
      if (isEncrypted) {
        const segment = /[0-9A-F]{24}/.exec(before.join(' '))?.[0] ?? '';
        expect(objects(repository).filter((name) => name.includes(segment))).toEqual([]);
        return;
      }
      const own = join(repository, 'instances/orders/wal');
      expect(objects(own)).toEqual(before);
      for (const name of before) expect(statSync(join(own, name)).ino, name).toBe(statSync(join(archive, name)).ino);
    });

    it('delivers what the archive delivers', async () => {
      const name = /[0-9A-F]{24}(?=\.receipt)/.exec(objects(archive).join(' '))?.[0] ?? '';
      const directory = temporaryDirectory('got');
      await done(['wal', 'get', name, join(directory, 'repository')]);
      await done(['wal', 'get', name, join(directory, 'archive'), '--archive', archive]);
      expect(readFileSync(join(directory, 'repository')).equals(readFileSync(join(directory, 'archive')))).toBe(true);
    });

    it('a backup recovers to a moment whose WAL a second run has taken', async () => {
      const words = ['backup', '-c', 'fast', '-h', server.host, '-p', String(server.port)];
      await done(words, server.environment());
      const client = await server.client();
      await client.query('create table later as select generate_series(1, 1000) as n');
      const lsn = await server.value('select pg_current_wal_insert_lsn()');
      const content: Content = await snapshotData(client);
      await client.query('drop table later');
      await archivedAll();
      const { segments, present, linked, copied, whyCopied } = await adopt();
      expect(segments).toBeGreaterThan(0);
      expect(present).toBeGreaterThan(0);
      if (isEncrypted) expect([linked, copied > 0, whyCopied]).toEqual([0, true, 'encrypted']);
      else expect([linked > 0, copied, whyCopied]).toEqual([true, 0, null]);
      const { stdout } = await done(['window', '--json']);
      expect(JSON.parse(stdout)).toMatchObject({ lines: [{ gaps: [] }] });
      const data = join(temporaryDirectory('restored'), 'data');
      const target = ['--target-lsn', lsn, '--target-exclusive', '--target-action', 'promote'];
      await done(['restore', '--no-sync', '-D', data, ...owner, ...target]);
      copy = await startFrom(data, { settings: { archive_mode: false } });
      await copy.waitFor('select not pg_is_in_recovery()');
      expect(differences(content, await snapshotData(await copy.client()))).toEqual([]);
    });

    it('the server archives into it with the command that is shown', async () => {
      const { stdout } = await done(['repo', 'adopt', archive]);
      const command = /^archive_command = '(.*)'$/m.exec(stdout)?.[1] ?? '';
      await setCommand(`${process.execPath} ${command}`);
      const segment = await archivedAll();
      await done(['wal', 'get', segment, join(temporaryDirectory('got'), segment)]);
      expect(objects(archive).filter((name) => name.includes(segment))).toEqual([]);
      expect(await adopt()).toMatchObject({ segments: 0, copied: 0, linked: 0 });
    });

    it('another server is refused before anything is written', async () => {
      const other = await startServer({ version });
      await done(['backup', '-c', 'fast', '-h', other.host, '-p', String(other.port), '--instance', 'other'], {
        ...other.environment(),
      });
      await other.stop();
      const before = objects(repository);
      const result = await gausskeep(['repo', 'adopt', archive, '--instance', 'other']);
      expect(result).toMatchObject({ status: 14 });
      expect(objects(repository)).toEqual(before);
    });

    it('is found sound by repo check, and repo stats counts what it takes', async () => {
      const { stdout } = await done(['repo', 'check', '--json']);
      const records = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(records.at(-1)).toMatchObject({
        messageType: 'repositoryCheck',
        verdict: 'nothing-found',
        damages: 0,
        warnings: 0,
      });
      const stats = (await done(['repo', 'stats', '--json'])).stdout.trim().split('\n');
      expect(stats.map((line) => JSON.parse(line) as unknown)).toMatchObject([
        { instance: 'orders', backups: 1, unusedBytes: 0 },
        { instance: 'other', backups: 1, unusedBytes: 0 },
        { instance: null, backups: 2 },
      ]);
      const table = (await done(['repo', 'stats'])).stdout.split('\n');
      expect(table.filter((line) => line.length > 80)).toEqual([]);
    });
  });
});
