/** The WAL archive of an instance of a repository by every command that works on an archive: recovery fetches from it, it is cleaned up and received into. */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openKnownInstance, openRepository } from '../../src/repository-wal.ts';
import { deleteHold, readHolds, type ListedHold } from '../../src/repository/read-holds.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { giveToServerUser, runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { differences, snapshotData, type Content } from '../support/postgres/content.ts';
import { loadData } from '../support/postgres/load.ts';
import { programPath, runProgram, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { repositoryKinds } from '../support/repository-kinds.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];
const secret = 'correct horse battery staple';

interface Moment {
  readonly lsn: string;
  readonly content: Content;
}

interface Cleanup {
  readonly dryRun: boolean;
  readonly generation: number;
  readonly removals: readonly { readonly name: string }[];
}

forEachServer('newest', (version) => {
  describe.each(repositoryKinds(version))('repo init %s', (encryption) => {
    const isEncrypted = encryption !== '';
    let server: PostgresServer;
    let repository: string;
    /** Readable by root only, and by the server. */
    let passwords: { readonly own: string; readonly servers: string };
    let named: readonly string[];
    const moments: Moment[] = [];
    const contents: Content[] = [];
    /** Of segments from before the first backup. */
    const early: string[] = [];
    let copy: PostgresServer | undefined;

    const gausskeep = (args: readonly string[], env: Record<string, string> = {}): Promise<ProgramResult> =>
      runProgram('gausskeep', args, { env: { GAUSSKEEP_CACHE: join(temporaryDirectory('cache'), 'c'), ...env } });

    async function done(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
      const result = await gausskeep(args, env);
      expect(result.status, result.stderr).toBe(0);
      return result.stdout;
    }

    /** Whatever is encrypted: of the folder of the instance. */
    async function instance(): Promise<Storage> {
      const password = isEncrypted ? () => Promise.resolve(secret) : undefined;
      return (await openKnownInstance(await openRepository(repository, { password }), 'orders')).storage;
    }

    const holds = async (): Promise<readonly ListedHold[]> =>
      (await readHolds(await instance())).holds.filter(({ kind }) => kind === 'restore');

    async function moment(): Promise<Moment> {
      const client = await server.client();
      const lsn = await server.value('select pg_current_wal_insert_lsn()');
      const content = await snapshotData(client);
      await client.end();
      return { lsn, content };
    }

    const switchWal = (): Promise<string> => server.value('select pg_walfile_name(pg_switch_wal())');
    const backUp = (): Promise<string> =>
      done(['backup', '-c', 'fast', '-h', server.host, '-p', String(server.port), ...named], server.environment());

    beforeAll(async () => {
      repository = join(serverDirectory('repository'), 'repo');
      passwords = {
        own: join(temporaryDirectory('secret'), 'password'),
        servers: join(serverDirectory('secret'), 'password'),
      };
      for (const path of Object.values(passwords)) writeFileSync(path, `${secret}\n`, { mode: 0o600 });
      if (runningAsRoot) giveToServerUser(passwords.servers);
      const password = isEncrypted ? ['--password-file', passwords.servers] : [];
      named = ['--repo', repository, '--instance', 'orders', ...password];
      await done(['repo', 'init', repository, ...(isEncrypted ? [encryption, ...password] : [])]);
      server = await startServer({ version, config: { archive_mode: true, archive_command: '' } });
      const client = await server.client();
      await loadData(client, { rows: 5000 });
      for (let number = 0; number < 2; number += 1) {
        await client.query(`create table early_${String(number)} as select generate_series(1, 100) as n`);
        const segment = await switchWal();
        const path = join(temporaryDirectory('early'), segment);
        copyFileSync(join(server.dataDirectory, 'pg_wal', segment), path);
        early.push(path);
      }
      for (let number = 0; number < 2; number += 1) {
        await backUp();
        contents.push((await moment()).content);
        if (number === 0) {
          const push = `${process.execPath} ${programPath('gausskeep')} wal push %p ${named.join(' ')}`;
          await server.sql(`alter system set archive_command = '${push}'`);
          await server.sql('select pg_reload_conf()');
        }
        await client.query(`create table moment_${String(number)} as select generate_series(1, 100) as n`);
        moments.push(await moment());
        await client.query(`drop table moment_${String(number)}`);
        const segment = await switchWal();
        await server.waitFor(`select last_archived_wal >= '${segment}' from pg_stat_archiver`);
      }
      await client.end();
    });
    afterEach(async () => {
      await copy?.stop('immediate');
      copy = undefined;
    });

    const restore = (data: string, ...args: string[]): readonly string[] => [
      ...['restore', '--no-sync', '-D', data, ...owner, ...named, ...args, '--target-action', 'promote'],
    ];
    const newData = (): string => join(temporaryDirectory('restored'), 'data');

    async function started(data: string): Promise<Content> {
      copy = await startFrom(data, { settings: { archive_mode: false } });
      await copy.waitFor('select not pg_is_in_recovery()');
      return snapshotData(await copy.client());
    }

    it('recovers with a restore_command that fetches from the repository, when the environment is gone', async () => {
      const { lsn, content } = moments[0]!;
      const target = ['--target-lsn', lsn, '--target-exclusive'];
      const plan = await done(restore('/nowhere/data', ...target, '--plan'));
      expect(plan).toContain(`the server fetches WAL with restore_command from ${repository} (orders)`);
      expect(plan).toContain(`${repository} (orders): `);
      expect(plan).toContain('(repository)');
      expect(plan).not.toMatch(/objects\/|\(tar\)/);
      const data = newData();
      await done(restore(data, ...target));
      const script = readFileSync(join(data, '.gausskeep.restore-command'), 'utf8');
      expect(script).toContain(`'--repo' '${repository}' '--instance' 'orders'`);
      expect(script.includes('--password-file')).toBe(isEncrypted);
      expect(script).not.toContain(secret);
      expect(differences(content, await started(data))).toEqual([]);
    });

    it('renews the hold that its restore has left, with which retention leaves the backup alone', async () => {
      const data = newData();
      await done(restore(data, '--target-immediate'));
      const script = join(data, '.gausskeep.restore-command');
      const [, backup, run] = /'--hold' '([0-9a-f]{32})\/([0-9a-f]{32})'/.exec(readFileSync(script, 'utf8')) ?? [];
      expect(await holds()).toContainEqual(expect.objectContaining({ backup, run }));
      const kept = await done(['expire', '--keep-last', '1', '--keep-within', '0d', '--dry-run', '--json', ...named]);
      expect(kept).toContain('held');
      // As if it had died: the next segment that is fetched says that the recovery goes on.
      for (const { objects } of await holds()) await deleteHold(await instance(), objects);
      const segment = await server.value(`select pg_walfile_name('${moments[0]!.lsn}')`);
      const target = join(temporaryDirectory('fetched'), 'RECOVERYXLOG');
      const env = { GAUSSKEEP_PASSWORD_FILE: '/nowhere', GAUSSKEEP_REPO: '/nowhere' };
      const fetched = spawnSync(script, [segment, target], { encoding: 'utf8', env });
      expect(fetched.status, fetched.stderr).toBe(0);
      expect(statSync(target).size).toBe(16 * 1024 * 1024);
      expect(await holds()).toMatchObject([{ backup, run, kind: 'restore' }]);
      for (const { objects } of await holds()) await deleteHold(await instance(), objects);
    });

    it.runIf(isEncrypted && runningAsRoot)('copies the WAL where the server could not read the password', async () => {
      const args = restore('/nowhere/data', '--target-immediate', '--password-file', passwords.own);
      const plan = await done([...args, '--plan']);
      expect(plan).toContain('by copy, because the server could not fetch it from the archive');
      expect(plan).toContain(passwords.own);
      // By its name, not its number.
      expect(plan).toMatch(/as account [a-z]\S* it cannot be opened/);
      expect(JSON.parse(await done([...args, '--plan', '--json']))).toMatchObject({
        recovery: { walSupply: 'copy', walSupplyReason: 'out-of-reach' },
      });
      const refused = await gausskeep([...args, '--plan', '--wal-supply', 'restore-command']);
      expect(refused.status).toBe(2);
      expect(refused.stderr).toContain('could not fetch WAL from the archive');
    });

    it('makes a script for restore_command by hand', async () => {
      const script = join(temporaryDirectory('wrapper'), 'get');
      const line = await done(['wal', 'wrapper', '--output', script, ...named]);
      expect(line).toBe(`restore_command = '${script} %f %p'\n`);
      const segment = await server.value(`select pg_walfile_name('${moments[0]!.lsn}')`);
      const target = join(temporaryDirectory('fetched'), 'RECOVERYXLOG');
      const fetched = spawnSync(script, [segment, target], { encoding: 'utf8', env: {} });
      expect(fetched.status, fetched.stderr).toBe(0);
      const archived = join(temporaryDirectory('fetched'), segment);
      await done(['wal', 'get', segment, archived, ...named]);
      expect(readFileSync(target).equals(readFileSync(archived))).toBe(true);
      const absent = segment.replace(/.{8}$/, '000000F0');
      expect(spawnSync(script, [absent, target], { env: {} }).status).toBe(1);
    });

    it('removes the WAL that no backup needs, and nothing else: each backup restores', async () => {
      for (const path of early) await done(['wal', 'push', path, ...named]);
      const cleanup = async (...more: string[]): Promise<Cleanup[]> => {
        const text = await done(['wal', 'cleanup', '--json', ...named, ...more]);
        return text.trim() === ''
          ? []
          : text
              .trim()
              .split('\n')
              .map((line) => JSON.parse(line) as Cleanup);
      };
      const namesOf = (found: readonly Cleanup[]): string[] =>
        found.flatMap(({ removals }) => removals.map(({ name }) => name));
      expect(namesOf(await cleanup())).toEqual([]);
      // Old enough, but for what the grace is for.
      execFileSync('find', [repository, '-type', 'f', '-exec', 'touch', '-d', '1 hour ago', '{}', '+']);
      const gone = early.map((path) => basename(path));
      const planned = await cleanup('--grace', '30min', '--dry-run');
      expect(planned).toMatchObject([{ dryRun: true, generation: 1 }]);
      expect(namesOf(planned)).toEqual(gone);
      expect(await done(['wal', 'cleanup', '--grace', '30min', '--dry-run', ...named])).toContain(gone[0]);
      expect(namesOf(await cleanup('--grace', '30min'))).toEqual(gone);
      expect(namesOf(await cleanup('--grace', '30min'))).toEqual([]);
      const absent = await gausskeep(['wal', 'get', gone[0]!, join(temporaryDirectory('x'), 'x'), ...named]);
      expect(absent.status).not.toBe(0);
      const ids = (await done(['list', '--json', ...named])).trim().split('\n');
      expect(ids).toHaveLength(2);
      for (const [number, line] of ids.entries()) {
        const data = newData();
        const { id } = JSON.parse(line) as { id: string };
        await done(restore(data, '--backup', id, '--target-immediate'));
        expect(differences(contents[number]!, await started(data))).toEqual([]);
        await copy?.stop('immediate');
      }
    });

    it.runIf(!isEncrypted)('receives into the archive of the instance, and recovers with what came', async () => {
      await server.sql(`alter system set archive_command = '/bin/false'`);
      await server.sql('select pg_reload_conf()');
      await server.sql('create table received as select generate_series(1, 1000) as n');
      const { lsn, content } = await moment();
      await server.sql('drop table received');
      await switchWal();
      await server.sql('select 1');
      const connection = ['-h', server.host, '-p', String(server.port), '--no-loop', '--no-password'];
      const end = await server.value('select pg_current_wal_lsn()');
      await done(['wal', 'receive', ...named, ...connection, '--endpos', end], server.environment());
      const data = newData();
      await done(restore(data, '--target-lsn', lsn, '--target-exclusive'));
      expect(differences(content, await started(data))).toEqual([]);
      const other = ['--repo', repository, '--instance', 'nobody'];
      const refused = await gausskeep(['wal', 'receive', ...other, ...connection], server.environment());
      expect(refused.stderr).toContain('nobody');
      expect(existsSync(join(repository, 'instances/nobody'))).toBe(false);
    });

    it.runIf(isEncrypted)('refuses to receive into an encrypted repository, before it asks or connects', async () => {
      const place = ['--repo', repository, '--instance', 'orders'];
      const refused = await gausskeep(['wal', 'receive', ...place, '-h', '/nowhere']);
      expect(refused.status).toBe(2);
      expect(refused.stderr).toContain('cannot be received into an encrypted repository');
    });
  });
});
