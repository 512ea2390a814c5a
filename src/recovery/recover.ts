import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { describeServer } from '../server/identity.ts';
import { formatLsn, type Lsn } from '../wal/lsn.ts';
import { runningManagers } from './cluster-managers.ts';
import { isAlive, openDataDirectory, recoveryFiles, runningPostmaster, type DataDirectory } from './data-directory.ts';
import { findPrograms, type ProgramEnvironment } from './find-programs.ts';
import { finishRecovery } from './finish.ts';
import { followRecovery, type Arrival, type FindLogin, type FollowOptions } from './follow.ts';
import { LogFollower } from './log-follower.ts';
import { stepsAfter, stepsWhilePaused, type NextStep } from './next-steps.ts';
import { ServerQuestions, type PreparedTransaction } from './server-state.ts';
import { startServer } from './start-server.ts';
import { isStandby, logDirectories, RecoveryWatch, startLog } from './watch.ts';

export interface RecoverRequest {
  /** Absolute. It must be ours: servers run as the owner of their data. */
  readonly directory: string;
  readonly bindir?: string | undefined;
  /** Where postgresql.conf is elsewhere, as on Debian. */
  readonly configFile?: string | undefined;
  /** For what the server says before its own log is open; default: a file in the data directory. */
  readonly logFile?: string | undefined;
  /** It is no failure when the WAL ends before the target. */
  readonly allowEndOfWal?: boolean | undefined;
  readonly login: FindLogin;
  readonly environment: ProgramEnvironment;
}

/** Where a recovery came to, and whether that is what was wanted. */
export interface RecoverReport extends Arrival {
  readonly directory: string;
  /** `openGauss-lite 5.0.5` */
  readonly server: string;
  readonly logFile: string;
  /** What the server said that it recovers to, and where it said that it stopped. */
  readonly target: string | undefined;
  readonly stoppedAt: string | undefined;
  readonly prepared: readonly PreparedTransaction[];
  /** The server is up, but not where it should be. */
  readonly problem: BackupError | undefined;
  readonly nextSteps: readonly NextStep[];
}

/**
 * Starts a restored instance, follows its recovery to the pause or the end, checks that it stopped where it should, and
 * leaves it running.
 * @throws BackupError with what the server failed with; `LOCKED` when it runs already; see `findPrograms`
 */
export async function recoverInstance(request: RecoverRequest, options: FollowOptions = {}): Promise<RecoverReport> {
  const { onEvent = () => undefined, signal } = options;
  const data = openDataDirectory(request.directory);
  checkBeforeStart(data);
  for (const { name, pid } of runningManagers(data.dialect.managers)) {
    onEvent({ type: 'warning', message: say('recovery.manager', { name, pid }) });
  }
  const programs = await findPrograms(data, { bindir: request.bindir, environment: request.environment }, { signal });
  onEvent({
    type: 'note',
    message: say('recovery.programs', { server: describeServer(programs.identity), directory: programs.directory }),
  });
  const logFile = request.logFile ?? startLog(data);
  const watch = new RecoveryWatch(onEvent);
  const follower = new LogFollower([logFile], logDirectories(data, request.configFile));
  const started = await startServer(data, programs, { logFile, configFile: request.configFile });
  const hasEnded = (): boolean => {
    const status = started.status();
    if (status === undefined) return false;
    // gs_ctl ends when the server is up, or when it has given up waiting for it.
    return data.dialect.controlProgram === undefined || runningPostmaster(data.path) === undefined;
  };
  const arrival = await followRecovery({ data, watch, follower, login: request.login, hasEnded, logFile }, options);
  return report(request, data, { arrival, watch, logFile }, options);
}

/** What makes a start wrong or senseless, before anything is touched. */
function checkBeforeStart(data: DataDirectory): void {
  const { path, owner, control, dialect } = data;
  const running = runningPostmaster(path);
  if (running !== undefined && isAlive(running.pid)) {
    throw new BackupError('LOCKED', say('recovery.running', { path, pid: running.pid }), {
      hint: say('recovery.running.hint', { path }),
    });
  }
  const uid = process.geteuid?.();
  if (uid === 0 || owner.uid === 0) {
    throw new BackupError('CONFIG_INVALID', say('recovery.root', { path }), { hint: say('recovery.root.hint') });
  }
  if (uid !== undefined && uid !== owner.uid) {
    throw new BackupError('CONFIG_INVALID', say('recovery.not-owner', { path, owner: owner.uid }));
  }
  const files = recoveryFiles(data);
  const inRecovery = control.state === 'in archive recovery' || control.state === 'shut down in recovery';
  if (files.includes('backup_label') || inRecovery) return;
  if ([...dialect.configurationFiles, dialect.doneFile].some((name) => name !== undefined && files.includes(name)))
    return;
  throw new BackupError('CONFIG_INVALID', say('recovery.nothing', { path }), { hint: say('recovery.nothing.hint') });
}

async function report(
  request: RecoverRequest,
  data: DataDirectory,
  { arrival, watch, logFile }: { arrival: Arrival; watch: RecoveryWatch; logFile: string },
  { signal, onEvent }: FollowOptions,
): Promise<RecoverReport> {
  const problem = request.allowEndOfWal === true ? undefined : findProblem(data, arrival, watch);
  const prepared = await preparedOf(request, data, arrival, signal);
  const isOpen = arrival.outcome === 'open';
  if (isOpen && problem === undefined) {
    for (const message of await finishRecovery(data, { signal })) onEvent?.({ type: 'note', message });
  }
  if (arrival.outcome === 'paused' && data.dialect.restartOpens && !existsSync(join(data.path, 'recovery.conf'))) {
    onEvent?.({ type: 'warning', message: say('recovery.restart-trap') });
  }
  const facts = { postmaster: arrival.postmaster, state: arrival.state, prepared };
  const nextSteps = isOpen ? stepsAfter(data, facts) : stepsWhilePaused(data, arrival.postmaster);
  return {
    ...arrival,
    directory: data.path,
    server: describeServer(data.identity),
    logFile,
    target: watch.target,
    stoppedAt: watch.stoppedAt,
    prepared,
    problem,
    nextSteps: problem === undefined && arrival.outcome !== 'shut-down' && !isStandby(data) ? nextSteps : [],
  };
}

/** The server is up: is it where it was told to be? Servers open at the end of the WAL without a word. */
function findProblem(data: DataDirectory, arrival: Arrival, watch: RecoveryWatch): BackupError | undefined {
  const again = data.record?.restoreCommandLine;
  const hint =
    again === undefined
      ? say('recovery.restore-again.hint')
      : say('recovery.restore-again-by.hint', { command: again });
  const { outcome, state } = arrival;
  const promised = data.record?.endLsn;
  const replayed = state?.replayLsn;
  const segmentSize = BigInt(data.control.walSegmentSizeBytes);
  const mayBeBehind =
    data.record?.endIsLeast === true && replayed !== undefined && promised !== undefined && replayed > promised;
  if (promised !== undefined && replayed !== undefined && !mayBeBehind && !samePlace(promised, replayed, segmentSize)) {
    const positions = { replayed: formatLsn(replayed), promised: formatLsn(promised) };
    return new BackupError('TARGET_UNREACHABLE', say('recovery.stopped-elsewhere', positions), { hint });
  }
  if (outcome === 'open' && watch.target !== undefined && watch.stoppedAt === undefined) {
    return new BackupError('TARGET_UNREACHABLE', say('recovery.not-reached', { target: watch.target }), { hint });
  }
  const doneBefore =
    outcome === 'open' &&
    watch.target === undefined &&
    data.record?.pauses === true &&
    data.record.target !== undefined;
  if (doneBefore && promised === undefined) {
    return new BackupError('TARGET_UNREACHABLE', say('recovery.opened-instead'), { hint });
  }
  return undefined;
}

const walPageSize = 8192n;
const pageHeader = 24n;
const segmentHeader = 40n;

/** The end of a page and the first record of the next are one place: nothing but the header lies between. */
function samePlace(left: Lsn, right: Lsn, segmentSize: bigint): boolean {
  const place = (position: bigint): bigint => {
    if (position % segmentSize === segmentHeader) return position - segmentHeader;
    return position % walPageSize === pageHeader ? position - pageHeader : position;
  };
  return place(left) === place(right);
}

async function preparedOf(
  request: RecoverRequest,
  { dialect }: DataDirectory,
  { postmaster, state }: Arrival,
  signal: AbortSignal | undefined,
): Promise<PreparedTransaction[]> {
  if (postmaster === undefined || state === undefined) return [];
  const place = { host: postmaster.socketDirectory ?? '127.0.0.1', port: postmaster.port };
  const questions = new ServerQuestions(postmaster, dialect, await request.login(place));
  try {
    return await questions.prepared(signal);
  } finally {
    await questions.close();
  }
}
