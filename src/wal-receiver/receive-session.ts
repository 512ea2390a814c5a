import type { ReplicationSession } from '../replication/open-session.ts';
import { startWalStream } from '../replication/start-wal-stream.ts';
import type { WalStream } from '../replication/wal-stream.ts';
import { noLsn, type Lsn } from '../wal/lsn.ts';
import { segmentOffset, segmentStart, type TimelineId } from '../wal/segment.ts';
import { ForkFound } from './fork-found.ts';
import { ReceivedWal } from './received-wal.ts';
import { keepHistory, type ResumePoint } from './resume-point.ts';
import type { WalStore } from './wal-store.ts';

/** How often WAL is made durable where that is not done as it comes, in ms. */
const syncIntervalMs = 1000;
/** How often a server that is silent is asked for a sign of life, in ms: so old is at most what is known of its end of WAL. */
const askIntervalMs = 5000;
/** How long the server's answer to the end of a stream is awaited, in ms. */
const farewellMs = 5000;

/** What a session tells while it streams. */
export interface SessionListener {
  /** A timeline is being streamed from here. */
  onStart(stream: WalStream, startLsn: Lsn, timeline: TimelineId): void;
  onReceived(bytes: number, position: Lsn): void;
  onDurable(position: Lsn): void;
  /** The position goes to the server with the next status update. */
  onAcknowledged(position: Lsn): void;
  onSegment(name: string, end: Lsn, timeline: TimelineId): void;
  onTimelineEnd(position: Lsn, timeline: TimelineId): void;
}

export interface SessionRequest {
  readonly session: ReplicationSession;
  readonly store: WalStore;
  readonly resume: ResumePoint;
  readonly slot: string | undefined;
  readonly synchronous: boolean;
  readonly endLsn: Lsn | undefined;
  readonly statusIntervalMs: number;
  readonly segmentSizeBytes: number;
  /** Ends the session in order. */
  readonly stop: AbortSignal;
  readonly listener: SessionListener;
}

/** `server-ended`: the server shut down in order, or ended the stream. */
export type SessionEnd = 'end-position' | 'stopped' | 'server-ended';

/**
 * Streams WAL over one session into the store, timeline after timeline. However it ends, what was received is durable.
 * @throws ForkFound; ServerError and BackupError of the stream and of the store
 */
export async function receiveOverSession(request: SessionRequest): Promise<SessionEnd> {
  const { session, store, stop } = request;
  let { startLsn, timeline, origin } = request.resume;
  try {
    for (;;) {
      const streamed = await new TimelineStream(request, { startLsn, timeline, origin }).run();
      if (streamed.reason !== 'timeline') return streamed.reason;
      const { next } = streamed;
      origin = { timeline, switchLsn: next.startLsn };
      timeline = next.timeline;
      startLsn = segmentStart(next.startLsn, request.segmentSizeBytes);
      await keepHistory(session, store, timeline, stop);
    }
  } catch (error) {
    session.connection.destroy();
    if (stop.aborted && error === stop.reason) return 'stopped';
    throw error;
  }
}

/** A connection that broke is found by whoever reads next. */
function askIfSilent(stream: WalStream): void {
  if (stream.silentMs >= askIntervalMs / 2) stream.sendStatus({ replyRequested: true }).catch(() => undefined);
}

type Streamed =
  | { readonly reason: SessionEnd }
  | { readonly reason: 'timeline'; readonly next: { readonly timeline: TimelineId; readonly startLsn: Lsn } };

/** One timeline of a session. */
class TimelineStream {
  readonly #request: SessionRequest;
  readonly #start: Pick<ResumePoint, 'startLsn' | 'timeline' | 'origin'>;
  readonly #failed = new AbortController();

  constructor(request: SessionRequest, start: Pick<ResumePoint, 'startLsn' | 'timeline' | 'origin'>) {
    this.#request = request;
    this.#start = start;
  }

  async run(): Promise<Streamed> {
    const { session, slot, synchronous, statusIntervalMs, segmentSizeBytes, stop, listener } = this.#request;
    const { startLsn, timeline } = this.#start;
    const { systemIdentifier } = session.system;
    const stream = await startWalStream(
      session.connection,
      session.capabilities,
      { startLsn, timeline, slot, synchronous, systemIdentifier },
      { statusIntervalMs, segmentSizeBytes, signal: stop },
    );
    listener.onStart(stream, startLsn, timeline);
    const wal = this.#receivedWal(stream);
    const timers = [
      setInterval(() => askIfSilent(stream), askIntervalMs),
      ...(synchronous ? [] : [setInterval(() => wal.makeDurable(), syncIntervalMs)]),
    ];
    try {
      const reason = await this.#pull(stream, wal);
      await wal.close();
      if (stream.ending?.reason === 'timeline') {
        listener.onTimelineEnd(stream.ending.next.startLsn, timeline);
        stream.release();
        return { reason: 'timeline', next: stream.ending.next };
      }
      await stream.stop({ signal: AbortSignal.timeout(farewellMs) }).catch(() => stream.destroy());
      return { reason };
    } catch (error) {
      stream.destroy();
      // What was taken is made durable all the same; the first failure is the one to tell.
      await wal.close().catch(() => undefined);
      throw error;
    } finally {
      for (const timer of timers) clearInterval(timer);
    }
  }

  #receivedWal(stream: WalStream): ReceivedWal {
    const { store, synchronous, segmentSizeBytes, session, slot, listener } = this.#request;
    const { startLsn, timeline, origin } = this.#start;
    const { systemIdentifier } = session.system;
    const isTold = synchronous || slot !== undefined;
    return new ReceivedWal({
      store,
      instance: { systemIdentifier, segmentSizeBytes },
      timeline,
      startLsn,
      origin,
      synchronous,
      onDurable: (position) => {
        listener.onDurable(position);
        if (isTold) {
          stream.reportPositions({ flushed: position });
          listener.onAcknowledged(position);
        }
        // A connection that broke is found by whoever reads next.
        if (synchronous) stream.sendStatus().catch(() => undefined);
      },
      onSegment: (name, end) => listener.onSegment(name, end, timeline),
      onFailure: (error) => this.#failed.abort(error),
    });
  }

  /** Takes WAL until it ends. */
  async #pull(stream: WalStream, wal: ReceivedWal): Promise<SessionEnd> {
    const { stop, listener, resume } = this.#request;
    const signal = AbortSignal.any([stop, this.#failed.signal]);
    const heldEnd = (this.#start.timeline === resume.timeline ? resume.heldEndLsn : undefined) ?? noLsn;
    for (;;) {
      if (this.#isAtEnd(wal.position)) return 'end-position';
      this.#checkServerEnd(wal.position);
      // What is here already is no more than the stream's buffers hold: then the thread turns to others.
      let piece = signal.aborted ? undefined : stream.nextNow();
      try {
        piece ??= await stream.next({ signal });
      } catch (error) {
        if (this.#failed.signal.aborted) throw this.#failed.signal.reason;
        if (stop.aborted) return 'stopped';
        throw error;
      }
      if (piece === undefined) return 'server-ended';
      const taken = wal.take(piece);
      if (taken !== undefined) await taken;
      stream.reportPositions({ received: wal.position });
      const isHeld = wal.position <= heldEnd;
      listener.onReceived(isHeld ? 0 : piece.bytes.length, wal.position);
    }
  }

  /** The original ends behind the position, not at it; at it is enough where it is inside a segment, which is open then. */
  #isAtEnd(position: Lsn): boolean {
    const { endLsn, segmentSizeBytes } = this.#request;
    if (endLsn === undefined || position < endLsn) return false;
    return position > endLsn || segmentOffset(position, segmentSizeBytes) !== 0;
  }

  /** A server without the WAL that we have got it from another line, even where all that it has is the same. */
  #checkServerEnd(position: Lsn): void {
    const { serverEndLsn } = this.#request.resume;
    if (serverEndLsn === undefined || position < serverEndLsn) return;
    const { timeline } = this.#start;
    const { segmentSizeBytes } = this.#request;
    throw new ForkFound({ timeline, forkLsn: serverEndLsn }, segmentStart(serverEndLsn, segmentSizeBytes));
  }
}
