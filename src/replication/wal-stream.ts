import type { Abortable, Connection } from '../connection/connection.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { BackendMessage } from '../protocol/backend-messages.ts';
import { unexpectedMessage } from '../protocol/protocol-violation.ts';
import type { WalStreamCapabilities } from '../server/capabilities.ts';
import { lsn, noLsn, type Lsn } from '../wal/lsn.ts';
import type { TimelineId } from '../wal/segment.ts';
import { serverFailureDuring } from './server-failure.ts';
import { readNextTimeline, type NextTimeline } from './wal-timeline-end.ts';
import { WalFrames, type WalPiece } from './wal-frames.ts';
import { walDialectOf, type WalDialect } from './wal-messages.ts';

/** 2^31 - 1: a timer of Node fires at once when it is set for longer. */
const longestTimerMs = 2_147_483_647;

/** Why a stream came to its end: `next` begins where this timeline ended, or the server was shut down in order. */
export type WalEnding = { readonly reason: 'timeline'; readonly next: NextTimeline } | { readonly reason: 'shutdown' };

export interface WalStreamSettings {
  readonly startLsn: Lsn;
  readonly timeline: TimelineId;
  /** Whether what is durable is reported: with a slot, or to be a synchronous standby on purpose. */
  readonly reportFlush: boolean;
  /** Longest time between two status updates in ms; 0: only when the server asks. */
  readonly statusIntervalMs: number;
  readonly segmentSizeBytes: number;
  /** ms since 1970, by a clock that may be put back. */
  readonly now: () => number;
  /** ms since some moment, which never go back. */
  readonly passedMs: () => number;
}

/**
 * A session that streams WAL; made by `startWalStream`, which gives it the connection. Two duties in two loops: `next` is
 * pulled by the consumer, status updates go by a timer, however slow the consumer is.
 */
export class WalStream {
  readonly #connection: Connection;
  readonly #capabilities: WalStreamCapabilities;
  readonly #settings: WalStreamSettings;
  readonly #dialect: WalDialect;
  readonly #frames: WalFrames;
  #received: Lsn = noLsn;
  #flushed: Lsn = noLsn;
  #saidCrashed = false;
  /** What the connection had before. */
  readonly #noticeListener: Connection['onNotice'];
  #ending: WalEnding | undefined;
  /** A message other than WAL that `nextNow` came upon. */
  #setAside: BackendMessage | undefined;
  readonly #timers: NodeJS.Timeout[] = [];
  /** By `passedMs`: a clock that is put back or ahead makes no server silent, and no silent one heard. */
  #heardMs: number;
  #stopped = false;

  /** @param ending given when the timeline had ended before the start position, so that nothing will come */
  constructor(
    connection: Connection,
    capabilities: WalStreamCapabilities,
    settings: WalStreamSettings,
    ending?: WalEnding,
  ) {
    this.#connection = connection;
    this.#capabilities = capabilities;
    this.#settings = settings;
    this.#dialect = walDialectOf(capabilities.messages);
    this.#frames = new WalFrames(this.#dialect, settings.startLsn);
    this.#ending = ending;
    this.#heardMs = settings.passedMs();
    this.#noticeListener = connection.onNotice;
    connection.onNotice = (notice) => {
      this.#saidCrashed ||= notice['C'] === '57P02';
      this.#noticeListener(notice);
    };
    const intervalMs = Math.min(
      settings.statusIntervalMs === 0 ? Infinity : settings.statusIntervalMs,
      capabilities.maxStatusIntervalMs ?? Infinity,
    );
    // A server without news may be silent for longer than we wait: it is asked for a sign of life before.
    const patienceMs = (connection.inactivityTimeoutMs ?? Infinity) / 3;
    if (ending !== undefined) return;
    this.#every(intervalMs, () => this.#sendStatus(this.#silentFor(patienceMs)));
    if (patienceMs < intervalMs) {
      this.#every(patienceMs, () => (this.#silentFor(patienceMs) ? this.#sendStatus(true) : Promise.resolve()));
    }
  }

  get timeline(): TimelineId {
    return this.#settings.timeline;
  }

  /** End of the WAL that `next` has handed out. */
  get position(): Lsn {
    return this.#frames.position;
  }

  /** End of WAL on the server, as its last message said; 0 before the first. */
  get serverEnd(): Lsn {
    return this.#frames.serverEnd;
  }

  /** When the server was heard last, ms since 1970. */
  get heardAtMs(): number {
    return Math.round(this.#settings.now() - this.silentMs);
  }

  /** How long the server was not heard, in ms. */
  get silentMs(): number {
    return this.#settings.passedMs() - this.#heardMs;
  }

  /** Set when `next` has returned undefined. */
  get ending(): WalEnding | undefined {
    return this.#ending;
  }

  /**
   * The next WAL, contiguous to what came before; undefined at the end (see `ending`). The piece is valid until the next call.
   * Aborting `signal` leaves the stream usable.
   * @throws ServerError what the server reported; BackupError `PROTOCOL_VIOLATION`, `SERVER_UNREACHABLE` (also when the
   * server was stopped at once or cut us off). The `kind` of an error tells how the stream ended: `server-stopped`, `server-crashed`,
   * `connection-silent`; `connection-lost` may be the network, a server that was stopped at once, or one that ended a silent receiver
   */
  async next(options: Abortable = {}): Promise<WalPiece | undefined> {
    while (this.#ending === undefined) {
      const here = this.nextNow();
      if (here !== undefined) return here;
      const message = this.#setAside ?? (await this.#receive(options));
      this.#setAside = undefined;
      this.#heardMs = this.#settings.passedMs();
      switch (message.type) {
        case 'CopyData': {
          const frame = this.#frames.take(message);
          if (frame?.type === 'data') return frame.piece;
          if (frame?.type === 'keepalive' && frame.keepalive.replyRequested) await this.#sendStatus(false);
          break;
        }
        case 'CopyDone':
          this.#quiet();
          this.#ending = { reason: 'timeline', next: await this.#finishTimeline(options) };
          break;
        // A server that shuts down in order completes the command inside the copy, without CopyDone, and closes.
        case 'CommandComplete':
          this.#quiet();
          this.#ending = { reason: 'shutdown' };
          break;
        case 'ErrorResponse':
          this.#quiet();
          throw serverFailureDuring('replication.failed-wal', message.fields);
        default:
          this.#quiet();
          throw unexpectedMessage(message, say('protocol.phase.streaming'));
      }
    }
    return undefined;
  }

  /** The next WAL if it is here already, as `next` gives it; for hot loops. Everything else waits for `next`. */
  nextNow(): WalPiece | undefined {
    if (this.#ending !== undefined || this.#setAside !== undefined) return undefined;
    for (;;) {
      const message = this.#connection.receiveNow();
      if (message === undefined) return undefined;
      if (message.type !== 'CopyData') {
        this.#setAside = message;
        return undefined;
      }
      this.#heardMs = this.#settings.passedMs();
      const frame = this.#frames.take(message);
      if (frame?.type === 'data') return frame.piece;
      // A connection that broke is found by whoever reads next.
      if (frame?.type === 'keepalive' && frame.keepalive.replyRequested) this.#sendStatus(false).catch(() => undefined);
    }
  }

  /** All pieces to the end. Leaving the loop does not stop the stream; call `stop`. */
  async *[Symbol.asyncIterator](): AsyncGenerator<WalPiece, void, undefined> {
    for (let piece = await this.next(); piece !== undefined; piece = await this.next()) yield piece;
  }

  /**
   * What is written and what is durable here; later status updates report it as the rules of the server allow.
   * Positions never go back.
   */
  reportPositions(positions: { readonly received?: Lsn | undefined; readonly flushed?: Lsn | undefined }): void {
    if (positions.received !== undefined && positions.received > this.#received) this.#received = positions.received;
    if (positions.flushed !== undefined && positions.flushed > this.#flushed) this.#flushed = positions.flushed;
  }

  /** Sends the positions now, for example after a segment became durable. @param replyRequested asks for a keepalive */
  async sendStatus({ replyRequested = false } = {}): Promise<void> {
    if (this.#ending === undefined && !this.#stopped) await this.#sendStatus(replyRequested);
  }

  /**
   * Ends the stream in order and closes the connection: last status update, CopyDone, and what the server answers to it.
   * openGauss answers nothing and just closes, which is success.
   */
  async stop(options: Abortable = {}): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#quiet();
    try {
      if (this.#ending === undefined) await this.#endCopy(options);
    } finally {
      await this.#connection.close();
    }
  }

  /** Drops the connection at once; for when the run failed already. */
  destroy(): void {
    this.#stopped = true;
    this.#quiet();
    this.#connection.destroy();
  }

  /** Gives the connection back after `ending.reason` was `timeline`, to stream the next one. */
  release(): Connection {
    if (this.#ending?.reason !== 'timeline' || this.#stopped) throw new RangeError('the WAL stream has not ended');
    this.#stopped = true;
    this.#connection.onNotice = this.#noticeListener;
    return this.#connection;
  }

  /** PostgreSQL up to 13 warns of a crash, and just hangs up then. */
  async #receive(options: Abortable): Promise<BackendMessage> {
    try {
      return await this.#connection.receive(options);
    } catch (error) {
      if (!this.#saidCrashed || !(error instanceof BackupError) || error.kind !== 'connection-lost') throw error;
      throw error.with({ kind: 'server-crashed', hint: say('refusal.stream-crashed') });
    }
  }

  async #endCopy(options: Abortable): Promise<void> {
    await this.#sendStatus(false);
    await this.#connection.sendCopyDone();
    if (!this.#capabilities.answersCopyDone) return;
    for (;;) {
      const message = await this.#connection.receive(options);
      if (message.type === 'ReadyForQuery') return;
      if (message.type === 'ErrorResponse') throw serverFailureDuring('replication.failed-wal', message.fields);
    }
  }

  /** The server ended the copy: answer in kind, then it tells which timeline follows. */
  async #finishTimeline(options: Abortable): Promise<NextTimeline> {
    await this.#connection.sendCopyDone();
    return await readNextTimeline(this.#connection, this.#settings.timeline, options);
  }

  #quiet(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
  }

  #every(ms: number, send: () => Promise<void>): void {
    if (ms === Infinity) return;
    // A connection that broke is found by whoever reads next.
    const timer = setInterval(() => void send().catch(() => this.#quiet()), Math.min(ms, longestTimerMs));
    this.#timers.push(timer.unref());
  }

  /** Whether nothing was heard of the server for about `ms`; a timer may be a little early. */
  #silentFor(ms: number): boolean {
    return this.silentMs > ms * 0.9;
  }

  async #sendStatus(replyRequested: boolean): Promise<void> {
    await this.#connection.sendCopyData(
      this.#dialect.encodeStatus({
        received: this.#received,
        flushed: this.#reportableFlush(),
        replyRequested,
        sentAtMs: this.#settings.now(),
      }),
    );
  }

  /** Durable position as the server may hear it. */
  #reportableFlush(): Lsn {
    if (!this.#settings.reportFlush || this.#flushed === noLsn) return noLsn;
    const atBoundary = this.#flushed % BigInt(this.#settings.segmentSizeBytes) === 0n;
    return this.#capabilities.avoidBoundaryReports && atBoundary ? lsn(this.#flushed - 1n) : this.#flushed;
  }
}
