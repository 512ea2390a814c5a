import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BackupError } from '../errors/backup-error.ts';
import { Teller } from '../events/teller.ts';
import { render, say, shellWord } from '../messages/message.ts';
import { describeServer } from '../server/identity.ts';
import type { ArchiveCommand } from './archiving-steps.ts';
import { answersOf, type ServerAnswers } from './ask-server.ts';
import { openDataDirectory, type DataDirectory } from './data-directory.ts';
import type { RecoveryTeller } from './events.ts';
import type { ProgramEnvironment } from './find-programs.ts';
import { finishRecovery, markEnd } from './finish.ts';
import { followRecovery, type FindLogin, type FollowOptions } from './follow.ts';
import { LogFollower, newestLog, tailOf } from './log-follower.ts';
import { markHistory } from './mark-history.ts';
import { stepsAfter } from './next-steps.ts';
import { pausedEarly } from './pause.ts';
import { isAlive, placeOf, runningPid, runningPostmaster, type Postmaster } from './postmaster.ts';
import { brokenPromise, isAtPromise, missed, unexpectedPrepared } from './promise.ts';
import { ServerQuestions, type PreparedTransaction, type ServerState } from './server-state.ts';
import { StepCommands, type CommandReader, type NextStep } from './step-commands.ts';
import { stopServer } from './stop-server.ts';
import { notRunning, stoppedCopyOf } from './stopped-copy.ts';
import { isStandby, logDirectories, RecoveryWatch, startLog } from './watch.ts';

export interface ResumeRequest {
  /** Absolute. */
  readonly directory: string;
  readonly configFile?: string | undefined;
  /** It is no failure that the recovery has ended elsewhere than promised. */
  readonly allowEndOfWal?: boolean | undefined;
  readonly login: FindLogin;
  readonly archiveCommand?: ArchiveCommand | undefined;
  /** Where the programs of the server may be, for the commands that are told. */
  readonly environment?: ProgramEnvironment | undefined;
  /** Who will paste the next steps; default: the account that this runs as. */
  readonly reader?: CommandReader | undefined;
}

export interface ResumeReport {
  readonly directory: string;
  readonly server: string;
  /** It was read-write before. */
  readonly wasOpen: boolean;
  readonly state: ServerState | undefined;
  readonly prepared: readonly PreparedTransaction[];
  readonly nextSteps: readonly NextStep[];
}

/**
 * Ends the pause at a recovery target, waits until the database is read-write, checks that it is what was promised, and
 * takes out again what was configured for the recovery.
 * @throws BackupError `SERVER_UNREACHABLE` when it does not run or takes no sessions yet, `SERVER_ERROR` when it is not paused at
 * its target or fails, `CONFIG_INVALID` for an open server that no restore of ours has to do with,
 * `TARGET_UNREACHABLE` for a copy that is not what was promised
 */
export async function resumeInstance(request: ResumeRequest, options: FollowOptions = {}): Promise<ResumeReport> {
  const data = openDataDirectory(request.directory);
  const { path, record } = data;
  if (record?.ended?.how === 'missed' && request.allowEndOfWal !== true) {
    throw missed(record, say('recovery.marked', { text: record.ended.text ?? '' }));
  }
  const log = newestLog([startLog(data)], logDirectories(data, request.configFile));
  if (runningPid(path) === undefined) {
    throw await notRunning(data, stoppedCopyOf(data, watchOf(log), request.configFile), request);
  }
  const postmaster = runningPostmaster(data);
  if (postmaster === undefined) throw notYet(path);
  const questions = new ServerQuestions(postmaster, data.dialect, await request.login(placeOf(postmaster)));
  try {
    return await new Resuming(request, data, { postmaster, questions }, options).run();
  } finally {
    await questions.close();
  }
}

/** What the end of a log says. */
function watchOf(log: string | undefined): RecoveryWatch {
  const watch = new RecoveryWatch();
  for (const line of log === undefined ? [] : tailOf(log)) watch.line(line);
  return watch;
}

/** Why a server that runs does not answer. @param host where the user wants to reach it; undefined: by its own socket */
function noAnswer({ path }: DataDirectory, { postmaster }: Reached, host: string | undefined): BackupError {
  const { status, socketDirectory, port } = postmaster;
  if (host === undefined || (status !== 'ready' && status !== 'standby')) return notYet(path);
  const own = socketDirectory ?? postmaster.listenAddress ?? '-';
  return new BackupError('SERVER_UNREACHABLE', say('recovery.not-there', { host, port }), {
    hint: say('recovery.not-there.hint', { own }),
    retryable: false,
  });
}

/** Waited for, it would be opened the moment that it pauses: nobody would have looked. */
function notYet(path: string): BackupError {
  return new BackupError('SERVER_UNREACHABLE', say('recovery.no-sessions'), {
    hint: say('recovery.no-sessions.hint', { path }),
    retryable: false,
  });
}

interface Reached {
  readonly postmaster: Postmaster;
  readonly questions: ServerQuestions;
}

class Resuming {
  readonly #request: ResumeRequest;
  readonly #data: DataDirectory;
  readonly #reached: Reached;
  readonly #options: FollowOptions;
  readonly #teller: RecoveryTeller;

  constructor(request: ResumeRequest, data: DataDirectory, reached: Reached, options: FollowOptions) {
    this.#request = request;
    this.#data = data;
    this.#reached = reached;
    this.#options = options;
    this.#teller = new Teller(options.onEvent);
  }

  async run(): Promise<ResumeReport> {
    const { postmaster, questions } = this.#reached;
    const { signal } = this.#options;
    const teller = this.#teller;
    teller.enter('check');
    const data = this.#data;
    const state = await questions.state(signal);
    if (state === undefined) throw noAnswer(data, this.#reached, this.#request.reader?.host);
    const known = data.record ?? data.past;
    if (!state.inRecovery && known === undefined) throw notRecoveredHere(data.path);
    const archiveRecovery = state.inRecovery || known?.archiveRecovery === true;
    if (state.inRecovery) await this.#open(state);
    teller.enter('check');
    const now = (await questions.state(signal)) ?? { ...state, inRecovery: false, paused: false };
    const answers = await answersOf(data, questions, true, signal);
    if (data.record !== undefined) await this.#judge(now, answers, archiveRecovery);
    // Asked again, what was found out the first time stays.
    const isFirst = state.inRecovery || data.record !== undefined;
    const end = { lsn: now.replayLsn, archiveRecovery };
    for (const sentence of isFirst ? await finishRecovery(data, end, this.#options) : [])
      teller.tell({ type: 'note', sentence });
    const marked = markHistory(data);
    if (marked !== undefined) teller.tell({ type: 'note', sentence: marked });
    const prepared = answers.prepared ?? [];
    const unexpected = unexpectedPrepared(data.record, prepared);
    if (unexpected !== undefined) teller.tell({ type: 'warning', sentence: unexpected });
    const { archiveCommand, reader } = this.#request;
    const reached = { postmaster, user: questions.user, reader };
    return {
      directory: data.path,
      server: describeServer(data.identity),
      wasOpen: !state.inRecovery,
      state: now,
      prepared,
      nextSteps: await stepsAfter(data, { ...reached, state: now, prepared, answers, archiveRecovery, archiveCommand }),
    };
  }

  async #open(state: ServerState): Promise<void> {
    const { postmaster } = this.#reached;
    const data = this.#data;
    const { login, configFile } = this.#request;
    if (state.paused) await this.#checkPause(state);
    const watch = new RecoveryWatch(this.#teller.tell);
    const follower = new LogFollower([startLog(data)], logDirectories(data, configFile));
    this.#teller.enter('replay');
    await this.#endPause(state);
    const hasEnded = (): boolean => !isAlive(postmaster.pid);
    const logFile = startLog(data);
    await followRecovery(
      { data, watch, teller: this.#teller, follower, login, hasEnded, untilOpen: true, logFile },
      this.#options,
    );
  }

  /** A pause before the target is not ours to end, and one behind it must not be. */
  async #checkPause(state: ServerState): Promise<void> {
    const { record } = this.#data;
    const early = pausedEarly(this.#data, state, {
      watch: this.#tail(),
      configFile: this.#request.configFile,
    });
    if (early !== undefined) throw early;
    if (this.#isAccepted || isAtPromise(this.#data, state.replayLsn) !== false) return;
    const problem = brokenPromise(this.#data, { outcome: 'paused', state }, this.#tail(), nothingAsked);
    if (problem === undefined) return;
    const text = render(problem.sentence);
    const ended = { how: 'missed', lsn: state.replayLsn, text, archiveRecovery: true } as const;
    await markEnd(this.#data, ended, this.#options);
    throw missed(record, problem.sentence);
  }

  async #endPause(state: ServerState): Promise<void> {
    const { postmaster, questions } = this.#reached;
    const data = this.#data;
    if (state.paused) return questions.resume(this.#options.signal);
    const { promoteFile } = data.dialect;
    if (isStandby(data) && promoteFile !== undefined) {
      writeFileSync(join(data.path, promoteFile), '', { mode: 0o600 });
      process.kill(postmaster.pid, 'SIGUSR1');
      return undefined;
    }
    if (!isStandby(data)) {
      const hint = say('recovery.not-paused.hint', { path: data.path });
      throw new BackupError('SERVER_ERROR', say('recovery.not-paused'), { hint });
    }
    const commands = new StepCommands(data, { postmaster, user: undefined, reader: this.#request.reader });
    const command = commands.asServer(`${commands.program('gs_ctl')} failover -D ${shellWord(data.path)}`);
    throw new BackupError('SERVER_ERROR', say('recovery.standby'), {
      hint: say('recovery.standby.hint', { command }),
    });
  }

  /** It is open: is it what was promised? As long as nobody has looked, nobody knows. */
  async #judge(state: ServerState, answers: ServerAnswers, archiveRecovery: boolean): Promise<void> {
    const data = this.#data;
    const teller = this.#teller;
    const problem = brokenPromise(data, { outcome: 'open', state }, this.#tail(), answers);
    if (problem === undefined) {
      const isKnown = state.replayLsn !== undefined || answers.lastStatus !== undefined;
      const isPromised = data.record?.endLsn !== undefined;
      if (isPromised && !isKnown) teller.tell({ type: 'warning', sentence: say('recovery.not-comparable') });
      return;
    }
    if (this.#isAccepted) {
      teller.tell({ type: 'warning', sentence: problem.sentence });
      return;
    }
    const text = render(problem.sentence);
    await markEnd(data, { how: 'missed', lsn: state.replayLsn, text, archiveRecovery }, this.#options);
    const hasEnded = await stopServer(data, this.#options);
    const { path } = data;
    const sentence = hasEnded ? say('recovery.stopped-again') : say('recovery.not-stopped', { path });
    teller.tell({ type: 'warning', sentence });
    throw problem;
  }

  get #isAccepted(): boolean {
    return this.#request.allowEndOfWal === true || this.#data.record?.ended?.how === 'accepted';
  }

  /** What the log has said so far. */
  #tail(): RecoveryWatch {
    return watchOf(newestLog([startLog(this.#data)], logDirectories(this.#data, this.#request.configFile)));
  }
}

function notRecoveredHere(path: string): BackupError {
  return new BackupError('CONFIG_INVALID', say('recovery.not-recovered', { path }), {
    hint: say('recovery.not-recovered.hint'),
  });
}

const nothingAsked = { lastStatus: undefined, prepared: undefined };
