/** `gausskeep repo copy` from a directory to an object store, and back out of it when the first repository is gone. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forEachStore, placeAt, testCredentialVariables } from '../support/object-store/stores-under-test.ts';
import { differences, snapshotData, type Content } from '../support/postgres/content.ts';
import { loadData } from '../support/postgres/load.ts';
import { giveToServerUser, runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { programPath, runProgram, temporaryDirectory } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];

interface Copied {
  readonly backups: readonly { readonly outcome: string }[];
  readonly wal: { readonly segments: number; readonly present: number };
}

forEachServer('newest', (version) => {
  describe(`PostgreSQL ${String(version)}`, () => {
    let server: PostgresServer;
    let source: string;
    let moment: { readonly lsn: string; readonly content: Content };
    let password: string;

    async function done(args: readonly string[], more: Record<string, string> = {}): Promise<string> {
      const env = { GAUSSKEEP_CACHE: join(temporaryDirectory('cache'), 'c'), ...testCredentialVariables, ...more };
      const result = await runProgram('gausskeep', args, { env });
      expect(result.status, result.stderr).toBe(0);
      return result.stdout;
    }

    const copy = async (...args: readonly string[]): Promise<Copied> =>
      JSON.parse(await done(['repo', 'copy', ...args, '--json'])) as Copied;
    const outcomes = ({ backups }: Copied): string[] => backups.map(({ outcome }) => outcome);

    const switchWal = async (): Promise<void> => {
      const segment = await server.value('select pg_walfile_name(pg_switch_wal())');
      await server.waitFor(`select last_archived_wal >= '${segment}' from pg_stat_archiver`);
    };

    beforeAll(async () => {
      source = join(serverDirectory('repository'), 'repo');
      password = join(serverDirectory('secret'), 'password');
      writeFileSync(password, 'of the second directory\n', { mode: 0o600 });
      if (runningAsRoot) giveToServerUser(password);
      const named = ['--repo', source, '--instance', 'orders'];
      await done(['repo', 'init', source]);
      server = await startServer({ version, config: { archive_mode: true, archive_command: '' } });
      const client = await server.client();
      await loadData(client, { rows: 5000 });
      await done(
        ['backup', '-c', 'fast', '-h', server.host, '-p', String(server.port), ...named],
        server.environment(),
      );
      const push = `${process.execPath} ${programPath('gausskeep')} wal push %p ${named.join(' ')}`;
      await server.sql(`alter system set archive_command = '${push}'`);
      await server.sql('select pg_reload_conf()');
      await client.query('create table behind_it as select generate_series(1, 1000) as n');
      moment = {
        lsn: await server.value('select pg_current_wal_insert_lsn()'),
        content: await snapshotData(client),
      };
      await client.query('drop table behind_it');
      await switchWal();
      await client.end();
    });

    forEachStore((store) => {
      let restored: PostgresServer | undefined;
      afterAll(async () => {
        await restored?.stop('immediate');
      });

      it('there, nothing the second time, and back into an encrypted directory', { timeout: 300_000 }, async () => {
        const bucket = placeAt(store.endpoint, await store.createBucket(), { prefix: 'of/orders/' });
        await done(['repo', 'init', bucket]);
        expect(outcomes(await copy('--repo', source, '--to', bucket))).toEqual(['copied']);
        const again = await copy('--repo', source, '--to', bucket);
        expect(outcomes(again)).toEqual(['present']);
        expect(again.wal.segments).toBe(0);
        expect(await done(['repo', 'check', '--repo', bucket])).toContain('nothing wrong was found');
        const back = join(serverDirectory('back'), 'repo');
        await done(['repo', 'init', back, '--encrypt', '--password-file', password]);
        const returned = await copy('--repo', bucket, '--to', back, '--to-password-file', password);
        expect(outcomes(returned)).toEqual(['copied']);
        expect(returned.wal.segments).toBe(again.wal.present);
        const named = ['--repo', back, '--instance', 'orders', '--password-file', password];
        expect(await done(['verify', ...named, '--read-data'])).toContain('every block as it was backed up');
        const data = join(temporaryDirectory('restored'), 'data');
        const words = ['--target-lsn', moment.lsn, '--target-exclusive', '--target-action', 'promote'];
        await done(['restore', '--no-sync', '-D', data, ...owner, ...named, ...words]);
        restored = await startFrom(data, { settings: { archive_mode: false } });
        await restored.waitFor('select not pg_is_in_recovery()');
        expect(differences(moment.content, await snapshotData(await restored.client()))).toEqual([]);
        rmSync(back, { recursive: true });
      });
    });
  });
});
