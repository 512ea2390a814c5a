import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { encodeRecoveryRecord, recoveryRecordName, type RecoveryRecord } from '../../../src/server/recovery-record.ts';
import { giveToServerUser } from '../postgres/server-user.ts';
import { runProgram, startProgram, type ProgramResult, type RunningProgram } from '../programs.ts';
import { projectRoot } from '../project.ts';
import { runDirectory } from '../run-directory.ts';
import type { Outcome } from './outcomes.ts';

export const recordedVersion =
  'gaussdb (openGauss-lite 5.0.5 build c9f6da70) compiled at 2026-11-20 20:21:49 commit 13 last mr 8152 release';

/** A restored data directory, and programs that play one recorded recovery on it. */
export interface StandIn {
  readonly directory: string;
  readonly bindir: string;
  run(
    verb: 'recover' | 'resume' | 'status',
    more?: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<ProgramResult>;
  /** The same, under way. */
  start(verb: 'recover', env?: Readonly<Record<string, string>>): RunningProgram;
  /** What gs_ctl was called with. */
  calls(): { args: string[]; GAUSSHOME?: string; LD_LIBRARY_PATH?: string; cwd: string }[];
  /** A fast stop. */
  stop(): Promise<void>;
}

export interface StandInOptions {
  readonly version?: string;
  readonly record?: RecoveryRecord;
  readonly postgresqlConf?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Does not name the programs to `recover`, but leaves them to be found. */
  readonly findPrograms?: 'by GAUSSHOME' | 'by PATH';
}

export function installStandIn(outcome: Outcome, options: StandInOptions = {}): StandIn {
  const home = runDirectory().make('gs-ctl');
  const directory = join(home, 'data');
  const bindir = join(home, 'app', 'bin');
  mkdirSync(join(directory, 'global'), { recursive: true });
  mkdirSync(bindir, { recursive: true });
  fillDataDirectory(directory, outcome, options);
  const place = { port: 20_000 + Math.floor(Math.random() * 10_000), socketDirectory: home };
  writeFileSync(join(home, 'place.json'), JSON.stringify(place));
  writeFileSync(join(home, 'outcome.json'), JSON.stringify(outcome));
  writeFileSync(join(home, 'version'), options.version ?? recordedVersion);
  for (const name of ['gs_ctl', 'gaussdb']) {
    copyFileSync(join(projectRoot, 'test/support/gs-ctl', `${name}.mjs`), join(bindir, `${name}.mjs`));
    const script = `#!/bin/sh\nNODE_OPTIONS= STAND_IN_HOME='${home}' exec '${process.execPath}' '${join(bindir, name)}.mjs' "$@"\n`;
    writeFileSync(join(bindir, name), script);
    chmodSync(join(bindir, name), 0o755);
  }
  giveToServerUser(home);
  chmodSync(directory, 0o700);
  const { findPrograms } = options;
  const found = {
    'by GAUSSHOME': { GAUSSHOME: join(home, 'app') },
    'by PATH': { PATH: `${bindir}:/usr/bin:/bin` },
    '': {},
  }[findPrograms ?? ''];
  const env = { GAUSSHOME: undefined, LD_LIBRARY_PATH: undefined, ...found, ...options.env };
  return {
    directory,
    bindir,
    start: (verb, more = {}) =>
      startProgram('gausskeep', [verb, '--pgdata', directory, '--bindir', bindir], { env: { ...env, ...more } }),
    async run(verb, more = [], moreEnv = {}) {
      const named = findPrograms === undefined && !more.includes('--bindir');
      const own = verb === 'recover' && named ? ['--bindir', bindir] : [];
      const result = await runProgram('gausskeep', [verb, '--pgdata', directory, ...own, ...more], {
        env: { ...env, ...moreEnv },
      });
      guard(directory);
      return result;
    },
    calls: () => {
      const text = existsSync(join(home, 'calls')) ? readFileSync(join(home, 'calls'), 'utf8') : '';
      const lines = text.split('\n').filter((line) => line !== '');
      return lines.map((line) => JSON.parse(line) as ReturnType<StandIn['calls']>[number]);
    },
    async stop() {
      const pid = guard(directory);
      if (pid === undefined) return;
      process.kill(pid, 'SIGINT');
      while (existsSync(join(directory, 'postmaster.pid'))) await delay(10);
      runDirectory().release(pid);
    },
  };
}

function fillDataDirectory(directory: string, outcome: Outcome, { record, postgresqlConf }: StandInOptions): void {
  const recorded = join(projectRoot, 'test/fixtures/opengauss/pgdata/pg_control.gz');
  const write = (name: string, content: string | Uint8Array): void => {
    writeFileSync(join(directory, name), content, { mode: 0o600 });
  };
  write('global/pg_control', gunzipSync(readFileSync(recorded)));
  write('PG_VERSION', '9.2\n');
  write('postgresql.conf', postgresqlConf ?? "log_directory = 'pg_log'\n");
  write('backup_label', 'START WAL LOCATION: 0/27000028 (file 000000010000000000000027)\n');
  write('tablespace_map', '');
  if (outcome.recoveryConf !== undefined) write('recovery.conf', outcome.recoveryConf);
  if (record !== undefined) write(recoveryRecordName, encodeRecoveryRecord(record));
}

/** The stand-in must not outlive the tests. Its command is node, which the watchdog is told. */
function guard(directory: string): number | undefined {
  const file = join(directory, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
  runDirectory().guard(pid);
  writeFileSync(join(runDirectory().path, 'pids', String(pid)), readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
  return pid;
}
