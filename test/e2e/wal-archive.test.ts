import { cpSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { takeBackup } from '../support/backups.ts';
import { giveToServerUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { programPath, runProgram } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';

/** Ends the segment and waits until the server has had it archived. */
async function archiveSegment(server: PostgresServer): Promise<string> {
  const segment = await server.value('select pg_walfile_name(pg_switch_wal())');
  await server.waitFor(`select last_archived_wal >= '${segment}' from pg_stat_archiver`);
  return segment;
}

forEachServer('full', (version) => {
  it.each(['none', 'gzip', 'lz4', 'zstd'])(
    'archives with codec %s and recovers to the last archived row',
    async (codec) => {
      const archive = serverDirectory('archive');
      const push = `${process.execPath} ${programPath('gausskeep')} wal push %p --archive ${archive} -Z ${codec}`;
      const server = await startServer({ version, config: { archive_mode: true, archive_command: push } });
      await server.sql('create table kept (id int primary key)');
      const backup = await takeBackup(server, ['-X', 'stream']);
      await server.sql('insert into kept select generate_series(1, 1000)');
      const first = await archiveSegment(server);
      await server.sql('insert into kept select generate_series(1001, 2000)');
      const last = await archiveSegment(server);
      expect(await server.value('select failed_count from pg_stat_archiver')).toBe('0');
      await server.stop('immediate');

      const wrapper = join(serverDirectory('wrapper'), 'get-wal');
      const made = await runProgram('gausskeep', ['wal', 'wrapper', '--archive', archive, '-o', wrapper]);
      expect(made).toMatchObject({ status: 0, stdout: `restore_command = '${wrapper} %f %p'\n`, stderr: '' });
      giveToServerUser(dirname(wrapper));
      const restored = await startFrom(backup, {
        recovery: { restore_command: `${wrapper} %f %p`, recovery_target_timeline: 'latest' },
        settings: { archive_mode: false },
      });
      await restored.waitFor('select not pg_is_in_recovery()');
      expect(await restored.value('select count(*) from kept')).toBe('2000');
      expect(await restored.value('select timeline_id from pg_control_checkpoint()')).toMatch(/^[12]$/);
      await restored.stop('immediate');

      // Only what is older than the last segment goes.
      const cleaned = await runProgram('gausskeep', ['wal', 'cleanup', last, '--archive', archive]);
      expect(cleaned.status).toBe(0);
      const folder = join(archive, 'generations/1/wal', last.slice(0, 16));
      const left = readdirSync(folder).filter((name) => name.endsWith('.receipt'));
      expect(left).toContain(`${last}.receipt`);
      expect(existsSync(join(folder, `${first}.receipt`))).toBe(false);
    },
  );

  it('stops a recovery when the archive is gone, instead of opening the database', async () => {
    const archive = serverDirectory('archive');
    const push = `${process.execPath} ${programPath('gausskeep')} wal push %p --archive ${archive}`;
    const server = await startServer({ version, config: { archive_mode: true, archive_command: push } });
    const backup = await takeBackup(server, ['-X', 'stream']);
    // Something to archive: right after a backup there is nothing to switch away from.
    await server.sql('create table later (id int)');
    await archiveSegment(server);
    await server.stop('immediate');
    const wrapper = join(serverDirectory('wrapper'), 'get-wal');
    expect(await runProgram('gausskeep', ['wal', 'wrapper', '--archive', archive, '-o', wrapper])).toMatchObject({
      status: 0,
    });
    giveToServerUser(dirname(wrapper));
    renameSync(archive, `${archive}-unmounted`);
    const restored = startFrom(backup, {
      recovery: { restore_command: `${wrapper} %f %p` },
      settings: { archive_mode: false, hot_standby: false },
    });
    await expect(restored).rejects.toThrow(/terminat|restore_command|shutting down|FATAL/);
  });

  it('follows a promotion to its timeline, and stops at a gap', async () => {
    const archive = serverDirectory('archive');
    const push = `${process.execPath} ${programPath('gausskeep')} wal push %p --archive ${archive}`;
    const archiving = { archive_mode: true, archive_command: push };
    const server = await startServer({ version, config: archiving });
    const backup = await takeBackup(server, ['-X', 'stream']);
    const copies = ['later', 'gap'].map((name) => join(serverDirectory(name), 'data'));
    for (const copy of copies) {
      cpSync(backup, copy, { recursive: true });
    }
    await server.sql('create table kept (id int)');
    await archiveSegment(server);
    await server.stop('immediate');
    const wrapper = join(serverDirectory('wrapper'), 'get-wal');
    await runProgram('gausskeep', ['wal', 'wrapper', '--archive', archive, '-o', wrapper]);
    giveToServerUser(dirname(wrapper));
    const recovery = { restore_command: `${wrapper} %f %p`, recovery_target_timeline: 'latest' };

    const promoted = await startFrom(backup, { recovery, settings: archiving });
    await promoted.waitFor('select not pg_is_in_recovery()');
    await promoted.sql('insert into kept select generate_series(1, 500)');
    const first = await archiveSegment(promoted);
    await promoted.sql('insert into kept select generate_series(1, 500)');
    const missing = await archiveSegment(promoted);
    await promoted.sql('insert into kept select generate_series(1, 500)');
    await archiveSegment(promoted);
    expect(first.slice(0, 8)).toBe('00000002');
    expect(existsSync(join(archive, 'generations/1/wal/00000002.history'))).toBe(true);
    await promoted.stop('immediate');

    const [later = '', gap = ''] = copies;
    const followed = await startFrom(later, { recovery, settings: { archive_mode: false } });
    await followed.waitFor('select not pg_is_in_recovery()');
    expect(await followed.value('select count(*) from kept')).toBe('1500');
    await followed.stop('immediate');

    rmSync(join(archive, 'generations/1/wal', missing.slice(0, 16), missing));
    const target = ['--target-timeline', '2', '--target-lsn', `0/${missing.slice(-2)}000200`];
    const planned = [
      'restore',
      '--plan',
      '--from',
      gap,
      '--archive',
      archive,
      '-D',
      join(serverDirectory('new'), 'data'),
    ];
    const plan = await runProgram('gausskeep', [...planned, ...target]);
    expect(plan.status, plan.stderr).toBeGreaterThan(1);
    expect(plan.stderr).toContain(`segment ${missing} has a receipt, but its object generations/1/wal/`);
    expect(plan.stderr).toContain('hint: ');
    for (const suffix of ['.index', '.receipt']) {
      rmSync(join(archive, 'generations/1/wal', missing.slice(0, 16), missing + suffix));
    }
    const refused = startFrom(gap, { recovery, settings: { archive_mode: false, hot_standby: false } });
    await expect(refused).rejects.toThrow(/terminat|restore_command|shutting down|FATAL/);
  });
});
