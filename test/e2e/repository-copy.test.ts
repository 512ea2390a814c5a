/** `gausskeep repo copy`: a second repository out of which a server is restored when the first is gone. */
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRepository } from '../../src/index.ts';
import { openPlace } from '../../src/storage/place.ts';
import { everyFault } from '../faults/every-fault.ts';
import { killBeforeStep, noteSteps } from '../support/killed-programs.ts';
import { differences, snapshotData, type Content } from '../support/postgres/content.ts';
import { loadData } from '../support/postgres/load.ts';
import { giveToServerUser, runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { programPath, runProgram, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { repositoryKinds } from '../support/repository-kinds.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];

interface Copied {
  readonly instance: string;
  readonly backups: readonly { readonly name: string; readonly outcome: string; readonly packs: number }[];
  readonly wal: { readonly segments: number; readonly present: number; readonly damaged: readonly object[] };
}

forEachServer('newest', (version) => {
  describe.each(repositoryKinds(version))('from repo init %s to the other kind', (encryption) => {
    const isEncrypted = encryption !== '';
    let server: PostgresServer;
    let restored: PostgresServer | undefined;
    let source: string;
    let target: string;
    let passwords: { readonly source: string; readonly target: string };
    let from: readonly string[];
    let to: readonly string[];
    let moment: { readonly lsn: string; readonly content: Content };

    const gausskeep = (args: readonly string[], env: Record<string, string> = {}): Promise<ProgramResult> =>
      runProgram('gausskeep', args, { env: { GAUSSKEEP_CACHE: join(temporaryDirectory('cache'), 'c'), ...env } });

    async function done(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
      const result = await gausskeep(args, env);
      expect(result.status, result.stderr).toBe(0);
      return result.stdout;
    }

    const copyWords = (into = to): string[] => ['repo', 'copy', ...from, ...into];
    const record = (text: string): Copied => JSON.parse(text) as Copied;
    const outcomes = ({ backups }: Copied): string[] => backups.map(({ outcome }) => outcome);
    const copy = async (into = to): Promise<Copied> => record(await done([...copyWords(into), '--json']));
    const ofTarget = (): string[] => to.map((word) => word.replace(/^--to$/, '--repo').replace(/^--to-/, '--'));

    /** A target as new, in its kind. */
    async function newTarget(): Promise<readonly string[]> {
      const place = join(serverDirectory('target'), 'repo');
      const password = isEncrypted ? [] : ['--password-file', passwords.target];
      await done(['repo', 'init', place, ...(isEncrypted ? [] : ['--encrypt', ...password])]);
      return ['--to', place, ...(isEncrypted ? [] : ['--to-password-file', passwords.target])];
    }

    const switchWal = async (): Promise<void> => {
      const segment = await server.value('select pg_walfile_name(pg_switch_wal())');
      await server.waitFor(`select last_archived_wal >= '${segment}' from pg_stat_archiver`);
    };

    beforeAll(async () => {
      source = join(serverDirectory('repository'), 'repo');
      passwords = {
        source: join(serverDirectory('secret'), 'password'),
        target: join(serverDirectory('secret'), 'password'),
      };
      for (const [name, path] of Object.entries(passwords)) {
        writeFileSync(path, `of the ${name}\n`, { mode: 0o600 });
        if (runningAsRoot) giveToServerUser(path);
      }
      const password = isEncrypted ? ['--password-file', passwords.source] : [];
      from = ['--repo', source, ...password];
      const named = [...from, '--instance', 'orders'];
      await done(['repo', 'init', source, ...(isEncrypted ? ['--encrypt', ...password] : [])]);
      to = await newTarget();
      target = to[1] ?? '';
      server = await startServer({ version, config: { archive_mode: true, archive_command: '' } });
      const client = await server.client();
      await loadData(client, { rows: 5000 });
      const backUp = ['backup', '-c', 'fast', '-h', server.host, '-p', String(server.port), ...named];
      await done(backUp, server.environment());
      const push = `${process.execPath} ${programPath('gausskeep')} wal push %p ${named.join(' ')}`;
      await server.sql(`alter system set archive_command = '${push}'`);
      await server.sql('select pg_reload_conf()');
      await client.query('create table between_backups as select generate_series(1, 1000) as n');
      await done(backUp, server.environment());
      await client.query('create table behind_both as select generate_series(1, 1000) as n');
      moment = {
        lsn: await server.value('select pg_current_wal_insert_lsn()'),
        content: await snapshotData(client),
      };
      await client.query('drop table behind_both');
      await switchWal();
      await client.end();
    });
    afterAll(async () => {
      await restored?.stop('immediate');
    });

    it('says what would be copied, copies it, and the second time nothing', async () => {
      const planned = record(await done([...copyWords(), '--dry-run', '--json']));
      expect(readdirSync(target)).not.toContain('instances');
      const text = await done([...copyWords(), '--progress']);
      expect(text).toContain('2 backups copied');
      expect(text).toContain('What was copied was read through its checksums');
      const again = await copy();
      expect(outcomes(planned)).toEqual(['copied', 'copied']);
      expect(outcomes(again)).toEqual(['present', 'present']);
      expect(again.wal).toMatchObject({ segments: 0, present: planned.wal.segments, damaged: [] });
      expect(again.backups.every(({ packs }) => packs === 0)).toBe(true);
    });

    it('brings WAL and backups that came since, and the window says up to where', async () => {
      const client = await server.client();
      await client.query('create table later as select generate_series(1, 1000) as n');
      await client.end();
      await switchWal();
      expect((await copy()).wal.segments).toBeGreaterThan(0);
      const window = async (words: readonly string[]): Promise<unknown> =>
        JSON.parse(await done(['window', ...words, '--instance', 'orders', '--json']));
      expect(latestOf(await window(ofTarget()))).toEqual(latestOf(await window(from)));
    });

    it('mends what it lost: files of packs and WAL that are gone or cut', async () => {
      const large = filesBelow(target).filter((name) => statSync(join(target, name)).size > 4096);
      expect(large.length).toBeGreaterThan(5);
      for (const [at, name] of large.entries()) {
        const path = join(target, name);
        if (at % 3 === 0) rmSync(path);
        if (at % 3 === 1) truncateSync(path, statSync(path).size - 1);
      }
      if (isEncrypted) rmSync(join(target, 'instances/orders/commits'), { recursive: true });
      const text = await done(copyWords());
      expect(text).toMatch(/2 backups mended that lacked something there/);
      expect(text).toContain('Of what was there already names and sizes were compared');
      const again = await copy();
      expect(outcomes(again)).toEqual(['present', 'present']);
      expect(again.wal.segments).toBe(0);
    });

    it('reads what is there where it is asked to, and mends what is damaged inside', async () => {
      const [name = ''] = filesBelow(target).filter((file) => statSync(join(target, file)).size > 20_000);
      const path = join(target, name);
      const bytes = readFileSync(path);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      writeFileSync(path, bytes);
      const text = await done([...copyWords(), '--read-data']);
      expect(text).toContain('was read there in the same way');
      expect(text).toMatch(/1 damaged one copied again|1 of these had been there/);
      expect(await done([...copyWords(), '--read-data=50%'])).toMatch(/read \(.* of .*\), 0 damaged ones copied again/);
      expect((await gausskeep([...copyWords(), '--read-data', '--dry-run'])).status).toBe(2);
    });

    it('is whole by itself: every block verified, nothing wrong with its form', async () => {
      const verdict = await done(['verify', ...ofTarget(), '--read-data']);
      expect(verdict.match(/every block as it was backed up/g)).toHaveLength(2);
      expect(await done(['repo', 'check', ...ofTarget()])).toContain('nothing wrong was found');
    });

    it('damage in the source: named, status 20, the others come', { timeout: 300_000 }, async () => {
      const newest = (await copy()).backups.at(-1)?.name.slice(-32) ?? '';
      const other = await newTarget();
      const packs = filesBelow(source).filter((name) => name.includes(`/packs/${newest}/`));
      const path = join(source, (isEncrypted ? await ownPack(newest) : packs[0]) ?? '');
      const bytes = readFileSync(path);
      const damaged = Buffer.from(bytes);
      damaged[damaged.length - 20] = (damaged[damaged.length - 20] ?? 0) ^ 1;
      writeFileSync(path, damaged);
      try {
        const result = await gausskeep([...copyWords(other), '--json']);
        expect(result.status, result.stderr).toBe(20);
        expect(outcomes(record(result.stdout))).toEqual(['copied', 'damaged']);
        expect(result.stderr).toContain(`packs/${newest}/`);
      } finally {
        writeFileSync(path, bytes);
      }
      expect(outcomes(await copy(other))).toEqual(['present', 'copied']);
    });

    /** A pack that only the backup wrote, by its name in the storage. */
    async function ownPack(backup: string): Promise<string> {
      const password = (): Promise<string> => Promise.resolve('of the source');
      const repository = await openRepository(source, { password });
      const clear: { readonly name: string; readonly storedAtMs: number | undefined; readonly sizeBytes: number }[] =
        [];
      for await (const one of repository.storage.list(`instances/orders/packs/${backup}/`)) clear.push(one);
      const { storage } = await openPlace(source);
      for await (const stored of storage.list('objects/')) {
        const same = clear.find((one) => one.storedAtMs === stored.storedAtMs && one.sizeBytes < stored.sizeBytes);
        if (same !== undefined) return stored.name;
      }
      throw new Error('no such pack');
    }

    it('killed before any of its steps, run again', { timeout: 900_000 }, async () => {
      const noted = noteSteps();
      await done(copyWords(await newTarget()), noted.env);
      const steps = noted.steps().length;
      expect(steps).toBeGreaterThan(30);
      const stride = everyFault ? 5 : Math.ceil(steps / 6);
      for (let at = 2; at <= steps; at += stride) {
        const into = await newTarget();
        const killed = await gausskeep(copyWords(into), killBeforeStep(at));
        // Names that others take at the same time make a step more or less.
        if (at < steps - 5) expect(killed.signal, `step ${String(at)}: ${killed.stderr}`).toBe('SIGKILL');
        const target = into.map((word) => word.replace(/^--to$/, '--repo').replace(/^--to-/, '--'));
        const verified = await gausskeep(['verify', ...target]);
        expect([0, 3], verified.stdout + verified.stderr).toContain(verified.status);
        expect(outcomes(await copy(into)).every((one) => one === 'copied' || one === 'present')).toBe(true);
        expect((await done(['verify', ...target])).trim().split('\n')).toHaveLength(2);
        rmSync(into[1] ?? '', { recursive: true });
      }
    });

    it('a server is restored out of it to a moment behind both backups, when the source is gone', async () => {
      renameSync(source, `${source}-gone`);
      expect(existsSync(source)).toBe(false);
      const data = join(temporaryDirectory('restored'), 'data');
      const named = [...ofTarget(), '--instance', 'orders'];
      const words = ['--target-lsn', moment.lsn, '--target-exclusive', '--target-action', 'promote'];
      await done(['restore', '--no-sync', '-D', data, ...owner, ...named, ...words]);
      restored = await startFrom(data, { settings: { archive_mode: false } });
      await restored.waitFor('select not pg_is_in_recovery()');
      expect(differences(moment.content, await snapshotData(await restored.client()))).toEqual([]);
      renameSync(`${source}-gone`, source);
    });

    it('is refused by name: no target, a wrong password, the repository itself', async () => {
      const none = await gausskeep(['repo', 'copy', ...from]);
      expect(none.status).toBe(2);
      expect(none.stderr).toContain('--to');
      const itself = await gausskeep([
        ...['repo', 'copy', ...from, '--to', source],
        ...(isEncrypted ? ['--to-password-file', passwords.source] : []),
      ]);
      expect(itself.status, itself.stderr).toBe(2);
      expect(itself.stderr).toContain('both are the same repository');
      const password = await gausskeep(copyWords(['--to', target, '--to-password-file', passwords.source]));
      expect(password.status).toBe(isEncrypted ? 2 : 12);
      expect(password.stderr).not.toContain('of the source');
    });
  });
});

function latestOf(window: unknown): unknown {
  return JSON.stringify(window).match(/"latest[A-Za-z]*":("[^"]*"|\{[^}]*\})/g);
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name).slice(directory.length)] : [],
  );
}
