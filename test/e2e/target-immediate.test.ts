/** `restore --target-immediate` where the WAL goes on behind the end of the backup, and where it ends there: only the first is a target that a server meets. */
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { parseLsn } from '../../src/wal/lsn.ts';
import { defaultSegmentSizeBytes, segmentName, segmentOffset } from '../../src/wal/segment.ts';
import { newTarget, runBackup } from '../support/backups.ts';
import { giveToServerUser, runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, startServer } from '../support/postgres/server.ts';
import { runProgram, type ProgramResult } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];

interface Recovery {
  readonly earliestLsn: string;
  readonly stop: { readonly how: string; readonly startLsn: string } | null;
  readonly toldTarget: string;
  readonly pause: string;
}

forEachServer('full', (version) => {
  let backup: string;
  let archive: string;

  beforeAll(async () => {
    archive = serverDirectory('archive');
    const config = { archive_mode: true, archive_command: `cp %p ${archive}/%f` };
    const server = await startServer({ version, config });
    await server.sql("create table kept as select 'before' as note");
    backup = newTarget();
    expect(await runBackup(server, ['-D', backup, '-X', 'none'])).toMatchObject({ status: 0 });
    await server.sql("insert into kept values ('behind')");
    const last = await server.value('select pg_walfile_name(pg_switch_wal())');
    await server.waitFor(`select last_archived_wal >= '${last}' from pg_stat_archiver`);
    await server.stop();
  });

  const restore = async (data: string, from: string, ...more: string[]): Promise<ProgramResult> =>
    runProgram('gausskeep', [
      ...['restore', '--no-sync', '-D', data, ...owner, '--from', backup, '--archive', from],
      ...['--target-immediate', '--target-action', 'promote', '--json', ...more],
    ]);
  const recoveryOf = ({ status, stdout, stderr }: ProgramResult): Recovery => {
    expect(status, stderr).toBe(0);
    return (JSON.parse(stdout) as { recovery: Recovery }).recovery;
  };
  const notesIn = async (data: string, recovery?: Record<string, string>): Promise<string> => {
    // Without a hot standby nobody gets in before the end, or the failure.
    const settings = { archive_mode: false, hot_standby: false };
    const server = await startFrom(data, { settings, ...(recovery && { recovery }) });
    await server.waitFor('select not pg_is_in_recovery()');
    const notes = await server.value("select string_agg(note, ' ' order by note) from kept");
    await server.stop('immediate');
    return notes;
  };
  /** The archive as it was when nothing had been written behind the end of the backup. */
  const cutAt = (position: string): string => {
    const cut = serverDirectory('cut');
    const lsn = parseLsn(position);
    const last = segmentName(1, lsn, defaultSegmentSizeBytes);
    for (const name of readdirSync(archive)) {
      if (name < last) copyFileSync(join(archive, name), join(cut, name));
      if (name !== last) continue;
      const bytes = readFileSync(join(archive, name));
      writeFileSync(join(cut, name), bytes.fill(0, segmentOffset(lsn, defaultSegmentSizeBytes)));
    }
    giveToServerUser(cut);
    return cut;
  };

  it('is met by the record that follows, and refused where none does', async () => {
    const whole = newTarget();
    const { earliestLsn, stop } = recoveryOf(await restore(whole, archive));
    expect(stop).toMatchObject({ how: 'before' });
    expect(parseLsn(stop!.startLsn)).toBeGreaterThanOrEqual(parseLsn(earliestLsn));
    expect(await notesIn(whole)).toBe('before');

    const cut = cutAt(earliestLsn);
    const refused = await restore(newTarget(), cut);
    expect(refused.status, refused.stdout).toBe(16);
    expect(refused.stderr).toContain(`consistent at ${earliestLsn}, where its WAL ends`);
    expect(refused.stderr).toContain('--allow-end-of-wal');

    const allowed = newTarget();
    const plan = recoveryOf(await restore(allowed, cut, '--allow-end-of-wal'));
    expect(plan).toMatchObject({ earliestLsn, stop: null, toldTarget: '' });
    expect(await notesIn(allowed)).toBe('before');

    // What would have come of it: the server that is told so all the same.
    const asked = { restore_command: `cp ${cut}/%f %p`, recovery_target: 'immediate', recovery_target_action: 'pause' };
    const outcome = notesIn(backup, asked);
    if (version >= 13) await expect(outcome).rejects.toThrow('recovery ended before configured recovery target');
    else expect(await outcome).toBe('before');
  });
});
