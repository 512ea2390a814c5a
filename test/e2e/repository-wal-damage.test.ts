/** WAL of a repository that is not what its names say, on real servers: nothing says more of it than was looked at, and what can be restored boots. */
import { copyFileSync, cpSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { giveToServerUser, runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { loadData } from '../support/postgres/load.ts';
import { programPath, runProgram, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];
const folder = 'instances/orders/wal/generations/1/wal/0000000100000000';

/** What a program printed, however it was broken into lines. */
const words = ({ stdout, stderr }: ProgramResult): string => (stdout + stderr).replaceAll(/\s+/g, ' ');

forEachServer('newest', (version) => {
  describe('damaged WAL without a receipt', () => {
    let sound: string;
    let repository: string;
    let copy: PostgresServer | undefined;
    /** In order; all of them are switched out early. The first is the one that the backup begins with. */
    let names: string[];
    /** The last position before the last segment. */
    let target: string;

    const gausskeep = (args: readonly string[], more: Record<string, string> = {}): Promise<ProgramResult> => {
      const environment = { GAUSSKEEP_REPO: repository, GAUSSKEEP_INSTANCE: 'orders', TZ: 'UTC', ...more };
      return runProgram('gausskeep', args, {
        env: { ...environment, GAUSSKEEP_CACHE: join(temporaryDirectory('cache'), 'c') },
      });
    };
    async function done(args: readonly string[], more: Record<string, string> = {}): Promise<string> {
      const result = await gausskeep(args, more);
      expect(result.status, result.stderr).toBe(0);
      return result.stdout;
    }
    const at = (name: string, ending = ''): string => join(repository, folder, name + ending);
    const data = (): string => join(temporaryDirectory('restored'), 'data');
    const restore = (directory: string, ...args: string[]): Promise<ProgramResult> =>
      gausskeep(['restore', '--no-sync', '-D', directory, ...owner, ...args]);

    /** Another copy of the repository for each case. */
    function begin(): { first: string; middle: string; last: string } {
      repository = join(serverDirectory('damaged'), 'repo');
      cpSync(sound, repository, { recursive: true });
      if (runningAsRoot) giveToServerUser(repository);
      const [first = '', , middle = ''] = names;
      return { first, middle, last: names.at(-1) ?? '' };
    }

    beforeAll(async () => {
      sound = join(serverDirectory('repository'), 'repo');
      repository = sound;
      await done(['repo', 'init', repository]);
      const server = await startServer({ version, config: { archive_mode: true, archive_command: '' } });
      const push = `${process.execPath} ${programPath('gausskeep')} wal push %p --repo ${repository} --instance orders --compress none`;
      await server.sql(`alter system set archive_command = '${push}'`);
      await server.sql('select pg_reload_conf()');
      const client = await server.client();
      await loadData(client, { rows: 500 });
      // Whoever is first puts a segment, the backup or the archiver: neither compresses.
      await done(
        ['backup', '-c', 'fast', '-Z', 'none', '-h', server.host, '-p', String(server.port)],
        server.environment(),
      );
      for (let number = 0; number < 4; number += 1) {
        await client.query(`create table after_${String(number)} as select generate_series(1, 100) as n`);
        if (number === 2) target = await server.value('select pg_current_wal_insert_lsn()');
        const segment = await server.value('select pg_walfile_name(pg_switch_wal())');
        await server.waitFor(`select last_archived_wal >= '${segment}' from pg_stat_archiver`);
      }
      await client.end();
      const { lines } = JSON.parse(await done(['list', '--json']).then((text) => `{"lines":[${text.trim()}]}`)) as {
        lines: { startLsn: string }[];
      };
      const start = Number.parseInt(lines[0]?.startLsn.split('/')[1] ?? '', 16) >>> 24;
      const all = readdirSync(join(sound, folder)).filter((name) => /^[0-9A-F]{24}$/.test(name));
      names = all.sort().filter((name) => Number.parseInt(name.slice(-2), 16) >= start);
      expect(names.length).toBeGreaterThanOrEqual(5);
    });
    afterEach(async () => {
      await copy?.stop('immediate');
      copy = undefined;
    });

    it.each(['is gone', 'is cut as well'])('refuses a segment that was cut and whose receipt %s', async (how) => {
      const { first, middle } = begin();
      for (const name of [first, middle]) {
        truncateSync(at(name), 5_000_000);
        if (how === 'is gone') rmSync(at(name, '.receipt'));
        else truncateSync(at(name, '.receipt'), 100);
      }
      const size = '5000000 bytes';
      for (const args of [
        ['verify'],
        ['verify', '--read-data'],
        ['repo', 'check'],
        ['export', 'latest', '--to', data()],
      ]) {
        const result = await gausskeep(args);
        expect(result.status, args.join(' ')).not.toBe(0);
        expect(words(result), args.join(' ')).toContain(size);
      }
      const window = words(await gausskeep(['window']));
      expect(window).toContain(size);
      expect(window).toContain(middle);
      const refused = await restore(data());
      expect(refused.status).not.toBe(0);
      expect(words(refused)).toContain(size);
      expect(words(refused)).not.toContain('--archive');
    });

    it('refuses WAL with a segment that was cut behind a backup', async () => {
      const { middle } = begin();
      truncateSync(at(middle), 5_000_000);
      rmSync(at(middle, '.receipt'));
      const refused = await restore(data());
      expect(refused.status).toBe(16);
      expect(words(refused)).toMatch(new RegExp(`${middle} has 5000000 bytes`));
    });

    it('names a last segment with other content, and boots before it', async () => {
      const { last } = begin();
      rmSync(at(last, '.receipt'));
      copyFileSync(at(names[0] ?? ''), at(last));
      expect(words(await gausskeep(['window']))).toContain(last);
      const check = await gausskeep(['repo', 'check']);
      expect(check.status).not.toBe(0);
      expect(words(check)).toMatch(new RegExp(`${last}.*is not that segment`));
      expect(words(check)).not.toContain('readable');
      const refused = await restore(data());
      expect(refused.status, refused.stdout).toBe(16);
      expect(words(refused)).toContain(`segment ${last}`);
      for (const args of [['--allow-end-of-wal'], ['--target-lsn', target, '--target-action', 'promote']]) {
        const directory = data();
        const restored = await restore(directory, ...args);
        expect(restored.status, restored.stderr).toBe(0);
        expect(words(restored)).toContain(`because ${last} in the archive is damaged`);
        if (args[0] === '--allow-end-of-wal')
          expect(words(restored)).toMatch(/the WAL ends at \S+ because it breaks there/);
        copy = await startFrom(directory, { settings: { archive_mode: false } });
        await copy.waitFor('select not pg_is_in_recovery()');
        expect(await copy.value('select count(*) from after_1')).toBe('100');
        await copy.stop('immediate');
      }
    });

    it('says of an empty segment that it is empty', async () => {
      const { first } = begin();
      rmSync(at(first, '.receipt'));
      writeFileSync(at(first), '');
      const check = await gausskeep(['repo', 'check']);
      expect(check.status).not.toBe(0);
      expect(words(check)).toContain('has 0 bytes');
      const refused = await restore(data());
      expect(refused.status, refused.stdout).not.toBe(0);
      expect(words(refused)).toContain('has 0 bytes');
      expect(words(refused)).not.toMatch(/line or instance|--generation/);
    });

    it('tells of a segment that is not what its receipt says', async () => {
      const { first } = begin();
      truncateSync(at(first), 300_000);
      const cut = await restore(data());
      expect(cut.stderr).toContain('has 300000 bytes, not 16777216');
      rmSync(at(first));
      const gone = await restore(data());
      expect(gone.stderr).toMatch(new RegExp(`${first} has a receipt, but its object`));
      rmSync(at(first, '.receipt'));
      const none = await restore(data());
      for (const { stderr, status } of [cut, gone, none]) {
        expect(status).not.toBe(0);
        expect(stderr).not.toMatch(/--archive|--generation/);
      }
    });

    it('says that the archive has lost its identity, or its generation', async () => {
      for (const lost of ['gausskeep-archive.json', 'generations/1/generation.json']) {
        begin();
        rmSync(join(repository, 'instances/orders/wal', lost));
        for (const args of [['verify'], ['window'], ['export', 'latest', '--to', data()], ['restore', '-D', data()]]) {
          const result = await gausskeep(args);
          expect(result.status, args.join(' ')).not.toBe(0);
          expect(words(result), args.join(' ')).toContain(`"${lost}" is missing`);
          expect(words(result), args.join(' ')).not.toMatch(
            /nowhere to be found|--generation|first "gausskeep wal push"/,
          );
        }
        const check = await gausskeep(['repo', 'check']);
        expect(words(check)).toMatch(/damage /);
      }
    });

    it('speaks of an older backup only where the target is too early for one that was named', async () => {
      begin();
      const tooEarly = ['--target-time', '2020-01-01 00:00:00+00'];
      const [all, one] = [await restore(data(), ...tooEarly), await restore(data(), ...tooEarly, '--backup', 'latest')];
      expect([all.status, one.status]).toEqual([16, 16]);
      expect(words(all)).toContain('no other backup here that can be used reaches the target');
      expect(words(all)).not.toMatch(/older backup/);
      expect(words(one)).toContain('--backup;');
      for (const refused of [all, one]) expect(words(refused)).not.toMatch(/--from|--backups/);
    });
  });
});
