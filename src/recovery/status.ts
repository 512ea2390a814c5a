import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { describeServer } from '../server/identity.ts';
import type { RecoveryRecord } from '../server/recovery-record.ts';
import {
  openDataDirectory,
  recoveryFiles,
  runningPostmaster,
  type DataDirectory,
  type Postmaster,
} from './data-directory.ts';
import type { FindLogin } from './follow.ts';
import { newestLog, tailOf } from './log-follower.ts';
import { ServerQuestions, type PreparedTransaction, type ServerState } from './server-state.ts';
import { isStandby, logDirectories, RecoveryWatch, startLog } from './watch.ts';

/** Where a recovery stands. */
export type RecoveryPhase =
  /** Restored, and not started yet. */
  | 'not-started'
  | 'starting'
  | 'replaying'
  | 'paused'
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
}

/** Looks, and changes nothing. @throws BackupError for a directory that is no data directory */
export async function recoveryStatus(
  {
    directory,
    login,
    configFile,
  }: { readonly directory: string; readonly login: FindLogin; readonly configFile?: string | undefined },
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<StatusReport> {
  const data = openDataDirectory(directory);
  const postmaster = runningPostmaster(data.path);
  const notes: Message[] = [];
  const answers =
    postmaster === undefined
      ? { state: undefined, prepared: [] }
      : await askServer(data, postmaster, login, { signal, note: (message) => void notes.push(message) });
  const log = newestLog([startLog(data)], logDirectories(data, configFile));
  const watch = new RecoveryWatch();
  for (const line of log === undefined ? [] : tailOf(log)) watch.line(line);
  const phase = phaseOf(data, { postmaster, state: answers.state, watch });
  if (phase === 'paused' && data.dialect.restartOpens && !recoveryFiles(data).includes('recovery.conf')) {
    notes.push(say('recovery.restart-trap'));
  }
  return {
    directory: data.path,
    server: describeServer(data.identity),
    phase,
    postmaster,
    ...answers,
    controlState: data.control.state,
    files: recoveryFiles(data),
    record: data.record,
    target: data.record?.target ?? watch.target,
    stoppedAt: watch.stoppedAt,
    failure: phase === 'failed' ? watch.failure(log) : undefined,
    notes,
  };
}

async function askServer(
  { dialect }: DataDirectory,
  postmaster: Postmaster,
  login: FindLogin,
  { signal, note }: { signal: AbortSignal | undefined; note: (message: Message) => void },
): Promise<{ state: ServerState | undefined; prepared: PreparedTransaction[] }> {
  const place = { host: postmaster.socketDirectory ?? '127.0.0.1', port: postmaster.port };
  const questions = new ServerQuestions(postmaster, dialect, await login(place));
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

function phaseOf(
  data: DataDirectory,
  {
    postmaster,
    state,
    watch,
  }: { postmaster: Postmaster | undefined; state: ServerState | undefined; watch: RecoveryWatch },
): RecoveryPhase {
  if (postmaster === undefined) {
    if (watch.hasFailed) return 'failed';
    return recoveryFiles(data).includes('backup_label') ? 'not-started' : 'stopped';
  }
  if (state === undefined) {
    if (watch.isOpen) return 'open';
    return watch.isPaused ? 'paused' : 'starting';
  }
  if (!state.inRecovery) return 'open';
  if (state.paused) return 'paused';
  return isStandby(data) ? 'standby' : 'replaying';
}
