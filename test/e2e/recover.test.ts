/** `gausskeep recover`, `resume` and `status` on PostgreSQL, with configurations that our own functions write. */
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, it } from 'vitest';
import type { RecoveryRecord } from '../../src/server/recovery-record.ts';
import type { RecoverySettings, RecoveryTarget } from '../../src/server/recovery-target.ts';
import { parseLsn } from '../../src/wal/lsn.ts';
import { parseTargetTime } from '../../src/window/target-time.ts';
import { takeBackup } from '../support/backups.ts';
import { serverDirectory, startServer, type PostgresServer } from '../support/postgres/server.ts';
import type { ServerVersion } from '../support/postgres/binaries.ts';
import { giveToServerUser } from '../support/postgres/server-user.ts';
import { RecoveredInstance } from '../support/recovered-instance.ts';
import { forEachServer } from '../support/servers-under-test.ts';

interface Commit {
  readonly xid: bigint;
  readonly time: string;
  readonly endLsn: string;
}

interface History {
  readonly server: PostgresServer;
  readonly backup: string;
  readonly archive: string;
  readonly commits: ReadonlyMap<string, Commit>;
  readonly restorePoint: string;
}

/** Rows before, A, B, restore point rp, C, prepared P, D, P committed. */
async function makeHistory(version: ServerVersion): Promise<History> {
  const archive = serverDirectory('archive');
  const server = await startServer({
    version,
    config: {
      archive_mode: true,
      archive_command: `cp %p ${archive}/%f`,
      track_commit_timestamp: true,
      max_prepared_transactions: 5,
    },
  });
  await server.sql('create table hist (note text)');
  await server.sql("insert into hist values ('before')");
  const backup = await takeBackup(server, ['-X', 'fetch']);
  const commits = new Map<string, Commit>();
  const insert = async (note: string): Promise<void> => {
    const [row] = await server.sql<{ xid: string }>(
      `insert into hist values ('${note}') returning pg_current_xact_id()::text as xid`.replace(
        'pg_current_xact_id()',
        version >= 13 ? 'pg_current_xact_id()' : 'txid_current()',
      ),
    );
    const xid = BigInt(row?.xid ?? '0');
    const time = await server.value(
      `select to_char(pg_xact_commit_timestamp('${xid.toString()}'::xid) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')`,
    );
    commits.set(note, { xid, time: `${time}+00`, endLsn: await server.value('select pg_current_wal_insert_lsn()') });
  };
  await insert('A');
  await insert('B');
  const restorePoint = await server.value("select pg_create_restore_point('rp')");
  await insert('C');
  const client = await server.client();
  await client.query("begin; insert into hist values ('P'); prepare transaction 'waiting'");
  await insert('D');
  await client.query("commit prepared 'waiting'");
  await client.end();
  const last = await server.value('select pg_walfile_name(pg_switch_wal())');
  await server.sql("insert into hist values ('after')");
  await server.waitFor(`select last_archived_wal >= '${last}' from pg_stat_archiver`);
  return { server, backup, archive, commits, restorePoint };
}

forEachServer('full', (version) => {
  let history: History;
  let instance: RecoveredInstance | undefined;
  beforeAll(async () => {
    history = await makeHistory(version);
  });
  afterEach(async () => {
    await instance?.stop();
    instance = undefined;
  });

  const commit = (note: string): Commit => history.commits.get(note)!;
  const prepare = async (
    target: RecoveryTarget,
    settings: Partial<RecoverySettings> = {},
    record: Partial<RecoveryRecord> = {},
  ): Promise<RecoveredInstance> => {
    const whole: RecoverySettings = {
      restoreCommand: `cp ${history.archive}/%f %p`,
      target,
      timeline: 1,
      action: 'pause',
      ...settings,
    };
    instance = await RecoveredInstance.prepare(version, history.backup, whole, record);
    return instance;
  };
  const rows = async (): Promise<string> => {
    const found = await instance!.sql<{ note: string }>('select note from hist order by 1');
    return found.map(({ note }) => note).join(' ');
  };

  it('pauses at a transaction, shows where it stands, and opens', async () => {
    const { endLsn, time, xid } = commit('B');
    const server = await prepare({ kind: 'xid', xid }, {}, { endLsn: parseLsn(endLsn), slots: ['standby1'] });
    const added = readFileSync(join(server.directory, 'postgresql.auto.conf'), 'utf8');
    const recovered = await server.answer('recover');
    expect(recovered).toMatchObject({ outcome: 'paused', replayLsn: endLsn, lastCommit: time, port: server.port });
    expect(recovered['stoppedAt']).toContain(`after commit of transaction ${xid.toString()}`);
    expect(await rows()).toBe('A B before');
    expect(await server.answer('status')).toMatchObject({
      phase: 'paused',
      paused: true,
      replayLsn: endLsn,
      promisedLsn: endLsn,
    });
    expect(await server.run('recover')).toMatchObject({
      status: 11,
      stderr: expect.stringContaining('running in') as string,
    });

    const resumed = await server.answer('resume');
    expect(resumed['wasOpen']).toBe(false);
    expect(JSON.stringify(resumed['nextSteps'])).toMatch(/pg_create_physical_replication_slot.*standby1/);
    await server.sql("insert into hist values ('new')");
    expect(await rows()).toBe('A B before new');
    const after = readFileSync(join(server.directory, 'postgresql.auto.conf'), 'utf8');
    expect(after).not.toContain('recovery_target');
    expect(added.startsWith(after)).toBe(true);
    expect(readdirSync(server.directory).filter((name) => name.startsWith('.gausskeep.'))).toEqual([
      '.gausskeep.recover.log',
    ]);
    expect(existsSync(join(server.directory, 'recovery.signal'))).toBe(false);
    expect(await server.answer('status')).toMatchObject({ phase: 'open', inRecovery: false });
    expect(await server.answer('resume')).toMatchObject({ wasOpen: true });
  });

  it.each([
    ['time', true, 'A B before'],
    ['time', false, 'A before'],
    ['xid', false, 'A before'],
    ['lsn', true, 'A B before'],
  ] as const)('stops exactly at a target of kind %s, inclusive %s', async (kind, inclusive, expected) => {
    const { xid, time, endLsn } = commit('B');
    const target: RecoveryTarget =
      kind === 'xid'
        ? { kind, xid }
        : kind === 'lsn'
          ? { kind, lsn: parseLsn(endLsn) }
          : { kind, timeUs: parseTargetTime(time, undefined).timeUs };
    const server = await prepare(target, { inclusive });
    expect(await server.answer('recover')).toMatchObject({ outcome: 'paused' });
    expect(await rows()).toBe(expected);
  });

  it('stops at a restore point, and opens at once when told to', async () => {
    const server = await prepare(
      { kind: 'name', name: 'rp' },
      { action: 'promote' },
      { endLsn: parseLsn(history.restorePoint) },
    );
    const recovered = await server.answer('recover');
    expect(recovered).toMatchObject({ outcome: 'open', replayLsn: history.restorePoint });
    expect(recovered['stoppedAt']).toContain('at restore point "rp"');
    expect(await rows()).toBe('A B before');
    await server.sql("insert into hist values ('new')");
    expect(existsSync(join(server.directory, '.gausskeep.recovery'))).toBe(false);
  });

  it('stops when the backup is consistent, and shuts down when told to', async () => {
    const server = await prepare({ kind: 'immediate' }, { action: 'shutdown' });
    expect(await server.answer('recover')).toMatchObject({ outcome: 'shut-down', nextSteps: [] });
    expect((await server.answer('status'))['phase']).toBe('stopped');
  });

  it('goes to the end of the WAL without a target', async () => {
    const server = await prepare({ kind: 'latest' }, {}, { pauses: false });
    expect(await server.answer('recover')).toMatchObject({ outcome: 'open' });
    expect(await rows()).toBe('A B C D P before');
  });

  it('stops where the WAL that was copied into the data directory ends', async () => {
    const server = await prepare({ kind: 'latest' }, { restoreCommand: undefined }, { pauses: false });
    for (const name of readdirSync(history.archive).filter((file) => /^[0-9A-F]{24}$/.test(file))) {
      cpSync(join(history.archive, name), join(server.directory, 'pg_wal', name));
    }
    giveToServerUser(join(server.directory, 'pg_wal'));
    expect(await server.answer('recover')).toMatchObject({ outcome: 'open' });
    expect(await rows()).toBe('A B C D P before');
  });

  it('goes on when we are interrupted, and is found again', async () => {
    const server = await prepare(
      { kind: 'xid', xid: commit('B').xid },
      { restoreCommand: `sleep 1; cp ${history.archive}/%f %p` },
    );
    const running = server.start('recover');
    await running.output(/database system was interrupted/);
    running.kill('SIGINT');
    expect(await running.result).toMatchObject({
      status: 130,
      stderr: expect.stringContaining('the server goes on') as string,
    });
    for (;;) {
      const { phase } = await server.answer('status');
      if (phase === 'paused') break;
      expect(['starting', 'replaying']).toContain(phase);
    }
    expect(await rows()).toBe('A B before');
  });

  it('is known from its log where it lets nobody in', async () => {
    const server = await prepare({ kind: 'xid', xid: commit('B').xid });
    writeFileSync(join(server.directory, 'pg_hba.conf'), 'local all all reject\n');
    const { status, stdout, stderr } = await server.run('recover');
    expect({ status, stderr }).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('known from its log only') as string,
    });
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: 'paused',
      stoppedAt: expect.stringContaining('after commit') as string,
    });
  });

  it('lists prepared transactions', async () => {
    const server = await prepare({ kind: 'xid', xid: commit('D').xid }, { action: 'promote' });
    const recovered = await server.answer('recover');
    expect(recovered['preparedTransactions']).toMatchObject([
      { name: 'waiting', database: 'postgres', owner: 'postgres' },
    ]);
    expect(JSON.stringify(recovered['nextSteps'])).toContain("ROLLBACK PREPARED '");
    expect(await rows()).toBe('A B C D before');
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
    expect(stderr).toContain('gausskeep restore again');
    expect(JSON.parse(stdout)).toMatchObject({ code: 'TARGET_UNREACHABLE' });
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
});
