/** A repository on real servers: backups under load, each restored to moments of its own; what is stored of one that changed little. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseLsn } from '../../src/index.ts';
import { giveToServerUser, runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { differences, snapshotData, type Content } from '../support/postgres/content.ts';
import { loadData } from '../support/postgres/load.ts';
import { expectNothingOnServer } from '../support/backups.ts';
import { programPath, runProgram, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { repositoryKinds } from '../support/repository-kinds.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];
const secret = 'correct horse battery staple';

interface Listed {
  readonly id: string;
  readonly state: string;
  readonly startLsn: string;
  readonly newBytes: number;
  readonly referencedBytes: number;
  readonly logicalBytes: number;
}

interface Window {
  readonly archive: string | null;
  readonly repository: string | null;
  readonly instance: string | null;
  readonly lines: readonly {
    readonly stretches: readonly { readonly endLsn: string }[];
    readonly gaps: readonly unknown[];
    readonly backups: readonly {
      readonly name: string;
      readonly latestLsn: string | null;
      readonly problem: string | null;
    }[];
  }[];
}

forEachServer('full', (version) => {
  describe.each(repositoryKinds(version))('repo init %s', (encryption) => {
    let server: PostgresServer;
    let repository: string;
    /** A file that the server can read. */
    let serverPassword: string;
    let environment: Record<string, string>;
    const contents = new Map<string, Content>();
    /** By the number of the backup before it. */
    const moments: { readonly lsn: string; readonly content: Content }[] = [];
    let backups: Listed[];
    let copy: PostgresServer | undefined;

    async function gausskeep(args: readonly string[], env: Record<string, string> = {}): Promise<ProgramResult> {
      const [cache] = [join(temporaryDirectory('cache'), 'c')];
      return runProgram('gausskeep', args, { env: { ...environment, GAUSSKEEP_CACHE: cache, TZ: 'UTC', ...env } });
    }

    async function done(args: readonly string[]): Promise<string> {
      const result = await gausskeep(args);
      expect(result.status, result.stderr).toBe(0);
      return result.stdout;
    }

    async function list(): Promise<Listed[]> {
      const text = await done(['list', '--json']);
      return text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Listed);
    }

    /** The server's own archive_command, into the archive that is part of the repository. */
    async function archive(): Promise<void> {
      const words = [`--repo ${repository} --instance orders`];
      if (encryption !== '') words.push(`--password-file ${serverPassword}`);
      const push = `${process.execPath} ${programPath('gausskeep')} wal push %p ${words.join(' ')}`;
      await server.sql(`alter system set archive_command = '${push}'`);
      await server.sql('select pg_reload_conf()');
    }

    const backUp = (...more: string[]): Promise<ProgramResult> =>
      gausskeep(['backup', '-c', 'fast', '-h', server.host, '-p', String(server.port), ...more], server.environment());

    beforeAll(async () => {
      repository = join(serverDirectory('repository'), 'repo');
      const password = join(temporaryDirectory('secret'), 'password');
      writeFileSync(password, `${secret}\n`, { mode: 0o600 });
      serverPassword = join(serverDirectory('secret'), 'password');
      writeFileSync(serverPassword, `${secret}\n`, { mode: 0o600 });
      if (runningAsRoot) giveToServerUser(serverPassword);
      environment = { GAUSSKEEP_REPO: repository, GAUSSKEEP_INSTANCE: 'orders' };
      if (encryption !== '') environment['GAUSSKEEP_PASSWORD_FILE'] = password;
      await done(['repo', 'init', repository, ...(encryption === '' ? [] : [encryption])]);
      server = await startServer({ version, config: { archive_mode: true, archive_command: '' } });
      const client = await server.client();
      await loadData(client, { rows: 20_000 });
      for (let number = 0; number < 3; number += 1) {
        const result = await backUp();
        expect(result.status, result.stderr).toBe(0);
        if (number === 0) await archive();
        contents.set(String(number), await snapshotData(client));
        await client.query(`create table moment_${String(number)} as select generate_series(1, 100) as n`);
        moments.push({
          lsn: await server.value('select pg_current_wal_insert_lsn()'),
          content: await snapshotData(client),
        });
        await client.query(`drop table moment_${String(number)}`);
        const segment = await server.value('select pg_walfile_name(pg_switch_wal())');
        await server.waitFor(`select last_archived_wal >= '${segment}' from pg_stat_archiver`);
      }
      await client.end();
      backups = await list();
    });
    afterEach(async () => {
      await copy?.stop('immediate');
      copy = undefined;
    });

    async function restored(...args: string[]): Promise<Content> {
      const data = join(temporaryDirectory('restored'), 'data');
      const env = { ...environment };
      await done(['restore', '--no-sync', '-D', data, ...owner, ...args, '--target-action', 'promote']);
      expect(env['GAUSSKEEP_REPO']).toBe(repository);
      copy = await startFrom(data, { settings: { archive_mode: false } });
      await copy.waitFor('select not pg_is_in_recovery()');
      return snapshotData(await copy.client());
    }

    it('lists what was stored, oldest first; a backup of what hardly changed stores hardly anything', () => {
      expect(backups).toHaveLength(3);
      expect(backups.map(({ state }) => state)).toEqual(['complete', 'complete', 'complete']);
      const [first, second] = backups;
      expect(second!.newBytes).toBeLessThan(first!.newBytes / 5);
      expect(second!.referencedBytes).toBeGreaterThan(second!.newBytes);
    });

    it('leaves nothing on the server', () => expectNothingOnServer(server));

    it.each([0, 1, 2])('backup %i restores to its own end, whatever became of the others', async (number) => {
      const found = await restored('--backup', backups[number]!.id, '--target-immediate');
      expect(differences(contents.get(String(number))!, found)).toEqual([]);
    });

    it.each([0, 1])('a moment behind backup %i', async (number) => {
      const { lsn, content } = moments[number]!;
      const args = ['--backup', backups[number]!.id, '--target-lsn', lsn, '--target-exclusive'];
      expect(differences(content, await restored(...args))).toEqual([]);
    });

    it('chooses the backup by the target, and says in a plan what it would do', async () => {
      const { lsn, content } = moments[1]!;
      const plan = await done(['restore', '-D', '/nowhere/data', '--target-lsn', lsn, '--target-exclusive', '--plan']);
      expect(plan).toContain(backups[1]!.id);
      expect(differences(content, await restored('--target-lsn', lsn, '--target-exclusive'))).toEqual([]);
    });

    it('shows the recovery window: every backup, and the WAL up to the newest end that was archived', async () => {
      const text = await done(['window', '--json', '--repo', repository, '--instance', 'orders']);
      const { lines, ...named } = JSON.parse(text) as Window;
      expect(named).toMatchObject({ archive: null, repository, instance: 'orders' });
      expect(lines).toHaveLength(1);
      const { backups: shown, stretches, gaps } = lines[0]!;
      expect(shown.map(({ name, problem }) => ({ name, problem }))).toEqual(
        backups.map(({ id }) => ({ name: id, problem: null })),
      );
      expect(stretches).toHaveLength(1);
      expect(gaps).toEqual([]);
      const reached = parseLsn(stretches[0]!.endLsn);
      expect(reached).toBeGreaterThanOrEqual(parseLsn(moments[2]!.lsn));
      expect(shown.map(({ latestLsn }) => parseLsn(latestLsn!))).toEqual(backups.map(() => reached));
      const people = await done(['window']);
      expect(people).toContain(`${repository}, instance orders: WAL of system identifier `);
      for (const { id } of backups) expect(people).toContain(`backup ${id}: earliest point`);
      expect(people).toContain('latest point');
    });

    it('refuses another server under the same name, and stores nothing of it', async () => {
      const other = await startServer({ version, config: { wal_level: 'replica' }, ...{ fresh: true } });
      const args = ['backup', '-c', 'fast', '-h', other.host, '-p', String(other.port)];
      const result = await gausskeep(args, other.environment());
      expect(result.status, result.stderr).toBe(14);
      expect(result.stderr).toContain('orders');
      expect(await list()).toEqual(backups);
      await other.stop('immediate');
    });

    it('opens and closes a generation of the archive of the instance', async () => {
      const generations = ['wal', 'generation', '--json', '--repo', repository, '--instance', 'orders'];
      const shown = async (...more: string[]): Promise<unknown[]> =>
        (await done([...generations, ...more]))
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as unknown);
      expect(await shown()).toMatchObject([{ number: 1, closed: false }]);
      const opened = await shown('--open', '--parent', '1', '--fork-lsn', moments[2]!.lsn);
      expect(opened).toMatchObject([{ number: 1 }, { number: 2, parent: 1, forkLsn: moments[2]!.lsn, closed: false }]);
      await shown('--close', '2');
      expect(await shown()).toMatchObject([
        { number: 1, closed: false },
        { number: 2, closed: true },
      ]);
    });

    it.runIf(encryption !== '')('shows no name and no content without the password', async () => {
      const wrong = join(temporaryDirectory('secret'), 'wrong');
      writeFileSync(wrong, 'guess\n', { mode: 0o600 });
      const result = await gausskeep(['list'], { GAUSSKEEP_PASSWORD_FILE: wrong });
      expect(result.status).toBe(12);
      expect(result.stderr).not.toContain('guess');
      const names = execFileSync('find', [repository], { encoding: 'utf8' });
      expect(names).not.toMatch(/orders|commits|packs|wal\b/);
      expect(readFileSync(join(repository, 'gausskeep-repository.json'), 'utf8')).not.toContain('orders');
    });
  });
});
