import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { timelineHistory } from '../replication/identify.ts';
import { openReplicationSession, type ReplicationSession, type SessionSettings } from '../replication/open-session.ts';
import { createSlot, dropSlot } from '../replication/slots.ts';
import { startWalStream } from '../replication/start-wal-stream.ts';
import type { WalStream } from '../replication/wal-stream.ts';
import type { Member } from '../tar/member.ts';
import { formatLsn, type Lsn } from '../wal/lsn.ts';
import { segmentStart, type TimelineId } from '../wal/segment.ts';
import type { StopPoint } from './stop-point.ts';
import { segmentMembers, textMember, type WalPiece } from './wal-members.ts';
import { storeWal, type WalPlace } from './wal-store.ts';

/** A slot for the stream: one that lives as long as the session, or a named one that is there or to be created. */
export type WalSlot =
  | { readonly kind: 'temporary'; readonly name: string }
  | { readonly kind: 'named'; readonly name: string; readonly create: boolean };

/** What a WAL receiver is to do: plain data, because it goes to another thread. */
export interface WalTask {
  readonly source: SessionSettings;
  /** The instance that must be at the other end. */
  readonly systemIdentifier: string;
  readonly segmentSizeBytes: number;
  readonly statusIntervalMs: number;
  readonly slot: WalSlot | undefined;
  readonly place: WalPlace;
  readonly fileMode: number;
  readonly sync: boolean;
}

/** Where the stream begins; known when the server has begun the backup. */
export interface WalStart {
  /** Start of a segment. */
  readonly startLsn: Lsn;
  readonly timeline: TimelineId;
}

export interface ReceiveWalOptions {
  readonly signal: AbortSignal;
  readonly start: Promise<WalStart>;
  readonly stop: StopPoint;
  readonly onStep: (sentence: Message) => void;
  /** The session is open, and its slot keeps WAL from now on, where it could be made without a position. */
  readonly onReady: () => void;
}

/**
 * Streams WAL from the start to the stop point into `task.place`, over a session of its own, across timelines. The session and
 * its slot are there before the start is known, so that the server cannot remove WAL in between. When it fails, a slot that it created is dropped again.
 * @throws BackupError `WAL_MISSING` when a segment is gone on the server, `SYSTEM_MISMATCH`, `STORAGE_UNAVAILABLE`, `SERVER_UNREACHABLE`
 */
export async function receiveWal(task: WalTask, options: ReceiveWalOptions): Promise<void> {
  const session = await openSession(task, options.signal);
  let created = false;
  try {
    const wantsPosition = session.capabilities.slots.reservation === 'position';
    if (!wantsPosition) created = await prepareSlot(session, task, options);
    options.onReady();
    const start = await abortable(options.start, options.signal);
    if (wantsPosition) created = await prepareSlot(session, task, options, start.startLsn);
    const receiver = new Receiver(session, task, start, options);
    await storeWal(receiver.members(), task.place, {
      sync: task.sync,
      signal: options.signal,
      onStored: () => receiver.stored(),
    });
    await receiver.stop();
  } catch (error) {
    session.connection.destroy();
    if (created) await dropCreatedSlot(task, options);
    throw error;
  }
}

function openSession({ source, systemIdentifier }: WalTask, signal: AbortSignal): Promise<ReplicationSession> {
  return openReplicationSession(source, { systemIdentifier, signal });
}

/** @returns whether this run created a slot that outlives its session */
async function prepareSlot(
  session: ReplicationSession,
  task: WalTask,
  { signal, onStep }: ReceiveWalOptions,
  fromLsn?: Lsn,
): Promise<boolean> {
  const { slot } = task;
  if (slot === undefined || (slot.kind === 'named' && !slot.create)) return false;
  const temporary = slot.kind === 'temporary';
  const request = { name: slot.name, temporary, reserveWal: true, fromLsn };
  const { existed } = await createSlot(session.connection, session.capabilities, request, { signal });
  if (existed) throw new BackupError('OBJECT_EXISTS', say('backup.slot-exists', { slot: slot.name }));
  onStep(
    temporary ? say('backup.step-slot', { slot: slot.name }) : say('backup.step-slot-created', { slot: slot.name }),
  );
  return !temporary;
}

/** The failed session may be unusable, and a used slot is only free when it is gone: so a new one. */
async function dropCreatedSlot(task: WalTask, { onStep }: ReceiveWalOptions): Promise<void> {
  const name = task.slot?.name ?? '';
  try {
    const session = await openSession(task, AbortSignal.timeout(15_000));
    await dropSlot(session.connection, session.capabilities, name);
    await session.connection.close();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    onStep(say('backup.slot-drop-failed', { slot: name, reason }));
  }
}

/** The stream of one session, timeline after timeline. */
class Receiver {
  readonly #session: ReplicationSession;
  readonly #task: WalTask;
  readonly #startPoint: WalStart;
  readonly #options: ReceiveWalOptions;
  #stream: WalStream | undefined;

  constructor(session: ReplicationSession, task: WalTask, start: WalStart, options: ReceiveWalOptions) {
    this.#session = session;
    this.#task = task;
    this.#startPoint = start;
    this.#options = options;
  }

  async *members(): AsyncGenerator<Member, void, undefined> {
    const { segmentSizeBytes, fileMode } = this.#task;
    let { startLsn, timeline } = this.#startPoint;
    for (;;) {
      const stream = await this.#start(startLsn, timeline);
      yield* segmentMembers(this.#pieces(stream), { startLsn, timeline, segmentSizeBytes, fileMode });
      const { ending } = stream;
      if (ending?.reason !== 'timeline') return;
      stream.release();
      timeline = ending.next.timeline;
      startLsn = segmentStart(ending.next.startLsn, segmentSizeBytes);
      const history = await timelineHistory(
        this.#session.connection,
        this.#session.capabilities,
        timeline,
        this.#options,
      );
      yield textMember(history.name, history.content, fileMode);
      yield textMember(`archive_status/${history.name}.done`, '', fileMode);
    }
  }

  /** Tells the server that what came so far is stored. */
  async stored(): Promise<void> {
    const stream = this.#stream;
    if (stream === undefined || stream.ending !== undefined) return;
    stream.reportPositions({ flushed: stream.position });
    await stream.sendStatus();
  }

  async stop(): Promise<void> {
    await this.#stream?.stop({ signal: this.#options.signal });
  }

  async #start(startLsn: Lsn, timeline: TimelineId): Promise<WalStream> {
    const { slot, systemIdentifier, statusIntervalMs, segmentSizeBytes } = this.#task;
    const request = { startLsn, timeline, slot: slot?.name, systemIdentifier };
    const { signal } = this.#options;
    const options = { signal, statusIntervalMs, segmentSizeBytes };
    this.#stream = await startWalStream(this.#session.connection, this.#session.capabilities, request, options);
    return this.#stream;
  }

  /** The WAL of one timeline, up to the stop point. */
  async *#pieces(stream: WalStream): AsyncGenerator<WalPiece, void, undefined> {
    const { signal, stop } = this.#options;
    const either = AbortSignal.any([signal, stop.known]);
    for (;;) {
      if (stop.lsn !== undefined && stream.position >= stop.lsn) return;
      let piece: WalPiece | undefined;
      try {
        piece = await stream.next({ signal: stop.lsn === undefined ? either : signal });
      } catch (error) {
        if (!signal.aborted && stop.known.aborted && isAbort(error, stop.known)) continue;
        throw error;
      }
      if (piece === undefined) {
        if (stream.ending?.reason === 'timeline') return;
        throw this.#endedEarly(stream);
      }
      yield piece;
      stream.reportPositions({ received: stream.position });
    }
  }

  #endedEarly(stream: WalStream): BackupError {
    const expected = this.#options.stop.lsn;
    const parameters = {
      actual: formatLsn(stream.position),
      expected: expected === undefined ? '?' : formatLsn(expected),
    };
    return new BackupError('SERVER_UNREACHABLE', say('backup.wal-lagged', parameters));
  }
}

/** `promise`, or the reason of `signal` when that comes first. */
async function abortable<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}

function isAbort(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error instanceof Error && error.name === 'AbortError');
}
