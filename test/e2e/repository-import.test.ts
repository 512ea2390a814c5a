/** `gausskeep backup --from`: existing backups into a repository, restored from there; what is none is refused, and nothing of it stays. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newTarget, takeBackup } from '../support/backups.ts';
import { differences, snapshotData, type Content } from '../support/postgres/content.ts';
import { loadData } from '../support/postgres/load.ts';
import { giveToServerUser, runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { programPath, runProgram, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { repositoryKinds } from '../support/repository-kinds.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];

interface Listed {
  readonly id: string;
  readonly state: string;
  readonly source: string;
  readonly trust: string;
  readonly label: string;
  readonly note: string | null;
  readonly pins: readonly unknown[];
  readonly startedAt: string;
  readonly endedAt: string;
}

forEachServer('newest', (version) => {
  describe.each(repositoryKinds(version))('repo init %s', (encryption) => {
    let server: PostgresServer;
    let repository: string;
    let environment: Record<string, string>;
    /** Taken one after another: the first is imported last. */
    let backups: { readonly older: string; readonly plain: string; readonly packed: string };
    const contents = new Map<'older' | 'plain' | 'packed' | 'moment', Content>();
    let momentLsn: string;
    let imported: Listed[];
    let begunMs: number;
    let copy: PostgresServer | undefined;

    function gausskeep(args: readonly string[], env: Record<string, string> = {}): Promise<ProgramResult> {
      return runProgram('gausskeep', args, { env: { ...environment, TZ: 'UTC', ...env } });
    }

    async function done(args: readonly string[]): Promise<string> {
      const result = await gausskeep(args);
      expect(result.status, result.stderr).toBe(0);
      return result.stdout;
    }

    const lines = (text: string): Listed[] =>
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Listed);

    const importOf = async (from: string, ...more: string[]): Promise<Listed> =>
      lines(await done(['backup', '--from', from, '--json', ...more]))[0]!;

    /** Every file below the repository. */
    const stored = (): string[] =>
      readdirSync(repository, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort();

    async function refused(args: readonly string[], status: number): Promise<string> {
      const before = stored();
      const result = await gausskeep(['backup', ...args]);
      expect(result.status, result.stderr).toBe(status);
      expect(stored()).toEqual(before);
      return result.stderr;
    }

    async function archive(): Promise<void> {
      const words = [`--repo ${repository} --instance orders`];
      const password = environment['GAUSSKEEP_PASSWORD_FILE'];
      if (password !== undefined) words.push(`--password-file ${password}`);
      const push = `${process.execPath} ${programPath('gausskeep')} wal push %p ${words.join(' ')}`;
      await server.sql(`alter system set archive_command = '${push}'`);
      await server.sql('select pg_reload_conf()');
    }

    beforeAll(async () => {
      repository = join(serverDirectory('repository'), 'repo');
      environment = { GAUSSKEEP_REPO: repository, GAUSSKEEP_INSTANCE: 'orders' };
      if (encryption !== '') {
        const password = join(serverDirectory('secret'), 'password');
        writeFileSync(password, 'correct horse battery staple\n', { mode: 0o600 });
        if (runningAsRoot) giveToServerUser(password);
        environment['GAUSSKEEP_PASSWORD_FILE'] = password;
      }
      await done(['repo', 'init', repository, ...(encryption === '' ? [] : [encryption])]);
      server = await startServer({ version, config: { archive_mode: true, archive_command: '', log_timezone: 'UTC' } });
      const client = await server.client();
      await loadData(client, { rows: 5_000 });
      begunMs = Date.now();
      const taken = async (name: 'older' | 'plain' | 'packed', ...args: string[]): Promise<string> => {
        await client.query(`create table before_${name} as select generate_series(1, 100) as n`);
        contents.set(name, await snapshotData(client));
        return takeBackup(server, ['-l', `the ${name} one`, ...args]);
      };
      const older = await taken('older');
      const plain = await taken('plain');
      imported = [await importOf(plain, '--note', 'by hand', '--pin')];
      await archive();
      const packed = await taken('packed', '-Ft', '-z', '-X', 'stream', '--no-manifest');
      imported.push(await importOf(packed, '-l', 'another label'));
      backups = { older, plain, packed };
      await client.query('create table moment as select generate_series(1, 100) as n');
      momentLsn = await server.value('select pg_current_wal_insert_lsn()');
      contents.set('moment', await snapshotData(client));
      await client.query('drop table moment');
      const segment = await server.value('select pg_walfile_name(pg_switch_wal())');
      await server.waitFor(`select last_archived_wal >= '${segment}' from pg_stat_archiver`);
      await client.end();
    });
    afterEach(async () => {
      await copy?.stop('immediate');
      copy = undefined;
    });

    async function restored(...args: string[]): Promise<Content> {
      const data = newTarget();
      const result = await gausskeep([
        'restore',
        '--no-sync',
        '-D',
        data,
        ...owner,
        ...args,
        '--target-action',
        'promote',
      ]);
      // 3: it has no manifest, so that its files were compared with none.
      expect([0, 3], result.stderr).toContain(result.status);
      copy = await startFrom(data, { settings: { archive_mode: false } });
      await copy.waitFor('select not pg_is_in_recovery()');
      return snapshotData(await copy.client());
    }

    it('is listed with what it says of itself, and what was checked', async () => {
      const [plain, packed] = imported;
      expect(plain).toMatchObject({ source: 'import', trust: 'manifest', label: 'the plain one', note: 'by hand' });
      expect(plain!.pins).toHaveLength(1);
      const labelled = { label: 'another label', note: null, pins: [] };
      expect(packed).toMatchObject({ source: 'import', trust: 'read', ...labelled });
      for (const { startedAt, endedAt } of imported) {
        // The label has whole seconds.
        expect(Date.parse(startedAt)).toBeGreaterThanOrEqual(begunMs - 1000);
        expect(Date.parse(endedAt)).toBeGreaterThanOrEqual(Date.parse(startedAt));
        expect(Date.parse(endedAt)).toBeLessThanOrEqual(Date.now());
      }
      expect(lines(await done(['list', '--json']))).toMatchObject(
        imported.map(({ id }) => ({ id, state: 'complete' })),
      );
    });

    it.each([
      ['plain', 0],
      ['packed', 1],
    ] as const)('%s: restores to its end and to a moment behind it', async (name, number) => {
      const { id } = imported[number]!;
      expect(differences(contents.get(name)!, await restored('--backup', id, '--target-immediate'))).toEqual([]);
      await copy?.stop('immediate');
      const moment = await restored('--backup', id, '--target-lsn', momentLsn, '--target-exclusive');
      expect(differences(contents.get('moment')!, moment)).toEqual([]);
    });

    it('one from before all others keeps its WAL, and restores with it', async () => {
      const result = await gausskeep(['backup', '--from', backups.older]);
      expect(result.status, result.stderr).toBe(0);
      expect(result.stdout).toContain('its WAL lies in the backup itself');
      const [oldest] = lines(await done(['list', '--json']));
      expect(oldest).toMatchObject({ label: 'the older one', source: 'import' });
      const found = await restored('--backup', oldest!.id, '--target-immediate');
      expect(differences(contents.get('older')!, found)).toEqual([]);
    });

    it('verify reads it to the last block, export writes what verify proves', async () => {
      await done(['verify', '--repo', repository, '--instance', 'orders', '--read-data']);
      const set = newTarget();
      await done(['export', imported[0]!.id, '--to', set]);
      const checked = await gausskeep(['verify', set]);
      expect(checked.status, checked.stdout + checked.stderr).toBe(0);
    });

    it('refuses what is there already', async () => {
      const said = await refused(['--from', backups.packed], 1);
      expect(said).toContain(imported[1]!.id);
    });

    it('refuses a damaged one, and nothing of it stays', async () => {
      const damaged = newTarget();
      execFileSync('cp', ['-a', backups.plain, damaged]);
      const catalogue = join(
        damaged,
        'global',
        readdirSync(join(damaged, 'global')).find((name) => /^\d+$/.test(name))!,
      );
      const bytes = readFileSync(catalogue);
      bytes[100]! ^= 1;
      writeFileSync(catalogue, bytes);
      const changed = await refused(['--from', damaged, '--instance', 'damaged'], 20);
      expect(changed).toContain('checksum mismatch');
      expect(changed).not.toContain('--no-verify');
      bytes[100]! ^= 1;
      writeFileSync(catalogue, bytes);
      const wal = join(damaged, 'pg_wal');
      const segments = readdirSync(wal).filter((name) => /^[0-9A-F]{24}$/.test(name));
      for (const segment of segments) rmSync(join(wal, segment));
      const without = await refused(['--from', damaged, '--instance', 'damaged'], 15);
      expect(without).toContain('gausskeep repo adopt ARCHIVE --instance damaged');
      const list = await gausskeep(['list', '--instance', 'damaged', '--json']);
      expect(list.stdout).toContain('BACKUP_NOT_FOUND');
    });

    it('refuses another server under the same name', async () => {
      const other = await startServer({ version, ...{ fresh: true } });
      const backup = await takeBackup(other);
      expect(await refused(['--from', backup], 14)).toContain('orders');
      await other.stop('immediate');
    });

    it('refuses the data directory of a server, an empty directory, and what only a server can be asked', async () => {
      expect(await refused(['--from', server.dataDirectory], 2)).toContain('postmaster.pid');
      expect(await refused(['--from', temporaryDirectory('empty')], 16)).toContain('no backup');
      expect(await refused(['--from', backups.plain, '-h', 'localhost'], 2)).toContain('--host');
      expect(await refused(['--from', backups.plain, '--from', backups.packed], 2)).toContain('one backup');
    });
  });
});
