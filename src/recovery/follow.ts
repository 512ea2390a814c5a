import { setTimeout as delay } from 'node:timers/promises';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Lsn } from '../wal/lsn.ts';
import { runningPostmaster, type DataDirectory, type Postmaster } from './data-directory.ts';
import { ReplayMeter, type RecoveryListener } from './events.ts';
import type { LogFollower } from './log-follower.ts';
import { ServerQuestions, type Login, type ServerState } from './server-state.ts';
import type { RecoveryWatch } from './watch.ts';

/** Where a followed server came to. */
export interface Arrival {
  readonly outcome: 'paused' | 'open' | 'standby' | 'shut-down';
  readonly postmaster: Postmaster | undefined;
  /** undefined: it could not be asked. */
  readonly state: ServerState | undefined;
}

/** Finds out how to log in to the server that is listening there. */
export type FindLogin = (place: { readonly host: string; readonly port: number }) => Promise<Login>;

export interface FollowRequest {
  readonly data: DataDirectory;
  readonly watch: RecoveryWatch;
  readonly follower: LogFollower;
  readonly login: FindLogin;
  /** The server can end only after this says so; undefined: it is running. */
  readonly hasEnded: () => boolean;
  /** Goes on until it is open: a pause is not the end. */
  readonly untilOpen?: boolean | undefined;
  readonly logFile: string | undefined;
}

export interface FollowOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: RecoveryListener | undefined;
  /** Between two looks, in ms; default 250. */
  readonly intervalMs?: number | undefined;
}

/**
 * Follows a recovery to where it stops, by the log and by SQL. SQL decides; the log says why. Where SQL is refused, the
 * log decides. When `signal` is aborted the server goes on.
 * @throws BackupError when the server ended, with its reason
 */
export async function followRecovery(request: FollowRequest, options: FollowOptions = {}): Promise<Arrival> {
  const questions = new Questions(request, options);
  try {
    for (;;) {
      options.signal?.throwIfAborted();
      const ended = request.hasEnded();
      for (const line of request.follower.lines()) request.watch.line(line);
      if (ended) return afterEnd(request);
      const arrival = await questions.ask();
      if (arrival !== undefined) {
        for (const line of request.follower.lines()) request.watch.line(line);
        return arrival;
      }
      await delay(options.intervalMs ?? 250, undefined, { signal: options.signal });
    }
  } catch (error) {
    if (options.signal?.aborted === true && !request.hasEnded()) {
      options.onEvent?.({ type: 'warning', message: say('recovery.goes-on', { path: request.data.path }) });
    }
    throw error;
  } finally {
    await questions.close();
  }
}

function afterEnd({ watch, logFile }: FollowRequest): Arrival {
  if (watch.isShutDown && watch.stoppedAt !== undefined && !watch.hasFailed) {
    return { outcome: 'shut-down', postmaster: undefined, state: undefined };
  }
  throw watch.failure(logFile);
}

class Questions {
  readonly #request: FollowRequest;
  readonly #options: FollowOptions;
  readonly #meter = new ReplayMeter();
  #questions: ServerQuestions | undefined;
  #pid: number | undefined;
  #refused = false;

  constructor(request: FollowRequest, options: FollowOptions) {
    this.#request = request;
    this.#options = options;
  }

  async ask(): Promise<Arrival | undefined> {
    const { data, watch } = this.#request;
    const postmaster = runningPostmaster(data.path);
    const state = await this.#state(postmaster);
    this.#progress(state);
    const outcome = this.#outcome(state);
    if (outcome === undefined || postmaster === undefined) return undefined;
    if (outcome === 'paused' && this.#request.untilOpen === true) return undefined;
    if (state === undefined && this.#refused) {
      this.#options.onEvent?.({ type: 'warning', message: say('recovery.not-asked') });
    }
    if (outcome === 'paused' && watch.complaint !== undefined && watch.stoppedAt === undefined) {
      this.#options.onEvent?.({ type: 'warning', message: watch.complaint });
    }
    return { outcome, postmaster, state };
  }

  #outcome(state: ServerState | undefined): Arrival['outcome'] | undefined {
    const { watch } = this.#request;
    if (state !== undefined) {
      if (!state.inRecovery) return 'open';
      if (state.paused) return 'paused';
      return watch.isStandby && watch.isConsistent ? 'standby' : undefined;
    }
    if (!this.#refused) return undefined;
    if (watch.isOpen) return 'open';
    return watch.isPaused ? 'paused' : undefined;
  }

  async #state(postmaster: Postmaster | undefined): Promise<ServerState | undefined> {
    if (postmaster === undefined || this.#refused || postmaster.status === 'starting') return undefined;
    const { data, login } = this.#request;
    try {
      if (this.#questions === undefined || this.#pid !== postmaster.pid) {
        const place = { host: postmaster.socketDirectory ?? '127.0.0.1', port: postmaster.port };
        // openGauss writes these lines one after the other.
        if (!(place.port > 0)) return undefined;
        this.#questions = new ServerQuestions(postmaster, data.dialect, await login(place));
        this.#pid = postmaster.pid;
      }
      return await this.#questions.state(this.#options.signal);
    } catch (error) {
      if (!(error instanceof BackupError) || error.code !== 'AUTHENTICATION') throw error;
      this.#refused = true;
      this.#options.onEvent?.({ type: 'warning', message: error.sentence });
      return undefined;
    }
  }

  #progress(state: ServerState | undefined): void {
    const { watch, data } = this.#request;
    const endLsn: Lsn | undefined = data.record?.endLsn;
    const replayLsn = state?.replayLsn;
    this.#options.onEvent?.({
      type: 'progress',
      restoredSegments: watch.restoredSegments,
      lastSegment: watch.lastSegment,
      replayLsn,
      replayTime: state?.lastCommit,
      endLsn,
      ...this.#meter.measure({ replayLsn, endLsn }, performance.now()),
    });
  }

  async close(): Promise<void> {
    await this.#questions?.close();
  }
}
