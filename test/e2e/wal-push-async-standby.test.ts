/** `wal push --async` of a primary and its standby (`archive_mode = always`) into one archive, up to a promotion: history, backup history and partial files as well. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openLocalStorage } from '../../src/storage/local-storage.ts';
import { getWal } from '../../src/wal-archive.ts';
import { serverDirectory, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { startStandby } from '../support/postgres/standby.ts';
import { programPath, temporaryDirectory } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';

async function fill(server: PostgresServer, count: number): Promise<string> {
  let last = '';
  for (let number = 0; number < count; number += 1) {
    await server.sql('insert into kept select generate_series(1, 100), md5(random()::text)');
    last = await server.value('select pg_walfile_name(pg_switch_wal())');
  }
  return last;
}

const archived = (server: PostgresServer): string[] =>
  readdirSync(join(server.dataDirectory, 'pg_wal/archive_status'))
    .filter((name) => name.endsWith('.done'))
    .map((name) => name.slice(0, -'.done'.length));

/** What the server takes for archived is in the archive, and is what the server has. */
async function expectAllThere(server: PostgresServer, archive: string): Promise<void> {
  const storage = await openLocalStorage(archive);
  const directory = temporaryDirectory('got');
  for (const name of archived(server)) {
    const target = join(directory, name);
    expect(await getWal({ storage, name, target }), name).toMatchObject({
      outcome: 'found',
      storedName: expect.stringMatching(new RegExp(`/${name}$`)) as unknown,
    });
    const own = join(server.dataDirectory, 'pg_wal', name);
    if (existsSync(own)) expect(readFileSync(target).equals(readFileSync(own)), name).toBe(true);
  }
}

const until = (isSo: () => boolean): Promise<unknown> => expect.poll(isSo, { timeout: 120_000 }).toBe(true);

forEachServer('newest', (version) => {
  it('archives what a primary and its standby have, and all that a promotion leaves', async () => {
    const archive = serverDirectory('archive');
    // Both in one spool, as two servers of an account may have it.
    const spool = join(serverDirectory('spool'), 'spool');
    const words = [programPath('gausskeep'), 'wal push %p --async --spool', spool, '--archive', archive];
    const archive_command = words.join(' ');
    const primary = await startServer({ version, config: { archive_mode: true, archive_command } });
    await primary.sql('create table kept (id int, text text)');
    await fill(primary, 2);
    // Its copy is a backup: the primary archives the history file of that, too.
    const standby = await startStandby(primary, { settings: { archive_mode: 'always', archive_command } });
    const last = await fill(primary, 4);
    await until(() => archived(primary).includes(last) && archived(primary).some((name) => name.endsWith('.backup')));
    await until(() => archived(standby).includes(last));
    // In the middle of a segment, which is kept as a partial one.
    await primary.sql("insert into kept values (0, 'the last')");
    await standby.waitFor("select exists (select from kept where text = 'the last')");
    await primary.stop('immediate');
    await standby.promote();
    const next = await fill(standby, 2);
    expect(next.slice(0, 8)).toBe('00000002');
    await until(() => archived(standby).includes(next));
    await until(() => archived(standby).includes('00000002.history'));
    await until(() => archived(standby).some((name) => /^00000001[0-9A-F]{16}\.partial$/.test(name)));
    expect(await standby.value('select failed_count from pg_stat_archiver')).toBe('0');
    for (const server of [primary, standby]) {
      expect(server.log()).not.toContain('gausskeep wal push: error');
      await expectAllThere(server, archive);
    }
    expect(readdirSync(spool).length).toBe(2);
    await standby.stop('immediate');
  });
});
