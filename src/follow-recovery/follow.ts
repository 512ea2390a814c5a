import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Lsn } from '../wal/lsn.ts';
import { systemClock, type Clock } from './clock.ts';
import type { DataDirectory } from './data-directory.ts';
import { ReplayMeter, type RecoveryListener, type RecoveryTeller } from './events.ts';
import type { LogFollower } from './log-follower.ts';
import { placeOf, runningPostmaster, type Postmaster } from './postmaster.ts';
import { ServerQuestions, type Login, type ServerState } from './server-state.ts';
import type { RecoveryWatch } from './watch.ts';

/** Where a followed server came to. */
export interface Arrival {
  readonly outcome: 'paused' | 'open' | 'standby' | 'shut-down';
  readonly postmaster: Postmaster | undefined;
  /** undefined: it could not be asked. */
  readonly state: ServerState | undefined;
  /** Who was let in to ask it. */
  readonly user?: string | undefined;
}

/** Finds out how to log in to the server that is listening there. */
export type FindLogin = (place: { readonly host: string; readonly port: number }) => Promise<Login>;

export interface FollowRequest {
  readonly data: DataDirectory;
  readonly watch: RecoveryWatch;
  readonly teller: RecoveryTeller;
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
  /** Gives up when nothing moves for so long, in ms; 0: never. Default `defaultStallTimeoutMs`. */
  readonly stallTimeoutMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** A server may be silent for minutes: while it makes a large data directory durable, or fetches from a slow archive. */
const defaultStallTimeoutMs = 600_000;

/**
 * Follows a recovery to where it stops, by the log and by SQL. SQL decides; the log says why. Where SQL is refused, the
 * log decides. When `signal` is aborted the server goes on.
 * @throws BackupError when the server ended, with its reason; `SERVER_UNREACHABLE` when neither log nor SQL move any more
 */
export async function followRecovery(request: FollowRequest, options: FollowOptions = {}): Promise<Arrival> {
  const { clock = systemClock, intervalMs = 250, signal } = options;
  const questions = new Questions(request, options, clock);
  const stall = new StallWatch(clock, options.stallTimeoutMs ?? defaultStallTimeoutMs);
  const readLog = (): boolean =>
    request.follower
      .lines()
      .map((line) => request.watch.line(line))
      .includes(true);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const ended = request.hasEnded();
      const hasMoved = readLog();
      if (ended) return afterEnd(request);
      const arrival = await questions.ask();
      if (arrival !== undefined) {
        readLog();
        return arrival;
      }
      stall.look(hasMoved, questions.position, request);
      await clock.wait(intervalMs, signal);
    }
  } catch (error) {
    if (options.signal?.aborted === true && !request.hasEnded()) {
      request.teller.tell({ type: 'warning', sentence: say('recovery.goes-on', { path: request.data.path }) });
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

/** Notices that nothing moves: a server without log and SQL would be waited for for ever. */
class StallWatch {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  #position: string | undefined;
  #movedMs: number;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#movedMs = clock.nowMs();
  }

  look(hasMoved: boolean, position: string, { data }: FollowRequest): void {
    const now = this.#clock.nowMs();
    if (hasMoved || position !== this.#position) this.#movedMs = now;
    this.#position = position;
    if (this.#timeoutMs === 0 || now - this.#movedMs < this.#timeoutMs) return;
    throw new BackupError('SERVER_UNREACHABLE', say('recovery.stalled', { seconds: this.#timeoutMs / 1000 }), {
      hint: say('recovery.stalled.hint', { path: data.path }),
      retryable: false,
    });
  }
}

class Questions {
  readonly #request: FollowRequest;
  readonly #options: FollowOptions;
  readonly #clock: Clock;
  readonly #meter = new ReplayMeter();
  #questions: ServerQuestions | undefined;
  #address = '';
  #refused = false;
  /** What the server answered last, as one text: it changes when something moves. */
  position = '';

  constructor(request: FollowRequest, options: FollowOptions, clock: Clock) {
    this.#request = request;
    this.#options = options;
    this.#clock = clock;
  }

  async ask(): Promise<Arrival | undefined> {
    const { data, watch, teller } = this.#request;
    const postmaster = runningPostmaster(data);
    const state = await this.#state(postmaster);
    this.position = [postmaster?.pid, state?.inRecovery, state?.paused, state?.replayLsn, state?.lastCommit].join(' ');
    this.#progress(state);
    const outcome = this.#outcome(state);
    if (outcome === undefined || postmaster === undefined) return undefined;
    if (outcome === 'paused' && this.#request.untilOpen === true) return undefined;
    if (state === undefined && this.#refused) {
      teller.tell({ type: 'warning', sentence: say('recovery.not-asked') });
    }
    if (outcome === 'paused' && watch.complaint !== undefined && watch.stoppedAt === undefined) {
      teller.tell({ type: 'warning', sentence: watch.complaint });
    }
    return { outcome, postmaster, state, user: state === undefined ? undefined : this.#questions?.user };
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
    const address = addressOf(postmaster);
    try {
      if (this.#questions === undefined || this.#address !== address) {
        await this.#questions?.close();
        this.#questions = new ServerQuestions(postmaster, data.dialect, await login(placeOf(postmaster)));
        this.#address = address;
      }
      return await this.#questions.state(this.#options.signal);
    } catch (error) {
      if (!(error instanceof BackupError) || error.code !== 'AUTHENTICATION') throw error;
      // Whoever refused us may have been somebody else, at an address that is another by now.
      const now = runningPostmaster(data);
      if (now === undefined || addressOf(now) !== address) return undefined;
      this.#refused = true;
      this.#request.teller.tell({ type: 'warning', sentence: error.sentence });
      return undefined;
    }
  }

  #progress(state: ServerState | undefined): void {
    const { watch, data, teller } = this.#request;
    const endLsn: Lsn | undefined = data.record?.endLsn;
    const replayLsn = state?.replayLsn;
    teller.tell({
      type: 'progress',
      filesDone: watch.restoredSegments,
      lastSegment: watch.lastSegment,
      lsn: replayLsn,
      replayTime: state?.lastCommit,
      endLsn,
      ...this.#meter.measure({ replayLsn, endLsn }, this.#clock.nowMs()),
    });
  }

  async close(): Promise<void> {
    await this.#questions?.close();
  }
}

function addressOf({ pid, port, socketDirectory, listenAddress }: Postmaster): string {
  return [pid, port, socketDirectory, listenAddress].join('\n');
}
