import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { describeServer } from '../server/identity.ts';
import type { RecoveryRecord } from '../server/recovery-record.ts';
import { promisedPrepared } from './ask-server.ts';
import { openDataDirectory, recoveryFiles, type DataDirectory } from './data-directory.ts';
import type { FindLogin } from './follow.ts';
import { newestLog, tailOf } from './log-follower.ts';
import { pausedEarly } from './pause.ts';
import { placeOf, runningPid, runningPostmaster, type Postmaster } from './postmaster.ts';
import { ServerQuestions, type PreparedTransaction, type ServerState } from './server-state.ts';
import type { NextStep } from './step-commands.ts';
import { stepsWhileStopped, stoppedCopyOf, type Asker } from './stopped-copy.ts';
import { isStandby, logDirectories, RecoveryWatch, startLog } from './watch.ts';

/** Where a recovery stands. */
export type RecoveryPhase =
  /** Restored, and not started yet. */
  | 'not-started'
  | 'starting'
  | 'replaying'
  | 'paused'
  /** Before its target: something is in the way, or somebody has paused it. */
  | 'paused-early'
  /** Has ended elsewhere than promised, running or not: not to be used. */
  | 'missed'
  /** Replays for ever. */
  | 'standby'
  | 'open'
  /** Not running, and its log says why. */
  | 'failed'
  | 'stopped';

export interface StatusReport {
  readonly directory: string;
  readonly server: string;
  readonly phase: RecoveryPhase;
  readonly postmaster: Postmaster | undefined;
  readonly state: ServerState | undefined;
  readonly prepared: readonly PreparedTransaction[];
  /** State of the instance by pg_control. */
  readonly controlState: string | undefined;
  readonly files: readonly string[];
  readonly record: RecoveryRecord | undefined;
  readonly target: string | undefined;
  readonly stoppedAt: string | undefined;
  /** Why it does not run. */
  readonly failure: BackupError | undefined;
  readonly notes: readonly Message[];
  /** What to do with a copy that does not run although its recovery is over, or has come to its target. */
  readonly nextSteps: readonly NextStep[];
}

/** Looks, and changes nothing. @throws BackupError for a directory that is no data directory */
export async function recoveryStatus(
  request: Asker & { readonly directory: string; readonly login: FindLogin },
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<StatusReport> {
  const { directory, login, configFile } = request;
  const data = openDataDirectory(directory);
  const pid = runningPid(data.path);
  const postmaster = runningPostmaster(data);
  const notes: Message[] = [];
  const answers =
    postmaster === undefined
      ? { state: undefined, prepared: [] }
      : await askServer(data, postmaster, login, { signal, note: (message) => void notes.push(message) });
  const log = newestLog([startLog(data)], logDirectories(data, configFile));
  const watch = new RecoveryWatch();
  for (const line of log === undefined ? [] : tailOf(log)) watch.line(line);
  const { state } = answers;
  const early = state?.paused === true ? pausedEarly(data, state, { watch, configFile }) : undefined;
  const phase = phaseOf(data, { isRunning: pid !== undefined, state, watch, isEarly: early !== undefined });
  const ended = data.record?.ended;
  if (phase === 'missed') notes.push(say('recovery.marked', { text: ended?.text ?? '' }));
  if (phase === 'paused' && data.dialect.restartOpens && !recoveryFiles(data).includes('recovery.conf')) {
    notes.push(say('recovery.restart-trap'));
  }
  return {
    directory: data.path,
    server: describeServer(data.identity),
    phase,
    postmaster,
    state,
    prepared: state?.inRecovery === true ? promisedPrepared(data) : answers.prepared,
    controlState: data.control.state,
    files: recoveryFiles(data),
    record: data.record,
    target: data.record?.target ?? watch.target,
    stoppedAt: watch.stoppedAt,
    failure: phase === 'failed' ? watch.failure(log) : early,
    notes,
    nextSteps:
      phase === 'stopped' ? await stepsWhileStopped(data, stoppedCopyOf(data, watch, configFile), request) : [],
  };
}

async function askServer(
  { dialect }: DataDirectory,
  postmaster: Postmaster,
  login: FindLogin,
  { signal, note }: { signal: AbortSignal | undefined; note: (message: Message) => void },
): Promise<{ state: ServerState | undefined; prepared: PreparedTransaction[] }> {
  const questions = new ServerQuestions(postmaster, dialect, await login(placeOf(postmaster)));
  try {
    const state = await questions.state(signal);
    return { state, prepared: state === undefined ? [] : await questions.prepared(signal) };
  } catch (error) {
    if (signal?.aborted === true || !(error instanceof BackupError)) throw error;
    note(error.sentence);
    return { state: undefined, prepared: [] };
  } finally {
    await questions.close();
  }
}

interface PhaseFacts {
  readonly isRunning: boolean;
  readonly state: ServerState | undefined;
  readonly watch: RecoveryWatch;
  readonly isEarly: boolean;
}

function phaseOf(data: DataDirectory, { isRunning, state, watch, isEarly }: PhaseFacts): RecoveryPhase {
  if (data.record?.ended?.how === 'missed') return 'missed';
  if (!isRunning) {
    // The log of a clean stop is full of sessions that ended; the control file knows that it was one.
    if (watch.hasFailed && data.control.state !== 'shut down' && data.control.state !== 'shut down in recovery')
      return 'failed';
    return recoveryFiles(data).includes('backup_label') ? 'not-started' : 'stopped';
  }
  if (state === undefined) {
    if (watch.isOpen) return 'open';
    return watch.isPaused ? 'paused' : 'starting';
  }
  if (!state.inRecovery) return 'open';
  if (state.paused) return isEarly ? 'paused-early' : 'paused';
  return isStandby(data) || watch.isStandby ? 'standby' : 'replaying';
}
