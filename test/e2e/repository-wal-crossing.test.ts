/** A segment of which only the rest of a record is damaged that began in the segment before: nothing in it can be replayed, on real servers. */
import { closeSync, cpSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { giveToServerUser, runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { programPath, runProgram, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];
const folder = 'instances/orders/wal/generations/1/wal/0000000100000000';
const segmentBytes = 16 * 1024 * 1024;
/** Where the damage is: behind the first page header. */
const damagedAt = 300;

/** What a program printed, however it was broken into lines. */
const words = ({ stdout, stderr }: ProgramResult): string => (stdout + stderr).replaceAll(/\s+/g, ' ');

/** How many bytes of the record before a segment begins with. */
function restAtBegin(path: string): number {
  const header = Buffer.alloc(20);
  const file = openSync(path, 'r');
  readSync(file, header);
  closeSync(file);
  return header.readUInt32LE(16);
}

forEachServer('newest', (version) => {
  describe('the rest of a record that is damaged', () => {
    let sound: string;
    let repository: string;
    let cache: string;
    let copy: PostgresServer | undefined;
    let newest: string;
    /** A record crosses from the first into the second; the third is sound. */
    let before: string;
    let damaged: string;
    let behind: string;
    /** Numbers of transactions: the last before the newest backup, the first whose end lies in the damaged segment. */
    let kept: string;
    let lost: string;
    /** In the damaged segment, behind that transaction. */
    let target: string;

    const gausskeep = (args: readonly string[], more: Record<string, string> = {}): Promise<ProgramResult> => {
      const env = { GAUSSKEEP_REPO: repository, GAUSSKEEP_INSTANCE: 'orders', TZ: 'UTC', GAUSSKEEP_CACHE: cache };
      return runProgram('gausskeep', args, { env: { ...env, ...more } });
    };
    async function done(args: readonly string[], more: Record<string, string> = {}): Promise<string> {
      const result = await gausskeep(args, more);
      expect(result.status, result.stderr).toBe(0);
      return result.stdout;
    }
    const restoreInto = (directory: string, ...args: string[]): Promise<ProgramResult> =>
      gausskeep(['restore', '--no-sync', '-D', directory, ...owner, ...args]);
    const data = (): string => join(temporaryDirectory('restored'), 'data');
    const refuse = async (...args: string[]): Promise<string> => {
      const refused = await restoreInto(data(), '--plan', ...args);
      expect(refused.status, refused.stdout).toBe(16);
      return words(refused);
    };
    const endTold = (text: string): string => /can be replayed up to (\S+) only/.exec(text)?.[1] ?? text;
    /** Whether a position like 0/CFFF378 lies in a segment. */
    const isIn = (position: string, segment: string): boolean =>
      Math.floor(Number.parseInt(position.split('/')[1] ?? '', 16) / segmentBytes) ===
      Number.parseInt(segment.slice(-2), 16);

    /** Another copy of the repository, with the damage, of which nothing is known yet. */
    function begin(): void {
      repository = join(serverDirectory('damaged'), 'repo');
      cache = join(temporaryDirectory('cache'), 'c');
      cpSync(sound, repository, { recursive: true });
      const file = openSync(join(repository, folder, damaged), 'r+');
      writeSync(file, 'XXXX', damagedAt);
      closeSync(file);
      if (runningAsRoot) giveToServerUser(repository);
    }

    beforeAll(async () => {
      cache = join(temporaryDirectory('cache'), 'c');
      sound = join(serverDirectory('repository'), 'repo');
      repository = sound;
      await done(['repo', 'init', repository]);
      const server = await startServer({
        version,
        config: { archive_mode: true, archive_command: '', autovacuum: false },
      });
      const push = `${process.execPath} ${programPath('gausskeep')} wal push %p --repo ${repository} --instance orders --compress none`;
      await server.sql(`alter system set archive_command = '${push}'`);
      await server.sql('select pg_reload_conf()');
      const backUp = (): Promise<string> =>
        done(
          ['backup', '-c', 'fast', '-Z', 'none', '-h', server.host, '-p', String(server.port)],
          server.environment(),
        );
      const insert = (rows: number, bytes: number): Promise<string> =>
        server.value(
          `with new as (insert into marks select repeat('x', ${String(bytes)}) from generate_series(1, ${String(rows)}) returning 1)` +
            ' select txid_current() from new limit 1',
        );
      const segmentNow = (): Promise<string> => server.value('select pg_walfile_name(pg_current_wal_insert_lsn())');
      await server.sql('create table marks (filler text)');
      await server.sql('alter table marks alter filler set storage plain');
      await backUp();
      // All of the WAL that one transaction fills is one segment and the beginning of the next, in the middle of a record.
      for (let rest = 0; rest < damagedAt; rest = restAtBegin(join(server.dataDirectory, 'pg_wal', damaged))) {
        kept = await insert(1, 10);
        await backUp();
        before = await segmentNow();
        lost = await insert(2400, 7000);
        damaged = await segmentNow();
        expect(damaged > before).toBe(true);
      }
      await insert(1, 10);
      target = await server.value('select pg_current_wal_insert_lsn()');
      await insert(1, 10);
      expect(await segmentNow()).toBe(damaged);
      await server.value('select pg_switch_wal()');
      await insert(1, 10);
      behind = await server.value('select pg_walfile_name(pg_switch_wal())');
      await server.waitFor(`select last_archived_wal >= '${behind}' from pg_stat_archiver`);
      const listed = (await done(['list', '--json'])).trim().split('\n');
      newest = (JSON.parse(listed.at(-1) ?? '') as { id: string }).id;
    });
    afterEach(async () => {
      await copy?.stop('immediate');
      copy = undefined;
    });

    it('ends the WAL before that record, for the plan, for a target behind it and for the window', async () => {
      begin();
      const first = await refuse();
      const end = endTold(first);
      expect(isIn(end, before), first).toBe(true);
      expect(first).toContain(`segment ${damaged}`);
      expect(first).not.toContain(`segment ${before}`);
      expect(first).toContain(newest);
      // What the plan has read is known now.
      expect(await refuse()).toBe(first);
      const behindDamage = await refuse('--target-lsn', target);
      expect(endTold(behindDamage)).toBe(end);
      expect(behindDamage).not.toContain(`segment ${before}`);
      const window = await gausskeep(['window']);
      const rows = window.stdout.split('\n').filter((row) => /^ {2}[+x#*] /.test(row));
      expect(rows.map((row) => row.slice(2, 3)).join('')).toMatch(/^\+\*+xx\+#$/);
      const [ended, gap, begun] = rows.slice(-4);
      expect(ended).toContain(end);
      expect(gap).toContain(`segment ${damaged}`);
      expect(begun).toContain(behind);
      const { lines } = JSON.parse((await gausskeep(['window', '--json'])).stdout) as {
        lines: { gaps: { kind: string; firstSegment: string; lastSegment: string }[] }[];
      };
      expect(lines[0]?.gaps).toMatchObject([{ kind: 'damaged', firstSegment: damaged, lastSegment: damaged }]);
    });

    it('is told with what is kept and lost by a restore that ends there', async () => {
      begin();
      const directory = data();
      const restored = await restoreInto(directory, '--allow-end-of-wal');
      expect(restored.status, restored.stderr).toBe(0);
      const text = words(restored);
      expect(text).toContain(`because ${damaged} in the archive is damaged`);
      expect(text).toContain(`last transaction kept: commit ${kept} (`);
      expect(text).toMatch(new RegExp(`lost as far as indexes tell: from commit ${lost} \\([^)]*\\) on 4 commits`));
      expect(text).not.toContain(`segment ${before}`);
      copy = await startFrom(directory, { settings: { archive_mode: false } });
      await copy.waitFor('select not pg_is_in_recovery()');
      expect(await copy.value(`select txid_status(${kept}) || ' ' || count(*)::text from marks`)).toMatch(
        /^committed \d$/,
      );
    });

    it('is said to be in one of two segments, where no receipt tells in which', async () => {
      begin();
      for (const name of [before, damaged]) rmSync(join(repository, folder, `${name}.receipt`));
      const text = await refuse();
      expect(text).toMatch(new RegExp(`segment ${before} \\([^)]*\\) or ${damaged} \\([^)]*\\) is damaged`));
      expect(isIn(endTold(text), before), text).toBe(true);
    });
  });
});
