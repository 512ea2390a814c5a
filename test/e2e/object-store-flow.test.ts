/** The whole way of a user on an object store: a server archives into it and is backed up, moments come back from it, retention and a copy of it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { everyFault } from '../faults/every-fault.ts';
import { takeBackup } from '../support/backups.ts';
import { testAccount } from '../support/object-store/s3-server.ts';
import { forRealStore } from '../support/object-store/stores-under-test.ts';
import { differences, snapshotData, type Content } from '../support/postgres/content.ts';
import { loadData } from '../support/postgres/load.ts';
import { giveToServerUser, runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { programPath, runProgram, temporaryDirectory } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];

interface Moment {
  readonly time: string;
  readonly content: Content;
}

interface Expired {
  readonly backups: readonly {
    readonly id: string;
    readonly keep: boolean;
    readonly reasons: readonly { readonly rule: string }[];
  }[];
}

forEachServer('newest', (version) => {
  forRealStore((store) => {
    let server: PostgresServer;
    let copy: PostgresServer | undefined;
    let bucket: string;
    /** How the store is named and opened: by words of the command line alone, as a server has them in archive_command. */
    let access: string[];
    let orders: string[];
    /** Behind the first backup: by a restore point, and by a time. */
    let named: Content;
    let timed: Moment;

    async function done(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
      const cache = join(temporaryDirectory('cache'), 'c');
      const result = await runProgram('gausskeep', args, { env: { GAUSSKEEP_CACHE: cache, TZ: 'UTC', ...env } });
      expect(result.status, result.stderr).toBe(0);
      return result.stdout;
    }

    const lines = async <T>(args: readonly string[]): Promise<T[]> => {
      const text = (await done([...args, '--json'])).trim();
      return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as T);
    };
    const ids = async (place: readonly string[]): Promise<string[]> =>
      (await lines<{ readonly id: string; readonly state: string }>(['list', ...place]))
        .filter(({ state }) => state === 'complete')
        .map(({ id }) => id);
    const backUp = (...place: string[]): Promise<string> =>
      done(['backup', '-c', 'fast', '-h', server.host, '-p', String(server.port), ...place], server.environment());

    async function archiveInto(place: readonly string[]): Promise<void> {
      const push = [process.execPath, programPath('gausskeep'), 'wal push %p', ...place].join(' ');
      await server.sql(`alter system set archive_command = '${push}'`);
      await server.sql('select pg_reload_conf()');
    }

    async function switchWal(): Promise<string> {
      const segment = await server.value('select pg_walfile_name(pg_switch_wal())');
      await server.waitFor(`select last_archived_wal >= '${segment}' from pg_stat_archiver`);
      return segment;
    }

    async function snapshot(): Promise<Content> {
      const client = await server.client();
      try {
        return await snapshotData(client);
      } finally {
        await client.end();
      }
    }

    /** Restores, starts what came and reads all of it. */
    async function restored(words: readonly string[]): Promise<Content> {
      const data = join(temporaryDirectory('restored'), 'data');
      await done(['restore', '--no-sync', '-D', data, ...owner, ...words, '--target-action', 'promote']);
      copy = await startFrom(data, { settings: { archive_mode: false } });
      await copy.waitFor('select not pg_is_in_recovery()');
      return snapshotData(await copy.client());
    }

    beforeAll(async () => {
      bucket = await store.createBucket();
      const credentials = join(serverDirectory('secret'), 'credentials');
      const { accessKeyId, secretAccessKey } = testAccount;
      const section = `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
      writeFileSync(credentials, section, { mode: 0o600 });
      if (runningAsRoot) giveToServerUser(credentials);
      access = ['--s3-endpoint', store.endpoint, '--s3-allow-http', '--s3-credentials-file', credentials];
      orders = ['--repo', `s3://${bucket}/repo`, '--instance', 'orders', ...access];
      await done(['repo', 'init', `s3://${bucket}/repo`, ...access]);
      server = await startServer({ version, config: { archive_mode: true, archive_command: '' } });
      const client = await server.client();
      await loadData(client, { rows: 5000 });
      await client.end();
      await archiveInto(orders);
      await backUp(...orders);
      await server.sql('create table kept as select generate_series(1, 1000) as n');
      named = await snapshot();
      await server.sql(`select pg_create_restore_point('before_more')`);
      await server.sql('insert into kept select generate_series(1001, 3000)');
      timed = { content: await snapshot(), time: await server.value('select clock_timestamp()::text') };
      await server.sql('drop table kept');
      await switchWal();
      await backUp(...orders);
    });
    afterEach(async () => {
      await copy?.stop('immediate');
      copy = undefined;
    });
    afterAll(() => server.stop('immediate'));

    it('brings back what was there, keeps what is needed, and is copied', async () => {
      expect(await done(['verify', '--read-data', ...orders])).toContain('all of it was read at least once');
      expect(differences(named, await restored([...orders, '--target-name', 'before_more']))).toEqual([]);
      // What the copy fetched came by the command that a restore wrote: the server opened the store itself.
      expect(readFileSync(join(copy!.dataDirectory, '.gausskeep.restore-command'), 'utf8')).toContain(bucket);
      expect(copy!.log()).toContain('restored log file "00000001');
      await copy?.stop('immediate');

      // Retention leaves what a restore holds, and a copy in a directory is as good.
      const [first, second] = await ids(orders);
      await backUp(...orders);
      const third = (await ids(orders))[2]!;
      const [expired] = await lines<Expired>(['expire', '--keep-last', '1', '--keep-within', '0d', ...orders]);
      const kept = expired!.backups.map(({ id, reasons }) => [id, reasons.map(({ rule }) => rule)]);
      expect(kept).toEqual([
        [first, ['held']],
        [second, []],
        [third, ['last']],
      ]);
      expect(await ids(orders)).toEqual([first, third]);
      const repository = orders.slice(0, 2);
      expect(await done(['repo', 'check', ...repository, ...access])).toContain('nothing wrong was found');
      const directory = join(serverDirectory('copy'), 'repo');
      await done(['repo', 'init', directory]);
      await done(['repo', 'copy', ...repository, ...access, '--to', directory]);
      const local = ['--repo', directory, '--instance', 'orders'];
      expect(await ids(local)).toEqual([first, third]);
      expect(differences(timed.content, await restored([...local, '--target-time', timed.time]))).toEqual([]);
    });

    it.runIf(everyFault)('goes out as standard tars, which come back in as they are', async () => {
      const [first] = await ids(orders);
      const tars = join(temporaryDirectory('exported'), 'tars');
      await done(['export', first!, ...orders, '-F', 't', '-Z', 'gzip', '--to', tars]);
      expect(await done(['verify', tars])).toContain('backup successfully verified');
      const imported = [...orders.slice(0, 2), '--instance', 'imported', ...access];
      expect(await done(['backup', '--from', tars, ...imported])).toContain('every record of its WAL was read');
      expect(await done(['verify', '--read-data', ...imported])).toContain('all of it was read at least once');
    });

    it.runIf(everyFault)('encrypted, with passwords that come and go', async () => {
      const passwords = ['first', 'second'].map((word) => {
        const file = join(temporaryDirectory('password'), word);
        writeFileSync(file, `of the ${word}\n`, { mode: 0o600 });
        return file;
      });
      const place = ['--repo', `s3://${bucket}/encrypted`, ...access];
      const [old, current] = passwords.map((file) => [...place, '--password-file', file]) as [string[], string[]];
      await done(['repo', 'init', `s3://${bucket}/encrypted`, ...access, '--encrypt', ...old.slice(-2)]);
      const [{ id }] = (await lines(['repo', 'key', 'list', ...old])) as [{ readonly id: string }];
      await done(['repo', 'key', 'add', ...old, '--new-password-file', passwords[1]!]);
      await backUp(...current, '--instance', 'orders');
      await done(['repo', 'key', 'remove', id, ...current]);
      const refused = await runProgram('gausskeep', ['list', ...old]);
      expect(refused.status).toBe(12);
      expect(refused.stderr).toContain('wrong password');
      const verified = await done(['verify', '--read-data', ...current, '--instance', 'orders']);
      expect(verified).toContain('all of it was read at least once');
    });

    it('a standalone archive: made, filled, recovered from, looked at and cut', async () => {
      const archive = ['--archive', `s3://${bucket}/archive`, ...access];
      expect(await done(['wal', 'init', server.dataDirectory, ...archive])).toContain('wal push %p --archive');
      await archiveInto(archive);
      // Whether the archiver has read the new command already, nothing tells.
      await server.restart();
      const first = await switchWal();
      const backup = await takeBackup(server, ['-X', 'fetch']);
      await server.sql('create table behind_it as select generate_series(1, 1000) as n');
      const content = await snapshot();
      const lsn = await server.value('select pg_current_wal_insert_lsn()');
      await server.sql('drop table behind_it');
      const last = await switchWal();
      const words = ['--from', backup, ...archive, '--target-lsn', lsn, '--target-exclusive'];
      expect(differences(content, await restored(words))).toEqual([]);
      const [window] = await lines<{
        readonly archive: string;
        readonly lines: readonly { readonly gaps: unknown[] }[];
      }>(['window', ...archive]);
      expect(window).toMatchObject({ archive: `s3://${bucket}/archive`, lines: [{ gaps: [] }] });

      await done(['wal', 'cleanup', '--hold', 'standby', first, ...archive]);
      const cut = async (): Promise<string[]> =>
        (
          await lines<{ readonly removals: readonly { readonly name: string }[] }>(['wal', 'cleanup', last, ...archive])
        ).flatMap(({ removals }) => removals.map(({ name }) => name));
      expect(await cut()).toEqual([]);
      await done(['wal', 'cleanup', '--release-hold', 'standby', ...archive]);
      expect(await cut()).toContain(first);
      const target = join(temporaryDirectory('got'), 'segment');
      await done(['wal', 'get', last, target, ...archive]);
      expect(readFileSync(target).equals(readFileSync(join(server.dataDirectory, 'pg_wal', last)))).toBe(true);
      const absent = await runProgram('gausskeep', ['wal', 'get', first, target, ...archive]);
      expect(absent.status).toBe(126);
      expect(absent.stderr).toContain(`WAL file ${first} is missing in the archive`);
    });

    it.runIf(everyFault)('an archive in a directory becomes that of an instance in the store', async () => {
      const directory = serverDirectory('archive');
      await done(['wal', 'init', server.dataDirectory, '--archive', directory]);
      const segment = await switchWal();
      await done(['wal', 'push', join(server.dataDirectory, 'pg_wal', segment), '--archive', directory]);
      const place = [...orders.slice(0, 2), '--instance', 'adopted', ...access];
      const adopted = await lines(['repo', 'adopt', directory, ...place]);
      expect(adopted).toMatchObject([{ segments: 1, present: 0, linked: 0, whyCopied: 'store' }]);
      const target = join(temporaryDirectory('got'), 'segment');
      await done(['wal', 'get', segment, target, ...place]);
      expect(readFileSync(target).equals(readFileSync(join(server.dataDirectory, 'pg_wal', segment)))).toBe(true);
    });
  });
});
