import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { takeBackup } from '../support/backups.ts';
import { giveToServerUser, runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { programPath, runProgram } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];

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

  it('recovers the last commit in a segment that a receiver is still writing', async () => {
    const archive = serverDirectory('archive');
    const push = `${process.execPath} ${programPath('gausskeep')} wal push %p --archive ${archive}`;
    const server = await startServer({ version, config: { archive_mode: true, archive_command: push } });
    const backup = await takeBackup(server, ['-X', 'stream']);
    await server.sql('create table kept (id int)');
    await archiveSegment(server);
    const received = join(archive, 'generations/1/open');
    mkdirSync(received, { mode: 0o700 });
    /** The server's own bytes up to what it has flushed, as a receiver has them; zeros behind. */
    const receive = async (): Promise<void> => {
      const [row] = await server.sql<{ name: string; bytes: number; size: number }>(
        `select pg_walfile_name(pg_current_wal_flush_lsn()) as name,
           (pg_walfile_name_offset(pg_current_wal_flush_lsn())).file_offset as bytes,
           setting::int as size from pg_settings where name = 'wal_segment_size'`,
      );
      const { name, bytes, size } = row!;
      const path = join(received, `${name}.partial`);
      if (!existsSync(path)) {
        writeFileSync(path, Buffer.alloc(size), { mode: 0o600 });
        giveToServerUser(received);
      }
      const file = openSync(path, 'r+');
      writeSync(file, readFileSync(join(server.dataDirectory, 'pg_wal', name)), 0, bytes, 0);
      closeSync(file);
    };
    await server.sql('insert into kept select generate_series(1, 1000)');
    await receive();
    // It grows while everything below reads it.
    const stop = new AbortController();
    let rows = 1000;
    const growing = (async () => {
      while (!stop.signal.aborted) {
        rows += 1;
        await server.sql(`insert into kept values (${rows})`);
        await receive();
        await setTimeout(1);
      }
    })();
    growing.catch(() => undefined);
    const before = rows;
    const [xid] = (await server.sql<{ xid: string }>('select xmin::text as xid from kept where id = 1000')).map(
      (row) => row.xid,
    );
    const listed = await runProgram('gausskeep', ['window', '--archive', archive, '--commits', '--json']);
    expect(listed.status, listed.stderr).toBe(0);
    expect(listed.stdout).toContain(`"xid":"${xid!}"`);
    const window = await runProgram('gausskeep', ['window', '--archive', archive, '--json']);
    expect(JSON.parse(window.stdout)).toMatchObject({ lines: [{ gaps: [], stretches: [{ end: { kind: 'end' } }] }] });
    const restored = serverDirectory('restored');
    const places = ['--from', backup, '--archive', archive, '--target-action', 'promote', '--no-sync', ...owner];
    const recover = async (supply: string): Promise<readonly [number, number]> => {
      const data = join(restored, supply);
      const result = await runProgram('gausskeep', [
        'restore',
        '-D',
        data,
        ...places,
        '--wal-supply',
        supply,
        '--json',
      ]);
      expect(result.status, result.stderr).toBe(0);
      expect(JSON.stringify(JSON.parse(result.stdout))).toContain('/open/');
      const copy = await startFrom(data, { settings: { archive_mode: false } });
      await copy.waitFor('select not pg_is_in_recovery()');
      const found = [await copy.value('select count(*) from kept'), await copy.value('select max(id) from kept')];
      await copy.stop('immediate');
      return [Number(found[0]), Number(found[1])];
    };
    const [count, last] = await recover('copy');
    expect(count).toBeGreaterThanOrEqual(before);
    expect(count).toBe(last);
    stop.abort();
    await growing;
    await server.stop('immediate');
    // Every row that was received, from what the server fetches itself.
    expect(await recover('restore-command')).toEqual([rows, rows]);
  });

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
