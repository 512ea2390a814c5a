import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BackupError } from '../errors/backup-error.ts';
import { Teller } from '../events/teller.ts';
import { render, say, type Message } from '../messages/message.ts';
import { describeServer } from '../server/identity.ts';
import { restoreRulesOf } from '../server/restore-rules.ts';
import { askServer, promisedPrepared, type ServerAnswers } from './ask-server.ts';
import { checkRoomForWal } from './check-room.ts';
import { runningManagers } from './cluster-managers.ts';
import { isConfiguredToRecover, openDataDirectory, type DataDirectory } from './data-directory.ts';
import type { RecoveryTeller } from './events.ts';
import { findPrograms, type ProgramEnvironment } from './find-programs.ts';
import { finishRecovery, markEnd } from './finish.ts';
import { followRecovery, type Arrival, type FindLogin, type FollowOptions } from './follow.ts';
import { LogFollower } from './log-follower.ts';
import { markHistory } from './mark-history.ts';
import type { ArchiveCommand } from './archiving-steps.ts';
import { stepsAfter, stepsWhilePaused } from './next-steps.ts';
import { pausedEarly } from './pause.ts';
import { runningPid } from './postmaster.ts';
import { brokenPromise, isAtPromise, missed, unexpectedPrepared } from './promise.ts';
import type { PreparedTransaction, ServerState } from './server-state.ts';
import { startServer } from './start-server.ts';
import type { CommandReader, NextStep } from './step-commands.ts';
import { stopServer } from './stop-server.ts';
import { hotStandbyIsOff, nothingToRecover, stepsAfterShutdown, stoppedCopyOf } from './stopped-copy.ts';
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
  /** For the next steps: the archive_command for an archive of ours. */
  readonly archiveCommand?: ArchiveCommand | undefined;
  /** Who will paste the next steps; default: the account that this runs as. */
  readonly reader?: CommandReader | undefined;
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
  /** As the server has it in force; undefined: it was not asked. */
  readonly archiveMode: string | undefined;
  /** The server came up, but is not what it should be. */
  readonly problem: BackupError | undefined;
  /** Nothing speaks against it, but not all was checked or is as it should be; warnings have said so. */
  readonly isPartial: boolean;
  readonly nextSteps: readonly NextStep[];
}

/**
 * Starts a restored instance, follows its recovery to the pause or the end, checks that it stopped where it should, and
 * leaves it running; one that is open elsewhere is stopped again.
 * @throws BackupError with what the server failed with; `LOCKED` when it runs already; see `findPrograms`
 */
export async function recoverInstance(request: RecoverRequest, options: FollowOptions = {}): Promise<RecoverReport> {
  const { signal } = options;
  const teller: RecoveryTeller = new Teller(options.onEvent);
  const { tell } = teller;
  teller.enter('start');
  const data = openDataDirectory(request.directory);
  await checkBeforeStart(data, request);
  const archiveRecovery = isConfiguredToRecover(data) || data.record?.archiveRecovery === true;
  for (const { name, pid } of runningManagers(data.dialect.managers)) {
    tell({ type: 'warning', sentence: say('recovery.manager', { name, pid }) });
  }
  if (shutsDownAtTarget(data, request)) tell({ type: 'warning', sentence: say('recovery.no-hot-standby') });
  const programs = await findPrograms(data, { bindir: request.bindir, environment: request.environment }, { signal });
  tell({
    type: 'note',
    sentence: say('recovery.programs', { server: describeServer(programs.identity), directory: programs.directory }),
  });
  const logFile = request.logFile ?? startLog(data);
  const watch = new RecoveryWatch(tell);
  const follower = new LogFollower([logFile], logDirectories(data, request.configFile));
  const archivingOff = data.record?.archiveMode !== 'preserve';
  const started = await startServer(data, programs, { logFile, configFile: request.configFile, archivingOff });
  const hasEnded = (): boolean => {
    const status = started.status();
    if (status === undefined) return false;
    // gs_ctl ends when the server is up, or when it has given up waiting for it.
    return data.dialect.controlProgram === undefined || runningPid(data.path) === undefined;
  };
  teller.enter('replay');
  const following = { data, watch, teller, follower, login: request.login, hasEnded, logFile };
  const arrival = await followRecovery(following, options);
  teller.enter('check');
  const state = arrival.outcome === 'shut-down' ? shutDownState(data) : arrival.state;
  const followed = { arrival: { ...arrival, state }, watch, teller, logFile, archiveRecovery };
  return new Reporter(request, data, followed, options).report();
}

/** A server that has shut down at its target has left in pg_control how far it came. undefined: not less, perhaps more. */
function shutDownState(data: DataDirectory): ServerState | undefined {
  const { control } = openDataDirectory(data.path);
  const replayLsn = control.minRecoveryPoint;
  if (isAtPromise(data, replayLsn) !== true) return undefined;
  return { inRecovery: true, paused: false, replayLsn, lastCommit: undefined };
}

/** What makes a start wrong or senseless, before anything is touched. */
async function checkBeforeStart(data: DataDirectory, request: RecoverRequest): Promise<void> {
  const { path, owner, record } = data;
  const pid = runningPid(path);
  if (pid !== undefined) {
    throw new BackupError('LOCKED', say('recovery.running', { path, pid }), {
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
  if (record?.ended?.how === 'missed') {
    if (request.allowEndOfWal === true) return;
    throw missed(record, say('recovery.marked', { text: record.ended.text ?? '' }));
  }
  const copy = stoppedCopyOf(data);
  if (copy === 'recovered' || copy === 'uncompared' || copy === 'own')
    throw await nothingToRecover(data, copy, request);
  await checkRoomForWal(data);
}

/** PostgreSQL makes a shutdown of the pause that it cannot make. */
function shutsDownAtTarget(data: DataDirectory, { configFile }: RecoverRequest): boolean {
  const { identity, record } = data;
  if (restoreRulesOf(identity.family).pauseWithoutHotStandby === 'pause') return false;
  if (record?.pauses !== true && record?.atTarget !== 'shutdown') return false;
  return hotStandbyIsOff(data, configFile);
}

interface Followed {
  readonly arrival: Arrival;
  readonly watch: RecoveryWatch;
  readonly teller: RecoveryTeller;
  readonly logFile: string;
  /** It went through archive recovery, not only through the WAL of its own directory. */
  readonly archiveRecovery: boolean;
}

/** Judges where a server came to, and does what follows from it. */
class Reporter {
  readonly #request: RecoverRequest;
  readonly #data: DataDirectory;
  readonly #followed: Followed;
  readonly #options: FollowOptions;

  constructor(request: RecoverRequest, data: DataDirectory, followed: Followed, options: FollowOptions) {
    this.#request = request;
    this.#data = data;
    this.#followed = followed;
    this.#options = options;
  }

  async report(): Promise<RecoverReport> {
    const { arrival, watch, logFile } = this.#followed;
    const data = this.#data;
    const answers = await this.#ask();
    const problem = await this.#judge(answers);
    const isOpen = arrival.outcome === 'open';
    if (isOpen && problem === undefined) await this.#finish();
    const archivingIsOn = this.#checkArchiving(answers);
    const prepared = answers?.prepared ?? (isOpen ? [] : promisedPrepared(data));
    return {
      ...arrival,
      directory: data.path,
      server: describeServer(data.identity),
      logFile,
      target: watch.target,
      stoppedAt: watch.stoppedAt,
      prepared,
      archiveMode: answers?.archiveMode,
      problem,
      // Known from the log alone: a warning has said so.
      isPartial: archivingIsOn || (arrival.state === undefined && arrival.outcome !== 'shut-down'),
      nextSteps: problem === undefined && !isStandby(data) ? await this.#steps(answers) : [],
    };
  }

  async #ask(): Promise<ServerAnswers | undefined> {
    const { postmaster, state, outcome } = this.#followed.arrival;
    if (postmaster === undefined || state === undefined) return undefined;
    const isOpen = outcome === 'open';
    return askServer(this.#data, { postmaster, login: this.#request.login, isOpen }, this.#options.signal);
  }

  async #judge(answers: ServerAnswers | undefined): Promise<BackupError | undefined> {
    const { arrival, watch, archiveRecovery } = this.#followed;
    const data = this.#data;
    const early =
      arrival.outcome === 'paused'
        ? pausedEarly(data, arrival.state, { watch, configFile: this.#request.configFile })
        : undefined;
    if (early !== undefined) {
      // Somebody's pause is theirs to end, and nothing is wrong with the server.
      if (early.code === 'SERVER_ERROR') return early;
      // Stopped, the same command goes on where it is when the cause is gone; resumed, the server would end.
      await this.#stop('recovery.stopped-to-correct');
      return early;
    }
    const facts = { lastStatus: answers?.lastStatus, prepared: answers?.prepared };
    const problem = brokenPromise(data, arrival, watch, facts);
    const lsn = arrival.state?.replayLsn;
    if (problem === undefined) return undefined;
    if (this.#request.allowEndOfWal === true) {
      this.#warn(problem.sentence);
      await markEnd(data, { how: 'accepted', lsn, text: undefined, archiveRecovery }, this.#options);
      return undefined;
    }
    await markEnd(data, { how: 'missed', lsn, text: render(problem.sentence), archiveRecovery }, this.#options);
    if (arrival.outcome === 'open') await this.#stop('recovery.stopped-again');
    return problem;
  }

  async #stop(key: 'recovery.stopped-again' | 'recovery.stopped-to-correct'): Promise<void> {
    const hasEnded = await stopServer(this.#data, this.#options);
    this.#warn(hasEnded ? say(key) : say('recovery.not-stopped', { path: this.#data.path }));
  }

  async #finish(): Promise<void> {
    const { arrival, archiveRecovery } = this.#followed;
    const { record } = this.#data;
    if (record?.pauseImpossible === true) this.#warn(say('recovery.could-not-pause'));
    const end = { lsn: arrival.state?.replayLsn, archiveRecovery };
    for (const sentence of await finishRecovery(this.#data, end, this.#options)) {
      this.#followed.teller.tell({ type: 'note', sentence });
    }
    const marked = markHistory(this.#data);
    if (marked !== undefined) this.#followed.teller.tell({ type: 'note', sentence: marked });
  }

  /** Nothing is said of archiving that the server does not say itself. @returns whether it is on and should not be */
  #checkArchiving(answers: ServerAnswers | undefined): boolean {
    const mode = answers?.archiveMode;
    if (mode === undefined || mode === 'off' || this.#data.record?.archiveMode === 'preserve') return false;
    this.#warn(say('recovery.archiving-on', { mode }));
    return true;
  }

  async #steps(answers: ServerAnswers | undefined): Promise<readonly NextStep[]> {
    const { arrival, archiveRecovery } = this.#followed;
    const data = this.#data;
    const { postmaster, state, outcome, user } = arrival;
    const { archiveCommand, reader, configFile } = this.#request;
    const reached = { postmaster, user, reader };
    if (data.dialect.restartOpens && outcome === 'paused' && !existsSync(join(data.path, 'recovery.conf'))) {
      this.#warn(say('recovery.restart-trap'));
    }
    if (outcome === 'shut-down') return stepsAfterShutdown(data, reached, configFile);
    if (outcome !== 'open') return stepsWhilePaused(data, reached);
    const prepared = answers?.prepared ?? [];
    const unexpected = unexpectedPrepared(data.record, prepared);
    if (unexpected !== undefined) this.#warn(unexpected);
    return stepsAfter(data, { ...reached, state, prepared, answers, archiveRecovery, archiveCommand });
  }

  #warn(sentence: Message): void {
    this.#followed.teller.tell({ type: 'warning', sentence });
  }
}
