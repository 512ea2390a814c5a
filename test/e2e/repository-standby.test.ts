/** A backup of a standby in a repository: its last segment is not whole, and lies in the backup until the primary archives it. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { newTarget } from '../support/backups.ts';
import { differences, snapshotData, type Content } from '../support/postgres/content.ts';
import { loadData } from '../support/postgres/load.ts';
import { runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, startServer } from '../support/postgres/server.ts';
import { startStandby, waitForReplay } from '../support/postgres/standby.ts';
import { programPath, runProgram, type ProgramResult } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];

forEachServer('newest', (version) => {
  it('restores to its end with its own WAL, and to a moment behind it with that of the primary', async () => {
    const repository = join(serverDirectory('repository'), 'repo');
    const env = { GAUSSKEEP_REPO: repository, GAUSSKEEP_INSTANCE: 'orders', TZ: 'UTC' };
    const done = async (args: readonly string[], more: Record<string, string> = {}): Promise<string> => {
      const result = await runProgram('gausskeep', args, { env: { ...env, ...more } });
      expect(result.status, result.stderr).toBe(0);
      return result.stdout;
    };
    const restore = (data: string, ...target: string[]): Promise<ProgramResult> =>
      runProgram('gausskeep', ['restore', '--no-sync', '-D', data, ...owner, ...target], { env });
    const rowsOf = async (...target: string[]): Promise<Content> => {
      const data = newTarget();
      const { status, stderr } = await restore(data, ...target);
      expect(status, stderr).toBe(0);
      rmSync(join(data, 'standby.signal'), { force: true });
      const copy = await startFrom(data, { settings: { archive_mode: false } });
      await copy.waitFor('select not pg_is_in_recovery()');
      const content = await snapshotData(await copy.client());
      await copy.stop('immediate');
      return content;
    };
    await done(['repo', 'init', repository]);
    const primary = await startServer({ version, config: { archive_mode: true, archive_command: '' } });
    const client = await primary.client();
    await loadData(client, { rows: 5_000 });
    const standby = await startStandby(primary);
    await waitForReplay(primary, standby);
    const content = await snapshotData(client);
    const words = ['backup', '-c', 'fast', '-h', standby.host, '-p', String(standby.port)];
    expect(await done(words, standby.environment())).toContain('lies in the backup');
    expect(differences(content, await rowsOf())).toEqual([]);

    // The server stops as soon as it is consistent when it reads a record behind that: where nobody wrote any, a plan that promises the stop would be untrue.
    const immediate = ['--target-immediate', '--target-action', 'promote'];
    const asked = await restore(newTarget(), ...immediate);
    expect([0, 16], asked.stderr).toContain(asked.status);
    if (asked.status === 16) expect(asked.stderr).toContain('only when it reads a further record');
    else expect(differences(content, await rowsOf(...immediate))).toEqual([]);
    expect(differences(content, await rowsOf(...immediate, '--allow-end-of-wal'))).toEqual([]);

    const push = `${process.execPath} ${programPath('gausskeep')} wal push %p --repo ${repository} --instance orders`;
    await primary.sql(`alter system set archive_command = '${push}'`);
    await primary.sql('select pg_reload_conf()');
    await client.query('create table moment as select generate_series(1, 100) as n');
    const lsn = await primary.value('select pg_current_wal_insert_lsn()');
    const moment = await snapshotData(client);
    await client.query('drop table moment');
    const segment = await primary.value('select pg_walfile_name(pg_switch_wal())');
    await primary.waitFor(`select last_archived_wal >= '${segment}' from pg_stat_archiver`);
    expect(
      differences(moment, await rowsOf('--target-lsn', lsn, '--target-exclusive', '--target-action', 'promote')),
    ).toEqual([]);
    // The primary has archived what follows.
    expect(differences(content, await rowsOf(...immediate))).toEqual([]);
    await client.end();
    await standby.stop('immediate');
  });
});
