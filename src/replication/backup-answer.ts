import type { Connection } from '../connection/connection.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say, type MessageValue } from '../messages/message.ts';
import type { BackendMessage, Column, ErrorFields, QueryResult } from '../protocol/backend-messages.ts';
import { unexpectedMessage } from '../protocol/protocol-violation.ts';
import { fileLeftOutBy } from '../server/refusals.ts';
import type { BackupWait, NoticeListener } from './base-backup.ts';
import { badResult } from './query-row.ts';
import { serverFailureDuring } from './server-failure.ts';

export interface AnswerOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onNotice?: NoticeListener | undefined;
  /** Called every `waitReportMs` while the server is busy and owes nothing yet. */
  readonly onWaiting?: ((what: BackupWait) => void) | undefined;
  /** Default 10 s. */
  readonly waitReportMs?: number | undefined;
}

type Failed = Parameters<typeof serverFailureDuring>[0];

/** More tablespaces than a server can sensibly have; bounds what a hostile one makes us keep. */
const mostRows = 100_000;

/** PostgreSQL tells after 5 s that it waits for the archiver; twice that, because it counts its own naps. */
const archiverNoticeMs = 10_000;

/**
 * The answer to one long command, message by message. It knows when a silent server is no fault: between `expectSilence`
 * and `endSilence` the inactivity time-out is off and `onWaiting` is called instead.
 */
export class BackupAnswer {
  readonly connection: Connection;
  readonly #options: AnswerOptions;
  readonly #receiveOptions: { readonly signal: AbortSignal | undefined };
  readonly #inactivityTimeoutMs: number | undefined;
  readonly #outerListener: (notice: ErrorFields) => void;
  #leftOut: string | undefined;
  #waitTimer: NodeJS.Timeout | undefined;
  /** A notice of severity NOTICE during a copy means that the server begins to wait for archiving. */
  noticesMeanWaiting = false;

  constructor(connection: Connection, options: AnswerOptions) {
    this.connection = connection;
    this.#options = options;
    this.#receiveOptions = { signal: options.signal };
    this.#inactivityTimeoutMs = connection.inactivityTimeoutMs;
    this.#outerListener = connection.onNotice;
    connection.onNotice = (notice) => this.#noticed(notice);
  }

  get signal(): AbortSignal | undefined {
    return this.#receiveOptions.signal;
  }

  /** Gives the connection back as it was. */
  release(): void {
    this.endSilence();
    this.connection.onNotice = this.#outerListener;
  }

  expectSilence(what: BackupWait): void {
    this.connection.inactivityTimeoutMs = undefined;
    const { onWaiting } = this.#options;
    if (onWaiting === undefined || this.#waitTimer !== undefined) return;
    this.#waitTimer = setInterval(() => onWaiting(what), this.#options.waitReportMs ?? 10_000);
    this.#waitTimer.unref();
  }

  endSilence(): void {
    clearInterval(this.#waitTimer);
    this.#waitTimer = undefined;
    this.connection.inactivityTimeoutMs = this.#inactivityTimeoutMs;
  }

  /** A wait for the archiver may follow: the server is silent for some seconds before it says so by a notice. */
  allowForArchiver(): void {
    const timeoutMs = this.#inactivityTimeoutMs;
    if (timeoutMs !== undefined) this.connection.inactivityTimeoutMs = Math.max(timeoutMs, archiverNoticeMs);
  }

  /** The next message without waiting, or undefined. For the copy loop. */
  receiveNow(): BackendMessage | undefined {
    const message = this.connection.receiveNow();
    if (this.#leftOut !== undefined) throw leftOut(this.#leftOut);
    return message;
  }

  async receive(): Promise<BackendMessage> {
    const message = await this.connection.receive(this.#receiveOptions);
    if (this.#leftOut !== undefined) throw leftOut(this.#leftOut);
    return message;
  }

  /** What to throw for a message that has no place here: the server's error, or a protocol violation that names the phase. */
  failure(message: BackendMessage, failed: Failed, phase: MessageValue): Error {
    return message.type === 'ErrorResponse'
      ? serverFailureDuring(failed, message.fields, this.connection.user)
      : unexpectedMessage(message, phase);
  }

  /** One result set: RowDescription, DataRow…, CommandComplete. */
  async result(failed: Failed, phase: MessageValue): Promise<QueryResult> {
    const head = await this.receive();
    if (head.type !== 'RowDescription') throw this.failure(head, failed, phase);
    return await this.rest(head.columns, failed, phase);
  }

  /** A result set whose RowDescription was read already. */
  async rest(columns: readonly Column[], failed: Failed, phase: MessageValue): Promise<QueryResult> {
    const rows: (readonly (string | null)[])[] = [];
    for (;;) {
      const message = await this.receive();
      if (message.type === 'CommandComplete') return { columns, rows, tag: message.tag };
      if (message.type !== 'DataRow') throw this.failure(message, failed, phase);
      if (rows.length === mostRows)
        throw badResult(phase, say('replication.answer.too-many-rows', { limit: mostRows }));
      rows.push(message.values);
    }
  }

  #noticed(notice: ErrorFields): void {
    this.#leftOut ??= fileLeftOutBy(notice);
    if (this.noticesMeanWaiting && (notice['V'] ?? notice['S']) === 'NOTICE') this.expectSilence('end-position');
    (this.#options.onNotice ?? this.#outerListener)(notice);
  }
}

function leftOut(file: string): BackupError {
  return new BackupError('SERVER_ERROR', say('replication.file-left-out', { file }), {
    hint: say('replication.file-left-out.hint'),
  });
}
