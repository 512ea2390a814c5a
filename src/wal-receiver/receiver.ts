import { setTimeout as delay } from 'node:timers/promises';
import { BackupError } from '../errors/backup-error.ts';
import { render, say, type Message } from '../messages/message.ts';
import { Teller } from '../events/teller.ts';
import type { SessionSettings } from '../replication/open-session.ts';
import { walSegmentSize } from '../replication/identify.ts';
import { chooseServer, type ChosenServer } from './choose-server.ts';
import type { ReceiverListener, ReceiverNews } from './events.ts';
import { receiveOverSession, type SessionEnd } from './receive-session.ts';
import { ReceiverProgress } from './receiver-progress.ts';
import type { ReceiverStatus } from './receiver-status.ts';
import { ReconnectPause } from './reconnect-pause.ts';
import type { ReceiveRequest } from './request.ts';
import { endForSlot, SlotGuard } from './slot-guard.ts';
import { timelineBehind } from './resume-point.ts';
import { ResumePolicy } from './resume-policy.ts';

/** Why a receiver ended by itself, or because it was told to (`stopped`). */
export interface ReceiverEnd {
  /** `server-ended`: the server ended the stream in order, and `reconnect` is `never`. */
  readonly reason: SessionEnd;
}

/** A receiver that runs. Several may share a thread. */
export interface WalReceiver {
  /** As it stands now; a new object each time. */
  status(): ReceiverStatus;
  /** Settles when it has ended, its store closed; rejects with the reason when it failed. */
  readonly ended: Promise<ReceiverEnd>;
  /** Ends it: what it holds is made durable first. Resolves when `ended` has settled, and never rejects. */
  stop(): Promise<void>;
}

export interface ReceiverOptions {
  readonly onEvent?: ReceiverListener | undefined;
  /** 0 … 1, for the pauses between connections; for tests. */
  readonly random?: (() => number) | undefined;
}

/**
 * Starts to receive WAL. It connects again by itself, goes on where it was, follows timelines and a primary that moves, and never
 * writes over WAL that it holds: see docs/design/wal-receiver.md.
 * Ends with BackupError `WAL_MISSING` (a gap), `SYSTEM_MISMATCH` (another instance or another line of WAL), `AUTHENTICATION`,
 * `STORAGE_UNAVAILABLE`, `OBJECT_NOT_FOUND` (no such slot), `LOCKED` (another receiver has the store), or what else cannot pass.
 */
export function startWalReceiver(request: ReceiveRequest, options: ReceiverOptions = {}): WalReceiver {
  const receiver = new Receiver(request, options);
  const ended = receiver.run();
  // Whoever asks for it sees it; nobody has to.
  ended.catch(() => undefined);
  return {
    status: () => receiver.status(),
    ended,
    async stop() {
      receiver.stop();
      await ended.catch(() => undefined);
    },
  };
}

class Receiver {
  readonly #request: ReceiveRequest;
  readonly #teller: Teller<'receive', ReceiverNews>;
  readonly #progress: ReceiverProgress;
  readonly #policy: ResumePolicy;
  readonly #pause: ReconnectPause;
  readonly #stop = new AbortController();
  readonly #warned = new Set<string>();
  /** Servers by host and port. */
  readonly #leftOut = new Set<string>();
  #hasBegun = false;

  constructor(request: ReceiveRequest, { onEvent, random }: ReceiverOptions) {
    this.#request = request;
    this.#teller = new Teller(onEvent);
    this.#progress = new ReceiverProgress(request.slot?.name);
    this.#policy = new ResumePolicy(request, this.#teller.tell, this.#progress);
    this.#pause = new ReconnectPause(random);
  }

  status(): ReceiverStatus {
    return this.#progress.status();
  }

  stop(): void {
    this.#stop.abort();
  }

  async run(): Promise<ReceiverEnd> {
    const { store } = this.#request;
    const failed = new AbortController();
    store.failed.catch((error: unknown) => {
      failed.abort(error);
      this.#stop.abort();
    });
    try {
      const reason = await this.#untilEnd();
      this.#teller.enter('close');
      await store.close({ inHurry: reason === 'stopped' });
      if (failed.signal.aborted) throw failed.signal.reason;
      return { reason };
    } catch (error) {
      const first = namedLine(failed.signal.aborted ? (failed.signal.reason as unknown) : error);
      this.#progress.failed(first);
      if (needsDecision(first)) {
        const left = await this.#policy.dropUnusedSlot(this.#progress.status().receivedBytes);
        if (left !== undefined) this.#teller.tell({ type: 'warning', sentence: left });
      }
      await store.close({ inHurry: true }).catch(() => undefined);
      throw first;
    } finally {
      this.#progress.enter('ended');
    }
  }

  async #untilEnd(): Promise<SessionEnd> {
    const { reconnect = 'always' } = this.#request;
    while (!this.#isStopped()) {
      let failure: unknown;
      try {
        const end = await this.#receiveOnce();
        if (end === 'again') continue;
        if (end !== 'server-ended' || reconnect === 'never') return end;
      } catch (error) {
        if (this.#isStopped()) break;
        const isFirst = !this.#hasBegun && reconnect !== 'always';
        if (reconnect === 'never' || isFirst || !canPass(error)) throw error;
        failure = error;
      }
      await this.#wait(failure);
    }
    return 'stopped';
  }

  #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** @param failure undefined: the server ended the stream in order */
  async #wait(failure: unknown): Promise<void> {
    const retryInMs = this.#pause.next(failure === undefined);
    this.#progress.enter('waiting');
    this.#progress.lost(failure);
    this.#teller.enter('wait');
    this.#teller.tell({ type: 'disconnected', error: failure, retryInMs });
    await delay(retryInMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }

  /** Connects, finds where to go on, and streams until that session ends. `again`: something was changed that lets it go on. */
  async #receiveOnce(): Promise<SessionEnd | 'again'> {
    const { signal } = this.#stop;
    this.#teller.enter('connect');
    this.#progress.enter('connecting');
    const chosen = await chooseServer(this.#sources(), {
      signal,
      systemIdentifier: this.#progress.systemIdentifier,
      onAttempt: (sentence) => this.#teller.tell({ type: 'step', sentence }),
      onSkipped: (sentence) => this.#warnOnce(sentence),
      examine: (server) => this.#examine(server),
    });
    try {
      const { segmentSizeBytes } = this.#progress;
      await this.#policy.makeSlot(chosen, segmentSizeBytes, signal);
      const resume = await this.#policy.resumePoint(chosen, segmentSizeBytes, signal);
      return await this.#stream(chosen, segmentSizeBytes, resume);
    } catch (error) {
      chosen.session.connection.destroy();
      const verdict = await this.#policy.judge(error, chosen, this.#progress.segmentSizeBytes, signal);
      if (verdict.again || this.#leaveOut(chosen, verdict.error)) return 'again';
      throw verdict.error;
    } finally {
      this.#progress.streamEnded();
    }
  }

  /**
   * The first connection says whose WAL it is. A server that is on an earlier timeline than the WAL that is held is a primary of the past.
   * @throws BackupError `SYSTEM_MISMATCH`
   */
  async #examine({ session }: ChosenServer): Promise<void> {
    const { signal } = this.#stop;
    const { store } = this.#request;
    const { connection, capabilities, endpoint, system } = session;
    const segmentSizeBytes = await walSegmentSize(connection, capabilities, { signal });
    if (!this.#hasBegun) {
      await store.begin({ systemIdentifier: system.systemIdentifier, segmentSizeBytes });
      this.#hasBegun = true;
    }
    const newest = await store.newest();
    if (newest !== undefined && capabilities.walStream.timelines && system.timeline < newest.timeline) {
      throw timelineBehind(newest.timeline, system.timeline, newest.startLsn);
    }
    const server = `${endpoint.host}:${endpoint.port}`;
    this.#progress.connected({ server, systemIdentifier: system.systemIdentifier, segmentSizeBytes });
  }

  /** The servers to try: those that were found to hold another line of WAL are left out until one was received from. */
  #sources(): readonly [SessionSettings, ...SessionSettings[]] {
    const { sources } = this.#request;
    const [first, ...others] = sources.filter(({ host, port }) => !this.#leftOut.has(`${host} ${String(port)}`));
    return first === undefined ? sources : [first, ...others];
  }

  /** Leaves a server out that holds another line of WAL, where there is another to try. */
  #leaveOut({ source }: ChosenServer, error: unknown): boolean {
    if (!(error instanceof BackupError) || error.kind !== 'other-line' || this.#sources().length === 1) return false;
    const { host, port } = source;
    this.#leftOut.add(`${host} ${String(port)}`);
    this.#warnOnce(say('receiver.skipped-server', { server: `${host}:${String(port)}`, reason: error.sentence }));
    return true;
  }

  /** What is so at each connection is said once. */
  #warnOnce(sentence: Message): void {
    const text = render(sentence);
    if (this.#warned.has(text)) return;
    this.#warned.add(text);
    this.#teller.tell({ type: 'warning', sentence });
  }

  async #stream(
    chosen: ChosenServer,
    segmentSizeBytes: number,
    resume: Awaited<ReturnType<ResumePolicy['resumePoint']>>,
  ): Promise<SessionEnd> {
    const { store, slot, endLsn, synchronous = false, statusIntervalMs = 10_000 } = this.#request;
    const { session } = chosen;
    const isComparing = resume.heldEndLsn !== undefined;
    this.#teller.enter(isComparing ? 'compare' : 'stream');
    const server = `${session.endpoint.host}:${session.endpoint.port}`;
    const progress = this.#progress;
    const exceeded = new AbortController();
    const guard = this.#guard(chosen, (retained) => exceeded.abort(retained));
    const stop = AbortSignal.any([this.#stop.signal, exceeded.signal]);
    const end = await receiveOverSession({
      session,
      store,
      resume,
      slot: slot?.name,
      synchronous,
      endLsn,
      statusIntervalMs,
      segmentSizeBytes,
      stop,
      listener: {
        onStart: (stream, lsn, timeline) => {
          progress.streaming(stream, timeline, isComparing ? 'comparing' : 'streaming');
          this.#teller.tell({ type: 'started', lsn, timeline, server });
        },
        onReceived: (bytes, position) => {
          progress.received(bytes, position);
          if (bytes === 0) return;
          this.#pause.reset();
          this.#policy.settled();
          this.#leftOut.clear();
          progress.enter('streaming');
          this.#teller.enter('stream');
        },
        onDurable: (position) => progress.durable(position),
        onAcknowledged: (position) => progress.acknowledged(position),
        onSegment: (name, lsn, timeline) => this.#teller.tell({ type: 'segment', name, lsn, timeline }),
        onTimelineEnd: (lsn, timeline) => this.#teller.tell({ type: 'timeline', lsn, timeline }),
      },
    }).finally(() => guard?.stop());
    if (slot === undefined || !exceeded.signal.aborted) return end;
    throw await endForSlot(slot, Number(exceeded.signal.reason), chosen);
  }

  /** Looks after the slot, where one is used. */
  #guard(chosen: ChosenServer, onExceeded: (retainedBytes: number) => void): SlotGuard | undefined {
    const { slot } = this.#request;
    if (slot === undefined) return undefined;
    const guard = new SlotGuard({ slot, progress: this.#progress, tell: this.#teller.tell, onExceeded });
    guard.start(chosen);
    return guard;
  }
}

/** An archive that holds other content under the same name, or a neighbour that does not link, holds another line of WAL. */
function namedLine(error: unknown): unknown {
  if (!(error instanceof BackupError) || error.code !== 'OBJECT_EXISTS') return error;
  return error.with({ code: 'SYSTEM_MISMATCH', kind: 'other-line' });
}

/** Whether nothing will be received before somebody has decided what to do; a full disk is none of these: there the slot keeps WAL. */
function needsDecision(error: unknown): boolean {
  return error instanceof BackupError && (error.code === 'WAL_MISSING' || error.code === 'SYSTEM_MISMATCH');
}

/** Whether the same may go well after a while. */
function canPass(error: unknown): boolean {
  if (!(error instanceof BackupError) || error.code === 'STORAGE_UNAVAILABLE') return false;
  // A standby that is behind what we have comes after us.
  return error.retryable || error.kind === 'ahead-of-server';
}
