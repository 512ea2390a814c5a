/** `wal push --async`: everything that a server is told to be archived is in the archive, whoever is killed and whatever fails. */
import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { getWal } from '../../src/wal-archive.ts';
import { openLocalStorage } from '../../src/storage/local-storage.ts';
import { takeBackup } from '../support/backups.ts';
import { giveToServerUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { programPath, runProgram, temporaryDirectory } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const deadlineMs = 120_000;

/** By the lines of sh, as it is installed: they answer what needs no node. */
const pushCommand = (archive: string, ...options: string[]): string =>
  [programPath('gausskeep'), 'wal push %p --async --archive', archive, ...options].join(' ');

/** Fills segments, each ended by hand. @returns the name of the last */
async function fill(server: PostgresServer, count: number): Promise<string> {
  let last = '';
  for (let number = 0; number < count; number += 1) {
    await server.sql(`insert into kept select generate_series(1, 100), md5(random()::text)`);
    last = await server.value('select pg_walfile_name(pg_switch_wal())');
  }
  return last;
}

const archived = (server: PostgresServer, segment: string): Promise<void> =>
  server.waitFor(`select last_archived_wal >= '${segment}' from pg_stat_archiver`);

/** What the server takes for archived, by its marks. */
function marked(server: PostgresServer): string[] {
  return readdirSync(join(server.dataDirectory, 'pg_wal/archive_status'))
    .filter((name) => /^[0-9A-F]{24}\.done$/.test(name))
    .map((name) => name.slice(0, 24));
}

const hasReceipt = (archive: string, segment: string): boolean =>
  existsSync(join(archive, 'generations/1/wal', segment.slice(0, 16), `${segment}.receipt`));

/** Every segment that the server takes for archived is there, whole, and the one that the server has. */
async function expectAllThere(server: PostgresServer, archive: string): Promise<number> {
  const segments = marked(server);
  const storage = await openLocalStorage(archive);
  const target = join(temporaryDirectory('got'), 'segment');
  for (const name of segments) {
    expect(await getWal({ storage, name, target })).toMatchObject({ outcome: 'found' });
    const own = join(server.dataDirectory, 'pg_wal', name);
    if (existsSync(own)) expect(readFileSync(target).equals(readFileSync(own)), name).toBe(true);
  }
  return segments.length;
}

const spoolOf = (server: PostgresServer): string => `${server.dataDirectory}.gausskeep-spool`;

/** Of the process that pushes for a server; undefined: none is at work. */
function pusherPid(server: PostgresServer): number | undefined {
  for (const folder of existsSync(spoolOf(server)) ? readdirSync(spoolOf(server)) : []) {
    try {
      const { pid } = JSON.parse(readFileSync(join(spoolOf(server), folder, '.gausskeep.lock'), 'utf8')) as {
        pid: number;
      };
      process.kill(pid, 0);
      return pid;
    } catch {
      // Gone, or about to be.
    }
  }
  return undefined;
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + deadlineMs;
  while (!(await isSo())) {
    if (Date.now() > endMs) throw new Error('it did not come to be');
    await delay(50);
  }
}

forEachServer('newest', (version) => {
  it.each(['none', 'zstd:1'])(
    'archives what waits, several at once, and recovers to the last row (%s)',
    async (codec) => {
      const archive = serverDirectory('archive');
      const server = await startServer({
        version,
        config: { archive_mode: true, archive_command: '' },
      });
      await server.sql('create table kept (id int, text text)');
      const backup = await takeBackup(server, ['-X', 'stream']);
      await fill(server, 20);
      await server.sql(`alter system set archive_command = '${pushCommand(archive, '-Z', codec)}'`);
      await server.sql('select pg_reload_conf()');
      // PostgreSQL 11 looks for what waits when another segment is done, or after a minute.
      await archived(server, await fill(server, 1));
      expect(await server.value('select failed_count from pg_stat_archiver')).toBe('0');
      expect(await expectAllThere(server, archive)).toBeGreaterThanOrEqual(20);
      expect(server.log()).not.toMatch(/gausskeep wal push: (?:warning|error)/);
      expect(existsSync(spoolOf(server))).toBe(true);
      const rows = await server.value('select count(*) from kept');
      await server.stop('fast');

      const wrapper = join(serverDirectory('wrapper'), 'get-wal');
      expect(await runProgram('gausskeep', ['wal', 'wrapper', '--archive', archive, '-o', wrapper])).toMatchObject({
        status: 0,
      });
      giveToServerUser(dirname(wrapper));
      const restored = await startFrom(backup, {
        recovery: { restore_command: `${wrapper} %f %p`, recovery_target_timeline: 'latest' },
        settings: { archive_mode: false },
      });
      await restored.waitFor('select not pg_is_in_recovery()');
      expect(await restored.value('select count(*) from kept')).toBe(rows);
      await restored.stop('immediate');
    },
  );

  it('goes on when the process that pushes is killed again and again', async () => {
    const archive = serverDirectory('archive');
    const server = await startServer({
      version,
      config: { archive_mode: true, archive_command: pushCommand(archive) },
    });
    await server.sql('create table kept (id int, text text)');
    const first = await fill(server, 1);
    await archived(server, first);
    let kills = 0;
    const stop = new AbortController();
    const killing = (async () => {
      while (!stop.signal.aborted) {
        const pid = pusherPid(server);
        if (pid !== undefined) {
          process.kill(pid, 'SIGKILL');
          kills += 1;
          // What the server was told before is there at this very moment.
          for (const segment of marked(server)) expect(hasReceipt(archive, segment), segment).toBe(true);
        }
        await delay(150 + 37 * (kills % 7));
      }
    })();
    const last = await fill(server, 15);
    await archived(server, last);
    stop.abort();
    await killing;
    expect(kills).toBeGreaterThan(2);
    await expectAllThere(server, archive);
    await server.stop('immediate');
  });

  it('keeps everything while the archive is away, says why, and drains the backlog', async () => {
    const archive = serverDirectory('archive');
    const server = await startServer({
      version,
      config: { archive_mode: true, archive_command: pushCommand(archive, '--timeout 2') },
    });
    await server.sql('create table kept (id int, text text)');
    await archived(server, await fill(server, 2));
    renameSync(archive, `${archive}.away`);
    const last = await fill(server, 8);
    await server.waitFor('select failed_count > 0 from pg_stat_archiver');
    await until(() => server.log().includes('gausskeep wal push: error'));
    const before = marked(server);
    for (const segment of before) expect(hasReceipt(`${archive}.away`, segment), segment).toBe(true);
    const status = await runProgram('gausskeep', ['wal', 'status', server.dataDirectory]);
    expect(status.stdout).toContain('waiting: ');
    expect(status).toMatchObject({ status: 3 });
    const [own, told] = await Promise.all(
      [[], ['--json']].map((words) => runProgram('gausskeep', ['status', '-D', server.dataDirectory, ...words])),
    );
    expect(own, own!.stderr).toMatchObject({ status: 0 });
    expect(own!.stdout).toContain(`archiving of "${server.dataDirectory}": `);
    expect(own!.stdout).toMatch(/waiting: \d+ files, .*, the oldest, [0-9A-F]{24}, for/);
    const { archiving } = JSON.parse(told!.stdout) as { archiving: Record<string, unknown> };
    expect(archiving).toMatchObject({
      messageType: 'archiving',
      directory: server.dataDirectory,
      spool: spoolOf(server),
    });
    expect(archiving['pushers']).toMatchObject([{ archive, trouble: { error: { messageType: 'error' } } }]);
    renameSync(`${archive}.away`, archive);
    await archived(server, last);
    await expectAllThere(server, archive);
    await until(async () => (await runProgram('gausskeep', ['wal', 'status', server.dataDirectory])).status === 0);
    await server.stop('immediate');
  });
});
