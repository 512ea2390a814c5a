import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseTargetTime } from '../../src/pitr/target-time.ts';
import type { RecoveryRecord } from '../../src/server/recovery-record.ts';
import type { RecoverySettings, RecoveryTarget } from '../../src/server/recovery-target.ts';
import { parseLsn } from '../../src/wal/lsn.ts';
import type { ServerVersion } from './postgres/binaries.ts';
import type { Commit } from './recovery-history.ts';
import type { RecoveredInstance } from './recovered-instance.ts';

interface Shared {
  readonly commit: (note: string) => Commit;
  readonly prepare: (
    target: RecoveryTarget,
    settings?: Partial<RecoverySettings>,
    record?: Partial<RecoveryRecord>,
  ) => Promise<RecoveredInstance>;
  readonly rows: () => Promise<string>;
}

/** Recoveries that do not become what was promised; over the server of `recover.test.ts`, which has its history once. */
export function recoveryFailures(version: ServerVersion, { commit, prepare, rows }: Shared): void {
  it('shows the prepared transactions of the plan while it is paused, and misses one that did not come', async () => {
    const prepared = [
      { xid: 1n, gid: 'waiting' },
      { xid: 99n, gid: 'lost' },
    ];
    const server = await prepare({ kind: 'xid', xid: commit('D').xid }, {}, { prepared });
    expect((await server.answer('recover'))['preparedTransactions']).toEqual([
      { xid: '1', name: 'waiting' },
      { xid: '99', name: 'lost' },
    ]);
    expect((await server.answer('status'))['preparedTransactions']).toHaveLength(2);
    const { status, stderr } = await server.run('resume');
    expect({ status, stderr }).toMatchObject({
      status: 16,
      stderr: expect.stringContaining('1 prepared transaction that was promised is not there: lost') as string,
    });
    expect(await server.answer('status')).toMatchObject({ phase: 'missed' });
    expect(existsSync(join(server.directory, 'postmaster.pid'))).toBe(false);
  });

  it('asks the server whether it knows the last transaction that was promised', async () => {
    const promise = {
      xid: commit('D').xid,
      timeUs: parseTargetTime(commit('D').time, undefined).timeUs,
      kind: 'commit',
    };
    const server = await prepare({ kind: 'xid', xid: commit('B').xid }, {}, { lastTransaction: promise });
    const { status, stderr } = await server.run('recover');
    expect({ status, stderr }).toMatchObject({
      status: 16,
      stderr: expect.stringMatching(
        /transaction \d+ was promised as the last one, and the server knows it as absent/,
      ) as string,
    });
  });

  it('tells that the server stopped elsewhere than promised', async () => {
    const server = await prepare(
      { kind: 'xid', xid: commit('B').xid },
      {},
      {
        endLsn: parseLsn(commit('A').endLsn),
        restoreCommandLine: 'gausskeep restore again',
      },
    );
    const { status, stderr, stdout } = await server.run('recover');
    expect({ status, stderr }).toMatchObject({
      status: 16,
      stderr: expect.stringContaining(
        `recovery ended at ${commit('B').endLsn}, and ${commit('A').endLsn} was promised`,
      ) as string,
    });
    expect(stderr).toMatch(/Restore again by:\n {4}gausskeep restore again\nIf it is good enough/);
    expect(JSON.parse(stdout)).toMatchObject({ code: 'TARGET_UNREACHABLE' });
    // Marked: resume takes no promise away.
    expect((await server.run('resume')).status).toBe(16);
    expect(await rows()).toBe('A B before');
    expect(await server.answer('status')).toMatchObject({ phase: 'missed', inRecovery: true });
    expect(await server.answer('resume', ['--allow-end-of-wal'])).toMatchObject({ wasOpen: false });
    expect(await server.answer('status')).toMatchObject({ phase: 'open' });
  });

  it('tells that the target was never reached', async () => {
    const server = await prepare({ kind: 'name', name: 'nosuch' });
    const { status, stderr } = await server.run('recover');
    expect(status).toBe(16);
    // Before PostgreSQL 13 the server opens at the end of the WAL without a word.
    expect(stderr).toContain(version >= 13 ? 'the WAL ended before the recovery target' : 'was never reached');
    if (version >= 13) {
      expect(await server.answer('status')).toMatchObject({
        phase: 'failed',
        failure: expect.stringContaining('recovery ended before configured recovery target was reached') as string,
      });
    }
  });

  it('tells that the target is before the end of the backup, and what the server does not take', async () => {
    let server = await prepare({ kind: 'lsn', lsn: parseLsn('0/100') });
    expect(await server.run('recover')).toMatchObject({
      status: 16,
      stderr: expect.stringContaining('lies before the end of the backup') as string,
    });
    server = await prepare({ kind: 'xid', xid: 3n }, { restoreCommand: 'exit 200; # %f %p' });
    expect(await server.run('recover')).toMatchObject({
      status: 13,
      stderr: expect.stringContaining('a command of the recovery failed') as string,
    });
    server = await prepare({ kind: 'xid', xid: 3n }, { timeline: 7 });
    expect(await server.run('recover')).toMatchObject({
      status: 15,
      stderr: expect.stringContaining('timeline 7 does not exist') as string,
    });
    expect((await server.run('resume')).stderr).toContain('no server is running');
  });
}
