/** Continuous WAL that is kept for a shorter time than backups, on real servers: what older backups reach then, and what is refused by name. */
import { readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { differences, snapshotData, type Content } from '../support/postgres/content.ts';
import { loadData } from '../support/postgres/load.ts';
import { programPath, runProgram, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];
const removed = /WAL from \S+ to \S+ was removed by retention on \d{4}-\d\d-\d\d/;
const rules = ['--keep-last', '10', '--wal-window', '0d', '--grace', '10min'];

interface Listed {
  readonly id: string;
  readonly standalone: { readonly beginLsn: string; readonly endLsn: string } | null;
}
interface Expired {
  readonly wal: readonly {
    readonly unneeded: readonly unknown[];
    readonly behindOlderBackups: readonly { readonly firstSegment: string; readonly segments: number }[];
  }[];
}

forEachServer('full', (version) => {
  describe('expire --wal-window', () => {
    let server: PostgresServer;
    let repository: string;
    let environment: Record<string, string>;
    const contents: Content[] = [];
    const moments: { readonly lsn: string; readonly content: Content }[] = [];
    let copy: PostgresServer | undefined;
    let rehearsed: Expired;
    let expired: Expired;

    const gausskeep = (args: readonly string[], env: Record<string, string> = {}): Promise<ProgramResult> =>
      runProgram('gausskeep', args, {
        env: { ...environment, GAUSSKEEP_CACHE: join(temporaryDirectory('cache'), 'c'), TZ: 'UTC', ...env },
      });
    async function done(args: readonly string[]): Promise<string> {
      const result = await gausskeep(args);
      expect(result.status, result.stderr).toBe(0);
      return result.stdout;
    }
    const listed = async (): Promise<Listed[]> =>
      (await done(['list', '--json']))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Listed);

    beforeAll(async () => {
      repository = join(serverDirectory('repository'), 'repo');
      environment = { GAUSSKEEP_REPO: repository, GAUSSKEEP_INSTANCE: 'orders' };
      await done(['repo', 'init', repository]);
      server = await startServer({ version, config: { archive_mode: true, archive_command: '' } });
      const client = await server.client();
      await loadData(client, { rows: 5000 });
      for (let number = 0; number < 2; number += 1) {
        const args = ['backup', '-c', 'fast', '-h', server.host, '-p', String(server.port)];
        const result = await gausskeep(args, server.environment());
        expect(result.status, result.stderr).toBe(0);
        if (number === 0) {
          const push = `${process.execPath} ${programPath('gausskeep')} wal push %p --repo ${repository} --instance orders`;
          await server.sql(`alter system set archive_command = '${push}'`);
          await server.sql('select pg_reload_conf()');
        }
        contents.push(await snapshotData(client));
        await client.query(`create table moment_${String(number)} as select generate_series(1, 100) as n`);
        const lsn = await server.value('select pg_current_wal_insert_lsn()');
        moments.push({ lsn, content: await snapshotData(client) });
        await client.query(`drop table moment_${String(number)}`);
        for (let more = 0; more < 2; more += 1) {
          await client.query('create table filler as select generate_series(1, 1000) as n');
          await client.query('drop table filler');
          const segment = await server.value('select pg_walfile_name(pg_switch_wal())');
          await server.waitFor(`select last_archived_wal >= '${segment}' from pg_stat_archiver`);
        }
      }
      await client.end();
      // As if it were an hour later: what was stored within the grace stays.
      const wal = join(repository, 'instances/orders/wal');
      const before = new Date(Date.now() - 3_600_000);
      for (const name of readdirSync(wal, { recursive: true, encoding: 'utf8' })) {
        if (name.endsWith('.receipt')) utimesSync(join(wal, name), before, before);
      }
      rehearsed = JSON.parse(await done(['expire', ...rules, '--dry-run', '--json'])) as Expired;
      expired = JSON.parse(await done(['expire', ...rules, '--json'])) as Expired;
    });
    afterEach(async () => {
      await copy?.stop('immediate');
      copy = undefined;
    });

    async function restored(...args: string[]): Promise<Content> {
      const data = join(temporaryDirectory('restored'), 'data');
      await done(['restore', '--no-sync', '-D', data, ...owner, ...args, '--target-action', 'promote']);
      copy = await startFrom(data, { settings: { archive_mode: false } });
      await copy.waitFor('select not pg_is_in_recovery()');
      return snapshotData(await copy.client());
    }

    it('removes the WAL behind the older backup, as the rehearsal said', () => {
      const [cut, ...others] = expired.wal;
      expect(others).toEqual([]);
      expect(cut?.behindOlderBackups).toHaveLength(1);
      expect(cut?.behindOlderBackups[0]?.segments).toBeGreaterThanOrEqual(2);
      expect(rehearsed.wal).toEqual(expired.wal);
    });

    it('shows the older backup as standalone, and no gap', async () => {
      const [first, second, ...others] = await listed();
      expect([second?.standalone, others]).toEqual([null, []]);
      expect(first?.standalone).not.toBeNull();
      expect(await done(['list'])).toMatch(/ standalone\n {4}only to its end: no WAL from \S+ to \S+, removed/);
      const { lines } = JSON.parse(await done(['window', '--json'])) as {
        lines: { gaps: unknown[]; pruned: { beginLsn: string }[] }[];
      };
      expect(lines.map(({ gaps, pruned }) => [gaps, pruned.map(({ beginLsn }) => beginLsn)])).toEqual([
        [[], [first?.standalone?.beginLsn]],
      ]);
      const text = await done(['window']);
      expect(text).toMatch(removed);
      expect(text).not.toContain('gap');
    });

    it('restores it to its own end', async () => {
      const [first] = await listed();
      const found = await restored('--backup', first!.id, '--target-immediate');
      expect(differences(contents[0]!, found)).toEqual([]);
    });

    it.each([
      ['that is chosen by the target', []],
      ['with a plan', ['--plan']],
    ])('refuses a target within by name, %s', async (_, more) => {
      const data = join(temporaryDirectory('restored'), 'data');
      const target = ['--target-lsn', moments[0]!.lsn, '--target-exclusive'];
      const result = await gausskeep(['restore', '-D', data, ...owner, ...target, ...more]);
      expect(result.status, result.stdout).toBe(16);
      expect(result.stderr).toMatch(removed);
    });

    it('refuses to replay the older backup to the end of the WAL', async () => {
      const [first] = await listed();
      const data = join(temporaryDirectory('restored'), 'data');
      const result = await gausskeep(['restore', '-D', data, ...owner, '--backup', first!.id]);
      expect(result.status, result.stdout).toBe(16);
      expect(result.stderr).toMatch(removed);
    });

    it('reaches a moment behind it from the newer backup', async () => {
      const { lsn, content } = moments[1]!;
      expect(differences(content, await restored('--target-lsn', lsn, '--target-exclusive'))).toEqual([]);
    });

    it('tells a server that asks for it that it is missing, and not that the WAL ends', async () => {
      const name = expired.wal[0]!.behindOlderBackups[0]!.firstSegment;
      const target = join(temporaryDirectory('wal'), 'RECOVERYXLOG');
      // Also where the archive is named by its directory.
      for (const place of [[], ['--archive', join(repository, 'instances/orders/wal')]]) {
        const result = await gausskeep(['wal', 'get', name, target, ...place]);
        expect(result.status).toBe(126);
        expect(result.stderr).toMatch(removed);
      }
    });
  });
});
