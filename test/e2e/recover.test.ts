/** `gausskeep recover`, `resume` and `status` on PostgreSQL, with configurations that our own functions write. */
import {
  appendFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { RecoveryRecord } from '../../src/server/recovery-record.ts';
import type { RecoverySettings, RecoveryTarget } from '../../src/server/recovery-target.ts';
import { parseLsn } from '../../src/wal/lsn.ts';
import { parseTargetTime } from '../../src/pitr/target-time.ts';
import { serverDirectory } from '../support/postgres/server.ts';
import { stagedBinaries } from '../support/postgres/binaries.ts';
import { giveToServerUser } from '../support/postgres/server-user.ts';
import { Shell } from '../support/pasted-commands.ts';
import { runProgram } from '../support/programs.ts';
import { flipByteAt, makeRecoveryHistory, type Commit, type RecoveryHistory } from '../support/recovery-history.ts';
import { RecoveredInstance } from '../support/recovered-instance.ts';
import { recoveryFailures } from '../support/recovery-failures.ts';
import { forEachServer } from '../support/servers-under-test.ts';

forEachServer('full', (version) => {
  let history: RecoveryHistory;
  let instance: RecoveredInstance | undefined;
  beforeAll(async () => {
    history = await makeRecoveryHistory(version);
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

    expect(await server.run('resume', ['--host', '/nowhere'])).toMatchObject({
      status: 13,
      stderr: expect.stringMatching(/takes sessions, but not at "\/nowhere"[^]*Leave --host out/) as string,
    });
    const resumed = await server.answer('resume');
    expect(resumed['wasOpen']).toBe(false);
    expect(JSON.stringify(resumed['nextSteps'])).toContain('leads here only with --target-timeline latest');
    expect(JSON.stringify(resumed['nextSteps'])).toMatch(/pg_create_physical_replication_slot.*standby1/);
    const place = `-h ${server.socketDirectory} -p ${server.port}`;
    expect(JSON.stringify(resumed['nextSteps'])).toContain(`gs_basebackup -D NEW_DIRECTORY ${place}`);
    await server.sql("insert into hist values ('new')");
    expect(await rows()).toBe('A B before new');
    const after = readFileSync(join(server.directory, 'postgresql.auto.conf'), 'utf8');
    expect(after).not.toContain('recovery_target');
    expect(added.startsWith(after)).toBe(true);
    expect(readdirSync(server.directory).filter((name) => name.startsWith('.gausskeep.'))).toEqual([
      '.gausskeep.recover.log',
      '.gausskeep.recovered',
    ]);
    expect(existsSync(join(server.directory, 'recovery.signal'))).toBe(false);
    expect(await server.answer('status')).toMatchObject({ phase: 'open', inRecovery: false });
    const again = await server.answer('resume');
    expect(again).toMatchObject({ wasOpen: true });
    // What remains to be done is still known.
    expect(JSON.stringify(again['nextSteps'])).toMatch(/pg_create_physical_replication_slot.*standby1/);
    expect(JSON.stringify(again['nextSteps'])).toContain('ALTER SYSTEM SET archive_mode = on');

    // Stopped, it is a database like any other: nobody is sent back to the backup, and what is printed starts it.
    await server.stop('SIGINT');
    const shown = await server.answer('status');
    expect(shown).toMatchObject({ phase: 'stopped', controlState: 'shut down' });
    expect(JSON.stringify(shown['nextSteps'])).toMatch(/its recovery is over.*pg_ctl start -D/);
    const opened = await server.run('resume');
    expect(opened).toMatchObject({ status: 13, stderr: expect.stringContaining('pg_ctl start -D') as string });
    expect(opened.stderr).not.toContain('gausskeep recover');
    const { status, stderr } = await server.run('recover');
    expect({ status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('its recovery is over') as string,
    });
    expect(stderr).not.toContain('restore the backup');
    const start = /By:\n {4}(.*)\n/.exec(stderr)?.[1] ?? 'false';
    expect(start).toContain(join(stagedBinaries(version), 'bin', 'pg_ctl'));
    await server.restartBy(start);
    expect(await rows()).toBe('A B before new');
  });

  it('refuses to start a server that has no room for the first segment that it fetches', async () => {
    const archive = { place: history.archive, generation: 1 };
    const server = await prepare({ kind: 'xid', xid: commit('B').xid }, {}, { archive });
    const wal = join(server.directory, 'pg_wal');
    renameSync(wal, `${wal}.aside`);
    // A file system without room, as every Linux has one.
    symlinkSync('/proc', wal);
    const { status, stderr } = await server.run('recover');
    expect({ status, stderr }).toMatchObject({
      status: 13,
      stderr: expect.stringMatching(
        /pg_wal: 0 MiB free, \d+ MiB needed \(\d+ MiB for the next WAL segment\)\n.*hint: Make room there/,
      ) as string,
    });
    expect(existsSync(join(server.directory, 'postmaster.pid'))).toBe(false);
  });

  it('has nothing to do with a server that was not restored, and says so', async () => {
    const path = history.server.dataDirectory;
    for (const [verb, code] of [
      ['resume', 2],
      ['recover', 11],
    ] as const) {
      const { status, stdout, stderr } = await runProgram('gausskeep', [verb, '-D', path, '-U', 'postgres']);
      expect({ status, stdout }, stderr).toEqual({ status: code, stdout: '' });
      if (verb === 'resume') expect(stderr).toContain('nothing was recovered there by gausskeep');
    }
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
    const { outcome, nextSteps } = await server.answer('recover');
    expect(outcome).toBe('shut-down');
    const [look, again, open] = nextSteps as { what: string; command: string }[];
    const shown = [look, again, open].map((step) => ({ what: step?.what }));
    expect(await server.answer('status')).toMatchObject({ phase: 'stopped', nextSteps: shown });
    expect(await server.run('resume')).toMatchObject({
      status: 13,
      stderr: expect.stringContaining('shut down at its target') as string,
    });
    const shell = new Shell(version);
    expect(await shell.paste(`${look?.command ?? ''} && ${again?.command ?? ''}`)).toContain('recovery is paused');
    expect(await rows()).toBe('before');
    await server.stop('SIGINT');
    expect(await shell.paste(open?.command ?? '')).toContain('the database is open for writing');
    expect(await rows()).toBe('before');
    expect(readFileSync(join(server.directory, 'postgresql.auto.conf'), 'utf8')).not.toContain('recovery_target');
  });

  it('goes to the end of the WAL without a target', async () => {
    const server = await prepare({ kind: 'latest' }, {}, { pauses: false });
    expect(await server.answer('recover')).toMatchObject({ outcome: 'open' });
    expect(await rows()).toBe('A B C D P Z before');
  });

  it('stops where the WAL that was copied into the data directory ends', async () => {
    const server = await prepare({ kind: 'latest' }, { restoreCommand: undefined }, { pauses: false });
    for (const name of readdirSync(history.archive).filter((file) => /^[0-9A-F]{24}$/.test(file))) {
      cpSync(join(history.archive, name), join(server.directory, 'pg_wal', name));
    }
    giveToServerUser(join(server.directory, 'pg_wal'));
    expect(await server.answer('recover')).toMatchObject({ outcome: 'open' });
    expect(await rows()).toBe('A B C D P Z before');
  });

  it('is told as lost, and not left open, when WAL was damaged after it had been proved', async () => {
    const damaged = serverDirectory('damaged');
    cpSync(history.archive, damaged, { recursive: true });
    const plan = await runProgram('gausskeep', ['window', '--archive', damaged, '--commits', '--json']);
    const listed = plan.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; xid: string; startLsn: string });
    const kept = listed.find(({ xid, kind }) => xid === commit('C').xid.toString() && kind === 'commit')!;
    const { restored: server, recovery } = await RecoveredInstance.restore(version, history.backup, damaged);
    instance = server;
    flipByteAt(damaged, parseLsn(kept.startLsn) + 20n);
    giveToServerUser(damaged);
    const { status, stderr } = await server.run('recover');
    expect({ status, stderr }).toMatchObject({
      status: 16,
      stderr: expect.stringMatching(
        new RegExp(`recovery ended at [0-9A-F/]+, before ${String(recovery['endLsn'])}, which was promised`),
      ) as string,
    });
    expect(stderr).toContain('it was stopped again');
    expect(existsSync(join(server.directory, 'postmaster.pid'))).toBe(false);
    // It stays marked, whoever looks.
    expect(await server.answer('status')).toMatchObject({ phase: 'missed' });
    expect(await server.run('resume')).toMatchObject({
      status: 16,
      stderr: expect.stringContaining('before') as string,
    });
    expect(await server.run('recover')).toMatchObject({
      status: 16,
      stderr: expect.stringContaining('before') as string,
    });
    expect(existsSync(join(server.directory, 'postmaster.pid'))).toBe(false);
    const accepted = await server.answer('recover', ['--allow-end-of-wal']);
    expect(accepted).toMatchObject({ outcome: 'open', archiveMode: 'off' });
    expect(await rows()).toBe('A B before');
    expect(await server.answer('status')).toMatchObject({ phase: 'open' });
    expect(await server.answer('resume')).toMatchObject({ wasOpen: true });
  });

  it('has archiving off whatever its configuration says, asked of the server', async () => {
    const server = await prepare({ kind: 'xid', xid: commit('B').xid }, { action: 'promote' });
    server.configure("archive_mode = 'always'\narchive_command = 'false'\n");
    const recovered = await server.answer('recover');
    expect(recovered).toMatchObject({ outcome: 'open', archiveMode: 'off' });
    const steps = recovered['nextSteps'] as { what: string; command: string }[];
    // What the copy has stays: nothing is printed that would overwrite it.
    const turnOn = steps.find(({ what }) => what.includes('archives with: false'))!;
    expect(turnOn.command).toContain('ALTER SYSTEM SET archive_mode = on');
    expect(turnOn.command).not.toContain('archive_command');
    expect(await server.sql('show archive_mode')).toEqual([{ archive_mode: 'off' }]);
    // A restart would keep what our command line says; so the steps stop and start.
    const start = steps.find(({ command }) => command.includes(' start -D '))!.command;
    expect(start).toContain(
      `${join(stagedBinaries(version), 'bin', 'pg_ctl')} stop -m fast -D ${server.directory} && `,
    );
    // Then the new timeline is archived from its beginning, though archiving was off when it began.
    const own = serverDirectory('own-archive');
    server.configure(`archive_mode = 'on'\narchive_command = 'cp %p ${own}/%f'\n`);
    await server.restartBy(start);
    await vi.waitFor(() => expect(readdirSync(own)).toContain('00000002.history'), 60_000);
    await server.stop();
    const target = { kind: 'xid', xid: commit('B').xid } as const;
    const kept = await prepare(target, { action: 'promote' }, { archiveMode: 'preserve' });
    kept.configure("archive_mode = 'on'\narchive_command = 'false'\n");
    expect(await kept.answer('recover')).toMatchObject({ archiveMode: 'on' });
  });

  it('starts with a configuration outside of the directory that names the directory of its source', async () => {
    const outside = serverDirectory('etc');
    const server = await prepare({ kind: 'xid', xid: commit('B').xid }, { action: 'promote' });
    const file = join(outside, 'postgresql.conf');
    const pidFile = join(outside, 'source.pid');
    renameSync(join(server.directory, 'postgresql.conf'), file);
    appendFileSync(
      file,
      [
        `data_directory = '${history.server.dataDirectory}'`,
        `hba_file = '${join(server.directory, 'pg_hba.conf')}'`,
        `external_pid_file = '${pidFile}'`,
        "archive_mode = on\narchive_command = 'false'\n",
      ].join('\n'),
    );
    giveToServerUser(outside);
    const recovered = await server.answer('recover', ['--config-file', file]);
    expect(recovered).toMatchObject({ outcome: 'open', archiveMode: 'off' });
    expect(await server.sql('show data_directory')).toEqual([{ data_directory: server.directory }]);
    expect(existsSync(pidFile)).toBe(false);
    expect(await rows()).toBe('A B before');
    expect(JSON.stringify(recovered['nextSteps'])).toContain(`config_file=${file}`);
    // It would be that of the source, and the source's is removed when the copy stops.
    expect(JSON.stringify(recovered['nextSteps'])).toContain('-c external_pid_file=');
  });

  it('pauses where it is configured smaller than its source: not at its target, and not to be resumed', async () => {
    const server = await prepare(
      { kind: 'xid', xid: commit('Z').xid },
      {},
      { endLsn: parseLsn(commit('Z').endLsn), target: '--target-xid' },
    );
    appendFileSync(join(server.directory, 'postgresql.conf'), 'max_connections = 100\n');
    const { status, stderr } = await server.run('recover');
    expect({ status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('configured smaller than the one that was backed up') as string,
    });
    if (version >= 14) expect(stderr).toContain('max_connections = ');
    expect(stderr).not.toMatch(/hint:[^]*hot_standby/);
    expect((await server.answer('status'))['phase']).toMatch(/^(?:stopped|failed)$/);
    appendFileSync(join(server.directory, 'postgresql.conf'), 'max_connections = 220\n');
    expect(await server.answer('recover')).toMatchObject({ outcome: 'paused', replayLsn: commit('Z').endLsn });
    expect(await server.answer('resume')).toMatchObject({ wasOpen: false });
  });

  // Before, it fails at once.
  if (version >= 14) {
    it('is known to be paused before its target also where somebody else has started it, and no log is there', async () => {
      const server = await prepare(
        { kind: 'xid', xid: commit('Z').xid },
        {},
        { endLsn: parseLsn(commit('Z').endLsn), target: '--target-xid' },
      );
      appendFileSync(join(server.directory, 'postgresql.conf'), 'max_connections = 100\n');
      server.startByHand();
      await vi.waitUntil(async () => (await server.answer('status'))['paused'] === true, { timeout: 60_000 });
      expect(await server.answer('status')).toMatchObject({
        phase: 'paused-early',
        failure: expect.stringContaining('max_connections is 100, and 210 is needed') as string,
      });
      expect(await server.run('resume')).toMatchObject({
        status: 2,
        stderr: expect.stringContaining('configured smaller') as string,
      });
      expect(await server.answer('status')).toMatchObject({ phase: 'paused-early', inRecovery: true });
    });
  }

  it('shuts down at its target with hot_standby = off, which is told, and goes on when it is on', async () => {
    const server = await prepare({ kind: 'xid', xid: commit('B').xid }, {}, { endLsn: parseLsn(commit('B').endLsn) });
    appendFileSync(join(server.directory, 'postgresql.conf'), 'hot_standby = off\n');
    const { status, stderr, stdout } = await server.run('recover');
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('hot_standby is off');
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'shut-down', replayLsn: commit('B').endLsn });
    expect(await server.answer('status')).toMatchObject({ phase: 'stopped' });
    const [set, again] = (JSON.parse(stdout) as { nextSteps: { what: string; command: string }[] }).nextSteps;
    expect(set?.what).toContain('set hot_standby = on');
    const said = await new Shell(version).paste(`${set?.command ?? ''} && ${again?.command ?? ''}`);
    expect(said).toMatch(new RegExp(`recovery is paused[^]*replayed up to ${commit('B').endLsn}`));
    expect(await rows()).toBe('A B before');
  });

  it('goes on when we are interrupted, and is found again', async () => {
    const gate = join(serverDirectory('gate'), 'open');
    const server = await prepare(
      { kind: 'xid', xid: commit('B').xid },
      { restoreCommand: `until test -e ${gate}; do sleep 0.1; done; cp ${history.archive}/%f %p` },
    );
    const running = server.start('recover');
    await running.output(/database system was interrupted/);
    running.kill('SIGINT');
    expect(await running.result).toMatchObject({
      status: 130,
      stderr: expect.stringContaining('the server goes on') as string,
    });
    // Nobody has looked yet: it is not opened when it pauses.
    expect(await server.run('resume')).toMatchObject({
      status: 13,
      stderr: expect.stringContaining('the server is starting and takes no sessions yet') as string,
    });
    writeFileSync(gate, '');
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
    expect(await server.answer('status')).toMatchObject({ phase: 'open', preparedTransactions: [{ name: 'waiting' }] });
    expect(JSON.stringify(recovered['nextSteps'])).toContain("ROLLBACK PREPARED '");
    expect(await rows()).toBe('A B C D before');
  });

  recoveryFailures(version, { commit, prepare, rows });
});
