/** `gausskeep recover`, `resume` and `status` on each of the 32 recorded recoveries of openGauss, played by a stand-in. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { serialReplaySettings, addSettings } from '../../src/server/settings-block.ts';
import { capabilitiesOf } from '../../src/server/capabilities-of.ts';
import { identifyOpengauss } from '../../src/server/identity.ts';
import { fromText } from '../../src/bytes/byte-string.ts';
import { crc32c } from '../../src/bytes/crc32c.ts';
import { parseLsn } from '../../src/wal/lsn.ts';
import { readOutcomes, type Outcome } from '../support/gs-ctl/outcomes.ts';
import { installStandIn, type StandIn, type StandInOptions } from '../support/gs-ctl/stand-in.ts';
import { serverUser } from '../support/postgres/server-user.ts';
import { emptyRecord } from '../support/recovered-instance.ts';
import { projectRoot } from '../support/project.ts';
import { runDirectory } from '../support/run-directory.ts';

const outcomes = readOutcomes();
const named = (name: string): Outcome => outcomes.find((outcome) => outcome.name === name)!;
let standIn: StandIn | undefined;

function install(outcome: Outcome, options: StandInOptions = {}): StandIn {
  standIn = installStandIn(outcome, options);
  return standIn;
}

async function answer(
  instance: StandIn,
  verb: 'recover' | 'resume' | 'status',
  more: readonly string[] = [],
): Promise<Record<string, unknown>> {
  const { status, stdout, stderr } = await instance.run(verb, ['--json', ...more]);
  if (status !== 0) throw new Error(`gausskeep ${verb}: status ${String(status)}\n${stdout}${stderr}`);
  return JSON.parse(stdout) as Record<string, unknown>;
}

afterEach(async () => {
  await standIn?.stop();
  standIn = undefined;
});
afterAll(() => {
  runDirectory().clear();
});

/** That of the recorded backup, of an instance that was stopped. */
function stoppedControlFile(): Buffer {
  const bytes = gunzipSync(readFileSync(join(projectRoot, 'test/fixtures/opengauss/pgdata/pg_control.gz')));
  bytes.writeUInt32LE(1, 20);
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, 224)), 224);
  return bytes;
}

const lsnOf = (replay: string): string => /,(.*)\)/.exec(replay)?.[1] ?? '';
const logText = (outcome: Outcome, begin: string): string | undefined =>
  outcome.log.find((line) => line.startsWith(`LOG:  ${begin}`))?.slice(`LOG:  ${begin}`.length);
const hasTarget = (outcome: Outcome): boolean => logText(outcome, 'starting point-in-time recovery to ') !== undefined;
const stops = (outcome: Outcome): boolean => logText(outcome, 'recovery stopping ') !== undefined;

const serverUid = String(serverUser.uid ?? process.getuid?.());
const serverAccount = execFileSync('id', ['-un', serverUid], { encoding: 'utf8' }).trim();

/** Runs printed commands with programs in place of openGauss's that tell who runs them, under which name and with what. */
function pasteAll(commands: readonly string[]): string[][] {
  const directory = runDirectory().make('pasted');
  chmodSync(directory, 0o755);
  for (const name of ['gs_guc', 'gs_ctl', 'gsql', 'gs_basebackup']) {
    writeFileSync(join(directory, name), '#!/bin/sh\nprintf "%s\\n" "$(id -u)" "${0##*/}" "$@"\n');
    chmodSync(join(directory, name), 0o755);
  }
  const env = { PATH: `${directory}:${process.env['PATH'] ?? ''}` };
  return commands.map((command) => {
    const output = execFileSync('sh', ['-c', command], { encoding: 'utf8', env, cwd: '/' });
    return output.trimEnd().split('\n');
  });
}

describe('the recorded recoveries', () => {
  it('are all there', () => {
    expect(outcomes).toHaveLength(32);
    const kinds = outcomes.map(({ exit, started, resumed, restarted }) =>
      exit !== 0 ? 'fails' : `${started?.recovery ?? '?'}${resumed ? ' resumed' : ''}${restarted ? ' restarted' : ''}`,
    );
    const counts = Object.fromEntries(
      [...new Set(kinds)].map((kind) => [kind, kinds.filter((each) => each === kind).length]),
    );
    expect(counts).toEqual({ 'paused resumed': 14, over: 12, fails: 3, 'not paused': 1, 'paused restarted': 2 });
  });
});

describe.each(outcomes.filter(({ exit }) => exit !== 0))('$name', (outcome) => {
  it('is told with what the server said, and nothing is changed', async () => {
    const instance = install(outcome);
    const reason = outcome.log.find((line) => line.startsWith('FATAL'))!;
    const { status, stderr } = await instance.run('recover');
    expect(status).toBe(2);
    expect(stderr).toContain(`error: the server refused its recovery settings: ${reason.replace('FATAL:  ', '')}`);
    expect(await answer(instance, 'status')).toMatchObject({
      phase: 'failed',
      failure: expect.stringContaining(reason.replace('FATAL:  ', '')) as string,
      files: ['backup_label', 'tablespace_map', 'recovery.conf'],
    });
    expect(outcome.filesAfterStart).toEqual(['backup_label', 'recovery.conf', 'tablespace_map']);
  });
});

describe.each(outcomes.filter(({ started }) => started?.recovery === 'paused'))('$name', (outcome) => {
  it('is paused, and looked at', async () => {
    const instance = install(outcome);
    const state = outcome.started!;
    const recovered = await answer(instance, 'recover');
    expect(recovered).toMatchObject({
      outcome: 'paused',
      target: logText(outcome, 'starting point-in-time recovery to '),
      stoppedAt: logText(outcome, 'recovery stopping '),
      replayLsn: lsnOf(state.replay),
      preparedTransactions: [],
    });
    expect(recovered['lastCommit']).toBe(state.lastCommit ?? undefined);
    expect(JSON.stringify(recovered['nextSteps'])).toContain(`gausskeep resume --pgdata ${instance.directory}`);
    const shown = await answer(instance, 'status');
    expect(shown).toMatchObject({ phase: 'paused', inRecovery: true, paused: true, replayLsn: lsnOf(state.replay) });
    expect([...(shown['files'] as string[])].sort()).toEqual([...state.files].sort());
    // Only at an LSN the server can be restarted while it is paused.
    const isTrap = state.files.includes('recovery.done');
    expect(shown['notes']).toEqual(isTrap ? [expect.stringContaining('do not restart the server')] : []);
    if (outcome.resumed === undefined) return;

    const resumed = await answer(instance, 'resume');
    expect(resumed).toMatchObject({ wasOpen: false, replayLsn: lsnOf(outcome.resumed.replay) });
    const steps = JSON.stringify(resumed['nextSteps']);
    for (const command of ['gs_basebackup -D', 'gs_ctl build', 'replconninfo1', 'archive_mode = on']) {
      expect(steps).toContain(command);
    }
    // The archive is not known: nothing stands there to be pasted.
    expect(steps).not.toContain('ARCHIVE_COMMAND');
    expect(await answer(instance, 'status')).toMatchObject({ phase: 'open', inRecovery: false });
  });
});

describe.each(outcomes.filter(({ started }) => started?.recovery === 'over'))('$name', (outcome) => {
  it('is open, which is right only where no target was missed', async () => {
    const instance = install(outcome);
    const missed = hasTarget(outcome) && !stops(outcome);
    if (missed) {
      const { status, stderr } = await instance.run('recover');
      expect(status).toBe(16);
      expect(stderr).toContain(
        `the target ${logText(outcome, 'starting point-in-time recovery to ')!} was never reached`,
      );
      return;
    }
    const recovered = await answer(instance, 'recover');
    expect(recovered).toMatchObject({ outcome: 'open', replayLsn: lsnOf(outcome.started!.replay) });
    expect(recovered['stoppedAt']).toBe(logText(outcome, 'recovery stopping '));
    const prepared = outcome.name === 'nopause_time' ? [{ xid: '14248', name: 'gid1' }] : [];
    expect(recovered['preparedTransactions']).toMatchObject(prepared);
    expect(await answer(instance, 'resume')).toMatchObject({ wasOpen: true });
  });
});

describe('standby_mode', () => {
  it('is seen to replay for ever', async () => {
    const instance = install(named('standby_mode'));
    expect(await answer(instance, 'recover')).toMatchObject({ outcome: 'standby', nextSteps: [] });
    expect((await answer(instance, 'status'))['phase']).toBe('standby');
    const { stderr } = await instance.run('resume');
    const [failover] = pasteAll([/Make it a primary with: (.*)/.exec(stderr)?.[1] ?? 'false']);
    expect(failover).toEqual([serverUid, 'gs_ctl', 'failover', '-D', instance.directory]);
  });
});

describe('a restart while paused', () => {
  it('at a time opens the database one transaction further, which is told', async () => {
    const outcome = named('restart_while_paused_time');
    const record = { ...emptyRecord, target: '--target-time x', endLsn: parseLsn(lsnOf(outcome.started!.replay)) };
    const instance = install(outcome, { record });
    expect(await answer(instance, 'recover')).toMatchObject({ outcome: 'paused' });
    await instance.stop();
    const { status, stderr } = await instance.run('recover');
    expect(status).toBe(16);
    expect(stderr).toContain('recovery ended at 0/28000578, and 0/28000530 was promised');
  });

  it('at a time is told even where no position was promised', async () => {
    const instance = install(named('restart_while_paused_time'), {
      record: { ...emptyRecord, target: '--target-time x' },
    });
    await answer(instance, 'recover');
    await instance.stop();
    expect((await instance.run('recover')).stderr).toContain('opened the database instead of pausing');
  });

  it('at an LSN pauses again', async () => {
    const instance = install(named('restart_while_paused_lsn'));
    await answer(instance, 'recover');
    await instance.stop();
    expect(await answer(instance, 'recover')).toMatchObject({ outcome: 'paused', replayLsn: '0/28000578' });
  });
});

describe('the programs of openGauss', () => {
  it('are run in NORMAL mode with the environment of the user, completed where it lacks something', async () => {
    let instance = install(named('time'), { env: { GAUSSHOME: '/gauss', LD_LIBRARY_PATH: '/gauss/lib' } });
    await answer(instance, 'recover');
    expect(instance.calls()).toEqual([
      {
        args: ['start', '-D', instance.directory, '-M', 'normal', '-t', '2147483'],
        GAUSSHOME: '/gauss',
        LD_LIBRARY_PATH: '/gauss/lib',
        cwd: instance.directory,
      },
    ]);
    await instance.stop();
    instance = install(named('time'));
    await answer(instance, 'recover');
    const home = join(instance.bindir, '..');
    expect(instance.calls()).toMatchObject([{ GAUSSHOME: home, LD_LIBRARY_PATH: join(home, 'lib') }]);
  });

  it('are found by GAUSSHOME and PATH', async () => {
    for (const findPrograms of ['by GAUSSHOME', 'by PATH'] as const) {
      const instance = install(named('xid_inclusive'), { findPrograms });
      const { status, stderr } = await instance.run('recover');
      expect({ status, stderr }).toMatchObject({
        status: 0,
        stderr: expect.stringContaining(instance.bindir) as string,
      });
      await instance.stop();
    }
    const instance = install(named('xid_inclusive'));
    const { status, stderr } = await instance.run('recover', ['--bindir', '/nowhere']);
    expect(status).toBe(2);
    expect(stderr).toContain('no gaussdb was found in /nowhere');
    expect(instance.calls()).toEqual([]);
  });

  it('of another product or release are refused', async () => {
    const record = { ...emptyRecord, product: 'openGauss-lite', version: '5.0.5' };
    for (const [version, fits] of [
      ['gaussdb (MogDB 5.0.5 build 1) compiled at x', false],
      ['gaussdb (openGauss 3.0.0 build 1) compiled at x', false],
      ['postgres (PostgreSQL) 17.1', false],
      ['gaussdb (openGauss 5.0.9 build 1) compiled at x', true],
    ] as const) {
      const instance = install(named('time'), { version, record });
      const { status, stderr } = await instance.run('recover');
      expect({ version, status }).toEqual({ version, status: fits ? 0 : 14 });
      if (!fits) expect(stderr).toContain(version);
      expect(instance.calls()).toHaveLength(fits ? 1 : 0);
      await instance.stop();
    }
  });
});

describe('a GAUSSHOME alone', () => {
  it('says where the libraries are', async () => {
    const instance = install(named('time'), { env: { GAUSSHOME: '/gauss', LD_LIBRARY_PATH: '/mine' } });
    await answer(instance, 'recover');
    expect(instance.calls()).toMatchObject([{ GAUSSHOME: '/gauss', LD_LIBRARY_PATH: '/mine:/gauss/lib' }]);
  });

  it('with programs that do not run is no wrong product', async () => {
    const instance = install(named('time'), { findPrograms: 'by GAUSSHOME' });
    const reason = 'error while loading shared libraries: libcjson.so.1: cannot open shared object file';
    writeFileSync(join(instance.bindir, 'gaussdb'), `#!/bin/sh\necho "gaussdb: ${reason}" >&2\nexit 127\n`);
    const { status, stderr } = await instance.run('recover', ['-q']);
    expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining(reason) as string });
    expect(stderr).toContain('LD_LIBRARY_PATH');
  });
});

describe('status', () => {
  it('takes a clean stop for one, whatever sessions the log has seen end', async () => {
    const instance = install(named('time'));
    writeFileSync(join(instance.directory, 'global/pg_control'), stoppedControlFile());
    mkdirSync(join(instance.directory, 'pg_log'));
    const lines = [
      'LOG:  database system was shut down',
      'FATAL:  could not do something',
      'LOG:  database system is shut down',
    ];
    writeFileSync(join(instance.directory, 'pg_log/postgresql-2026.log'), `${lines.join('\n')}\n`);
    rmSync(join(instance.directory, 'backup_label'));
    expect(await answer(instance, 'status')).toMatchObject({ phase: 'stopped', controlState: 'shut down' });
  });

  it.each(['status', 'recover', 'resume'] as const)('as another account is a sentence (%s)', async (verb) => {
    const instance = install(named('time'));
    // Root would become the owner. A directory of its own account is one that it may not read when its mode says so.
    chmodSync(join(instance.directory, 'PG_VERSION'), 0);
    const { status, stderr } = await instance.run(verb);
    expect({ status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('is not for this account to read') as string,
    });
    expect(stderr).toContain('as the owner of the data directory');
  });

  it('tells a standby that somebody has started as one', async () => {
    const instance = install(named('standby_mode'));
    rmSync(join(instance.directory, 'recovery.conf'));
    const options = '/gauss/bin/gaussdb "-D" "/data" "-M" "standby"\n';
    writeFileSync(join(instance.directory, 'postmaster.opts'), options);
    await answer(instance, 'recover');
    expect(await answer(instance, 'status')).toMatchObject({ phase: 'standby' });
  });
});

describe('after the recovery', () => {
  it('the server may replay in parallel again, the record is gone, and a generation is to be opened', async () => {
    const serial = serialReplaySettings(capabilitiesOf(identifyOpengauss()));
    const before = 'recovery_max_workers = 4\n';
    const outcome = named('xid_inclusive');
    const instance = install(outcome, {
      postgresqlConf: addSettings(fromText(before), serial),
      record: {
        ...emptyRecord,
        addedSettings: serial,
        archive: { place: '/srv/archive', generation: 3 },
        archiveCommand: '/gk/gausskeep wal push %p --archive /srv/archive --generation 3 -Z gzip',
        endLsn: parseLsn('0/28000578'),
        slots: ['dn_6002'],
      },
    });
    const paused = await answer(instance, 'recover');
    expect(paused['archiveMode']).toBe('off');
    expect(existsSync(join(instance.directory, '.gausskeep.recovery'))).toBe(true);
    const resumed = await answer(instance, 'resume');
    expect(readFileSync(join(instance.directory, 'postgresql.conf'), 'utf8')).toBe(before);
    expect(existsSync(join(instance.directory, '.gausskeep.recovery'))).toBe(false);
    const steps = resumed['nextSteps'] as { command: string }[];
    const commands = steps.map(({ command }) => command);
    expect(commands).toContain(
      'gausskeep wal generation --open --parent 3 --fork-lsn 0/28000578 --archive /srv/archive',
    );
    expect(commands.some((command) => command.includes('dn_6002'))).toBe(true);
    // Into the generation that is opened by the step before, and again for whoever asks again.
    const archiving = commands.find((command) => command.includes('archive_mode = on'))!;
    const again = (await answer(instance, 'resume'))['nextSteps'] as { command: string }[];
    expect(again.map(({ command }) => command)).toContain(archiving);
    expect(again.map(({ command }) => command)).toContain(
      'gausskeep wal generation --open --parent 3 --fork-lsn 0/28000578 --archive /srv/archive',
    );
    // Each as the account of the server, whoever pastes it.
    const pasted = pasteAll(commands.filter((command) => !command.startsWith('gausskeep ')));
    expect(new Set(pasted.map(([uid]) => uid))).toEqual(new Set([serverUid]));
    const { port } = JSON.parse(readFileSync(join(dirname(instance.directory), 'place.json'), 'utf8')) as {
      port: number;
    };
    const place = ['-h', dirname(instance.directory), '-p', String(port), '-U', serverAccount];
    const archive = /^archive_command = '.* wal push %p --archive \/srv\/archive --generation 4 -Z gzip'$/;
    const slot = `SELECT pg_create_physical_replication_slot('dn_6002', false)`;
    const set = ['-D', instance.directory, '-c'];
    expect(pasted.map(([, ...words]) => words)).toEqual([
      ['gs_guc', 'reload', ...set, expect.stringMatching(archive), '-c', 'archive_mode = on'],
      ['gs_basebackup', '-D', 'NEW_DIRECTORY', '-X', 'fetch', ...place],
      ['gs_guc', 'set', ...set, "replconninfo1 = ''"],
      ['gs_ctl', 'build', '-D', 'STANDBY_DIRECTORY', '-b', 'full'],
      ['gs_ctl', 'restart', '-D', instance.directory, '-M', 'normal'],
      ['gsql', ...place, 'postgres', '-c', slot],
    ]);
  });

  it('that could not pause although it was to, this is said', async () => {
    const outcome = named('nopause_time');
    const instance = install(outcome, { record: { ...emptyRecord, pauses: false, pauseImpossible: true } });
    const { status, stderr } = await instance.run('recover');
    expect({ status, stderr }).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('cannot pause where this recovery ends') as string,
    });
  });

  it('what people read is told in full', async () => {
    const instance = install(named('time'));
    const recovered = await instance.run('recover');
    expect(recovered.stdout).toContain('recovery is paused: stopped before commit of transaction 14244');
    expect(recovered.stdout).toContain('replayed up to 0/28000530, last transaction at 2026-11-20 21:28:23.678877+00');
    expect(recovered.stderr).toContain('server: starting point-in-time recovery to 2026-11-20 21:28:25+00');
    expect(recovered.stderr).toContain('do not restart the server while it is paused');
    const shown = await instance.run('status');
    expect(shown.stdout).toContain('paused at its target, read-only');
    expect((await instance.run('resume')).stdout).toMatch(
      /^the database is open for writing\nWhat remains to be done:\n/,
    );
  });
});
