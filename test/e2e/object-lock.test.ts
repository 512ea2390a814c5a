/** Object lock on the whole way: what is stored can be deleted by nobody until its date, an attacker with the keys of a writer neither, and retention goes on when it is over. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everyFault } from '../faults/every-fault.ts';
import { S3Server } from '../support/object-store/s3-server.ts';
import { testCredentialVariables } from '../support/object-store/stores-under-test.ts';
import { startServer, type PostgresServer } from '../support/postgres/server.ts';
import { runProgram, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const dayMs = 86_400_000;
const bucket = 'locked';

interface Told {
  readonly id: string;
  readonly lockedUntil: string | null;
}

forEachServer('newest', (version) => {
  const kinds = [
    ['plain', []],
    ['encrypted', ['--encrypt']],
  ] as const;
  // Names and bytes are what differs; locks are of the storage below.
  describe.each(everyFault ? kinds : kinds.slice(0, 1))(
    `PostgreSQL ${String(version)}, a repository in a bucket with object lock, %s`,
    (kind, encryption) => {
      let store: S3Server;
      let server: PostgresServer;
      let aheadMs = 0;
      let named: string[];
      let password: string[];

      const run = (...args: readonly string[]): Promise<ProgramResult> =>
        runProgram('gausskeep', args, {
          env: {
            ...server.environment(),
            ...testCredentialVariables,
            GAUSSKEEP_S3_ENDPOINT: store.endpoint,
            GAUSSKEEP_S3_ALLOW_HTTP: 'yes',
            GAUSSKEEP_CACHE: '',
          },
        });
      const done = async (...args: readonly string[]): Promise<ProgramResult> => {
        const result = await run(...args);
        expect(result.status, result.stderr).toBe(0);
        return result;
      };
      const listed = async (): Promise<readonly Told[]> => {
        const { stdout } = await done('list', ...named, '--json');
        const records = stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as Told & { messageType: string });
        return records.filter(({ messageType }) => messageType === 'backup');
      };
      const backup = () => done('backup', '-c', 'fast', '-h', server.host, '-p', String(server.port), ...named);
      const versions = () =>
        store.keys(bucket).flatMap((key) =>
          store
            .bucket(bucket)
            .versionsOf(key)
            .map((one) => [key, one] as const),
        );

      /** Keys of packs and WAL, whose names tell nothing where they are encrypted. */
      const largest = (): string[] =>
        store.keys(bucket).sort((a, b) => store.content(bucket, b)!.length - store.content(bucket, a)!.length);

      beforeAll(async () => {
        store = await S3Server.start({ clock: () => Date.now() + aheadMs });
        store.createBucket(bucket, { objectLock: true });
        server = await startServer({ version });
        const file = join(temporaryDirectory('secret'), 'password');
        writeFileSync(file, 'of the locked one\n', { mode: 0o600 });
        password = encryption.length === 0 ? [] : ['--password-file', file];
        named = ['--repo', `s3://${bucket}/repo`, '--instance', 'orders', ...password];
        const made = await done('repo', 'init', `s3://${bucket}/repo`, ...encryption, ...password, '--lock', '2');
        expect(made.stderr).toContain('each object is locked for 2 days from when it is stored (governance)');
        await backup();
        await server.sql('create table more as select generate_series(1, 1000) as n');
        const segment = await server.value('select pg_walfile_name(pg_switch_wal())');
        await done('wal', 'push', join(server.dataDirectory, 'pg_wal', segment), ...named);
        await backup();
      });
      afterAll(async () => {
        await server.stop();
        await store.close();
      });

      it('is shown with the date until which nothing of a backup can be deleted', async () => {
        const backups = await listed();
        expect(backups).toHaveLength(2);
        for (const { lockedUntil } of backups) {
          const days = (Date.parse(lockedUntil ?? '') - Date.now()) / dayMs;
          expect([days > 1.9, days < 2.1]).toEqual([true, true]);
        }
        const text = (await done('list', ...named)).stdout;
        expect(text.match(/locked until 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d \(UTC\) or later/g)).toHaveLength(2);
        // The record of the store too.
        for (const [key, { retention }] of versions())
          expect([key, (retention?.untilMs ?? 0) > Date.now() + 1.9 * dayMs]).toEqual([key, true]);
      });

      it('an attacker with the keys of a writer deletes nothing, and what was hidden is named and can be brought back', async () => {
        const all = versions();
        for (const [key, { id }] of all) {
          expect(() => store.bucket(bucket).removeVersion(key, id, false)).toThrow('object lock');
          store.bucket(bucket).remove(key);
        }
        const hidden = await run('list', ...named);
        expect(hidden.status).not.toBe(0);
        for (const [key] of all) {
          const marker = store.bucket(bucket).versionsOf(key).at(-1)!;
          store.bucket(bucket).removeVersion(key, marker.id, false);
        }
        const [pack, overwritten] = largest() as [string, string];
        store.bucket(bucket).remove(pack);
        const other = store.write(bucket, overwritten, 'something else');
        const checked = await run('repo', 'check', '--repo', named[1]!, ...password);
        expect(checked.stdout).toContain('1 object is hidden by delete markers');
        expect(checked.stdout).toContain('1 object has several versions');
        store.bucket(bucket).removeVersion(pack, store.bucket(bucket).versionsOf(pack).at(-1)!.id, false);
        store.bucket(bucket).removeVersion(overwritten, other.id, false);
        const verified = await done('verify', ...named, '--read-data');
        expect(verified.stdout.length).toBeGreaterThan(0);
      });

      it('expire takes a backup off and says until when it is locked; when that is over, it goes', async () => {
        const [first] = await listed();
        const expire = ['expire', ...named, '--keep-last', '1', '--keep-within', '0h', '--grace', '10min'];
        const before = store.keys(bucket);
        const told = (await done(...expire)).stdout;
        expect(told).toMatch(/locked/);
        expect(store.keys(bucket)).toEqual(expect.arrayContaining(before.filter((key) => !key.includes('/holds/'))));
        aheadMs = 3 * dayMs;
        const { stdout } = await done(...expire, '--json');
        expect(JSON.parse(stdout)).toMatchObject({ deleted: [first!.id], waiting: [], lockedPacks: null });
        expect(store.keys(bucket).length).toBeLessThan(before.length);
        const [left, ...others] = await listed();
        expect([left?.lockedUntil, others]).toEqual([null, []]);
        await done('verify', ...named, '--read-data');
        aheadMs = 0;
      });

      it('an object in an archive class of the store is told as that', async () => {
        const [pack] = largest() as [string];
        store.move(bucket, pack, 'GLACIER');
        const verified = await run('verify', ...named, '--read-data');
        expect([kind, verified.status]).toEqual([kind, 13]);
        expect(verified.stderr).toContain('lies in an archive class of the store');
        const target = join(temporaryDirectory('restored'), 'data');
        const restored = await run('restore', '-D', target, ...named);
        expect(restored.status).toBe(13);
        expect(restored.stderr).toContain('Restore the objects of the repository with the tools of the store');
        store.move(bucket, pack, 'STANDARD');
      });
    },
  );
});
