import { ServerError } from '../connection/server-error.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { timelineHistory } from '../replication/identify.ts';
import { openReplicationSession, type ReplicationSession, type SessionSettings } from '../replication/open-session.ts';
import { createSlot } from '../replication/slots.ts';
import { startWalStream } from '../replication/start-wal-stream.ts';
import type { WalStream } from '../replication/wal-stream.ts';
import type { Member } from '../tar/member.ts';
import { formatLsn, type Lsn } from '../wal/lsn.ts';
import { segmentStart, type TimelineId } from '../wal/segment.ts';
import { abortable } from '../connection/abortable.ts';
import type { SlotCreation } from './owned-slot.ts';
import type { StopPoint } from './stop-point.ts';
import { segmentMembers, textMember, type WalPiece } from './wal-members.ts';
import { storeWal, type WalTarget } from './wal-store.ts';

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
  readonly place: WalTarget;
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
  /** How far the creation of a permanent slot got; it belongs to whoever listens. */
  readonly onSlot: (creation: SlotCreation) => void;
}

/** How long the answer to the creation of a slot is awaited after the receiver was told to end: then it is known whether it is ours. */
const creationGraceMs = 3000;

/**
 * Streams WAL from the start to the stop point into `task.place`, over a session of its own, across timelines. The session and
 * its slot are there before the start is known, so that the server cannot remove WAL in between. A slot that it created stays: see `onSlot`.
 * @throws BackupError `WAL_MISSING` when a segment is gone on the server, `SYSTEM_MISMATCH`, `STORAGE_UNAVAILABLE`, `SERVER_UNREACHABLE`
 */
export async function receiveWal(task: WalTask, options: ReceiveWalOptions): Promise<void> {
  const session = await openSession(task, options.signal);
  try {
    const wantsPosition = session.capabilities.slots.reservation === 'position';
    if (!wantsPosition) await prepareSlot(session, task, options);
    options.onReady();
    const start = await abortable(options.start, options.signal);
    if (wantsPosition) await prepareSlot(session, task, options, start.startLsn);
    const receiver = new Receiver(session, task, start, options);
    await storeWal(receiver.members(), task.place, {
      sync: task.sync,
      signal: options.signal,
      onStored: () => receiver.stored(),
    });
    await receiver.stop();
  } catch (error) {
    session.connection.destroy();
    throw error;
  }
}

function openSession({ source, systemIdentifier }: WalTask, signal: AbortSignal): Promise<ReplicationSession> {
  return openReplicationSession(source, { systemIdentifier, signal });
}

/** Creates the slot where one is to be created, and reports how far that got. */
async function prepareSlot(
  session: ReplicationSession,
  { slot }: WalTask,
  { signal, onStep, onSlot }: ReceiveWalOptions,
  fromLsn?: Lsn,
): Promise<void> {
  if (slot === undefined || (slot.kind === 'named' && !slot.create)) return;
  const temporary = slot.kind === 'temporary';
  const request = { name: slot.name, temporary, reserveWal: true, fromLsn };
  signal.throwIfAborted();
  if (!temporary) onSlot('asked');
  const patience = graceAfter(signal, creationGraceMs);
  try {
    const { existed } = await createSlot(session.connection, session.capabilities, request, patience);
    if (existed) {
      throw new BackupError('OBJECT_EXISTS', say('backup.slot-exists', { slot: slot.name }), {
        hint: say('refusal.slot-exists'),
      });
    }
    if (!temporary) onSlot('created');
  } catch (error) {
    if (error instanceof ServerError || isExisting(error)) onSlot('not-created');
    throw error;
  } finally {
    patience.release();
  }
  onStep(
    temporary ? say('backup.step-slot', { slot: slot.name }) : say('backup.step-slot-created', { slot: slot.name }),
  );
}

function isExisting(error: unknown): boolean {
  return error instanceof BackupError && error.code === 'OBJECT_EXISTS';
}

/** A signal that follows `signal` with a delay. */
function graceAfter(signal: AbortSignal, graceMs: number): { readonly signal: AbortSignal; release(): void } {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    timer = setTimeout(() => late.abort(signal.reason), graceMs);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  return {
    signal: late.signal,
    release() {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    },
  };
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

function isAbort(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error instanceof Error && error.name === 'AbortError');
}
