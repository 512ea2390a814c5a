import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { describeServer } from '../server/identity.ts';
import {
  isAlive,
  openDataDirectory,
  runningPostmaster,
  type DataDirectory,
  type Postmaster,
} from './data-directory.ts';
import { finishRecovery } from './finish.ts';
import { followRecovery, type FindLogin, type FollowOptions } from './follow.ts';
import { LogFollower } from './log-follower.ts';
import { stepsAfter, type NextStep } from './next-steps.ts';
import { ServerQuestions, type PreparedTransaction, type ServerState } from './server-state.ts';
import { isStandby, logDirectories, RecoveryWatch, startLog } from './watch.ts';

export interface ResumeRequest {
  /** Absolute. */
  readonly directory: string;
  readonly configFile?: string | undefined;
  readonly login: FindLogin;
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

/** How long a server may take until it answers at all. */
const answerTimeoutMs = 30_000;

/**
 * Ends the pause at a recovery target, waits until the database is read-write, and takes out again what was configured
 * for the recovery.
 * @throws BackupError `SERVER_UNREACHABLE` when it does not run, `SERVER_ERROR` when it is not paused or fails
 */
export async function resumeInstance(request: ResumeRequest, options: FollowOptions = {}): Promise<ResumeReport> {
  const { signal, onEvent } = options;
  const data = openDataDirectory(request.directory);
  const postmaster = runningPostmaster(data.path);
  if (postmaster === undefined) {
    throw new BackupError('SERVER_UNREACHABLE', say('recovery.not-running', { path: data.path }), {
      hint: say('recovery.not-running.hint', { path: data.path }),
      retryable: false,
    });
  }
  const place = { host: postmaster.socketDirectory ?? '127.0.0.1', port: postmaster.port };
  const questions = new ServerQuestions(postmaster, data.dialect, await request.login(place));
  try {
    const state = await firstState(questions, postmaster, options);
    const watch = new RecoveryWatch(onEvent);
    const follower = new LogFollower([startLog(data)], logDirectories(data, request.configFile));
    if (state.inRecovery) {
      await endPause(data, { questions, postmaster, state, signal });
      const hasEnded = (): boolean => !isAlive(postmaster.pid);
      const { login } = request;
      await followRecovery(
        { data, watch, follower, login, hasEnded, untilOpen: true, logFile: startLog(data) },
        options,
      );
    }
    for (const message of await finishRecovery(data, { signal })) onEvent?.({ type: 'note', message });
    const prepared = await questions.prepared(signal);
    const now = await questions.state(signal);
    return {
      directory: data.path,
      server: describeServer(data.identity),
      wasOpen: !state.inRecovery,
      state: now,
      prepared,
      nextSteps: stepsAfter(data, { postmaster, state: now, prepared }),
    };
  } finally {
    await questions.close();
  }
}

async function firstState(
  questions: ServerQuestions,
  postmaster: Postmaster,
  { signal, intervalMs = 250 }: FollowOptions,
): Promise<ServerState> {
  for (const deadline = performance.now() + answerTimeoutMs; performance.now() < deadline;) {
    const state = await questions.state(signal);
    if (state !== undefined) return state;
    if (!isAlive(postmaster.pid)) break;
    await delay(intervalMs, undefined, { signal });
  }
  throw new BackupError('SERVER_UNREACHABLE', say('recovery.no-answer'), { hint: say('recovery.no-answer.hint') });
}

async function endPause(
  data: DataDirectory,
  {
    questions,
    postmaster,
    state,
    signal,
  }: { questions: ServerQuestions; postmaster: Postmaster; state: ServerState; signal: AbortSignal | undefined },
): Promise<void> {
  if (state.paused) return questions.resume(signal);
  const { promoteFile } = data.dialect;
  if (isStandby(data) && promoteFile !== undefined) {
    writeFileSync(join(data.path, promoteFile), '', { mode: 0o600 });
    process.kill(postmaster.pid, 'SIGUSR1');
    return undefined;
  }
  const key = isStandby(data) ? 'recovery.standby' : 'recovery.not-paused';
  throw new BackupError('SERVER_ERROR', say(key), { hint: say(`${key}.hint`, { path: data.path }) });
}
