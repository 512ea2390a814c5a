import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { BackendMessage, Column, ErrorFields, QueryResult } from '../protocol/backend-messages.ts';
import { FrameDecoder } from '../protocol/frame-decoder.ts';
import { encodeCopyDataHeader, encodeCopyDone, encodeQuery, encodeTerminate } from '../protocol/frontend-messages.ts';
import { unexpectedMessage } from '../protocol/protocol-violation.ts';
import { traceBackend, traceFrontend } from '../protocol/trace.ts';
import type { ByteChannel } from './byte-channel.ts';
import { silentError } from './connect-failure.ts';
import type { Abortable, Connection, Endpoint } from './connection.ts';
import { ServerError } from './server-error.ts';
import { systemErrorText } from '../errors/system-error-text.ts';
import type { WaitOptions } from './wait-slot.ts';

/** The values of a result set that `query` keeps, in bytes of text. */
const largestAnswer = 1024 * 1024;
/** What an empty row or result counts for, so that a server cannot send them without end. */
const rowCost = 16;
/** Messages of a login, of any kind: openGauss sends about thirty. */
const mostLoginMessages = 1000;
/** Settings that a server may report under names of their own. */
const mostParameters = 1000;
/** How long `close` waits for the server to take note. */
const closeGraceMs = 2000;

export interface CancelKey {
  readonly processId: number;
  readonly secretKey: Uint8Array;
}

/**
 * The protocol over one channel. NoticeResponse, ParameterStatus and NotificationResponse may come at any moment; they are
 * dealt with here and never returned.
 */
export class Session implements Connection {
  readonly endpoint: Endpoint;
  readonly channel: ByteChannel;
  readonly parameters = new Map<string, string>();
  negotiated = false;
  cancelKey: CancelKey | undefined;
  onNotice: (notice: ErrorFields) => void = () => undefined;
  inactivityTimeoutMs: number | undefined;
  readonly #decoder = new FrameDecoder();
  readonly #trace: ((line: string) => void) | undefined;
  #closed = false;
  /** How many messages may still come before the session must be ready; undefined when it is. */
  #loginMessagesLeft: number | undefined = mostLoginMessages;

  constructor(endpoint: Endpoint, channel: ByteChannel, trace?: (line: string) => void) {
    this.endpoint = endpoint;
    this.channel = channel;
    this.#trace = trace;
  }

  receiveNow(): BackendMessage | undefined {
    for (;;) {
      const message = this.#decoder.next();
      if (message === undefined) {
        const chunk = this.channel.take();
        if (chunk === undefined) return undefined;
        this.#decoder.push(chunk);
      } else if (message.type === 'CopyData' || this.#isForCaller(message)) {
        return message;
      }
    }
  }

  async receive(options: Abortable = {}): Promise<BackendMessage> {
    options.signal?.throwIfAborted();
    for (;;) {
      const message = this.receiveNow();
      if (message !== undefined) return message;
      if (this.channel.ended) throw this.#endError();
      await this.channel.readable(this.#waitOptions(options));
    }
  }

  /** Whether the server has said anything yet. */
  get heard(): boolean {
    return this.#loginMessagesLeft !== mostLoginMessages;
  }

  /** The login is over: from here on messages are not counted any more. */
  loggedIn(): void {
    this.#loginMessagesLeft = undefined;
  }

  async send(sql: string, options: Abortable = {}): Promise<void> {
    await this.write(encodeQuery(sql), options);
  }

  async query(sql: string, options: Abortable = {}): Promise<readonly QueryResult[]> {
    try {
      await this.send(sql, options);
      return await this.#collect(options);
    } catch (error) {
      // The rest of the answer may still come: nothing else can be asked here.
      if (!(error instanceof ServerError)) this.destroy();
      throw error;
    }
  }

  async sendCopyData(...parts: readonly Uint8Array[]): Promise<void> {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    await this.write(Buffer.concat([encodeCopyDataHeader(length), ...parts]));
  }

  async sendCopyDone(): Promise<void> {
    await this.write(encodeCopyDone());
  }

  /** Sends one encoded message, which belongs to the session afterwards. */
  async write(message: Uint8Array, options: Abortable = {}): Promise<void> {
    options.signal?.throwIfAborted();
    if (this.#closed) throw new BackupError('SERVER_UNREACHABLE', say('connection.not-open'));
    this.#trace?.(traceFrontend(message));
    await this.channel.write(message, this.#waitOptions(options));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const terminate = encodeTerminate();
    this.#trace?.(traceFrontend(terminate));
    try {
      if (!this.channel.ended)
        await this.channel.write(terminate, { timeoutMs: closeGraceMs, onTimeout: () => silentError(closeGraceMs) });
      await this.channel.end(closeGraceMs);
    } catch {
      this.destroy();
    }
  }

  destroy(): void {
    this.#closed = true;
    this.channel.destroy();
  }

  #isForCaller(message: BackendMessage): boolean {
    this.#trace?.(traceBackend(message));
    if (this.#loginMessagesLeft !== undefined) {
      this.#loginMessagesLeft -= 1;
      if (this.#loginMessagesLeft < 0) throw endless(mostLoginMessages);
    }
    switch (message.type) {
      case 'NoticeResponse':
        this.onNotice(message.fields);
        return false;
      case 'ParameterStatus':
        this.parameters.set(message.name, message.value);
        if (this.parameters.size > mostParameters) throw endless(mostParameters);
        return false;
      case 'NotificationResponse':
        return false;
      default:
        return true;
    }
  }

  async #collect(options: Abortable): Promise<readonly QueryResult[]> {
    const results: QueryResult[] = [];
    let columns: readonly Column[] = [];
    let rows: (readonly (string | null)[])[] = [];
    let size = 0;
    for (;;) {
      const message = await this.receive(options);
      switch (message.type) {
        case 'RowDescription':
          size += rowCost * (message.columns.length + 1);
          if (size > largestAnswer) throw tooLarge();
          columns = message.columns;
          break;
        case 'DataRow':
          size += message.values.reduce((sum, value) => sum + (value?.length ?? 0), rowCost);
          if (size > largestAnswer) throw tooLarge();
          rows.push(message.values);
          break;
        case 'CommandComplete':
        case 'EmptyQueryResponse':
          size += rowCost;
          if (size > largestAnswer) throw tooLarge();
          results.push({ columns, rows, tag: message.type === 'CommandComplete' ? message.tag : '' });
          columns = [];
          rows = [];
          break;
        case 'ErrorResponse':
          await this.#finishFailedQuery(options);
          throw new ServerError(message.fields);
        case 'ReadyForQuery':
          return results;
        default:
          throw unexpectedMessage(message, say('protocol.phase.query'));
      }
    }
  }

  /** Reads up to ReadyForQuery. After a FATAL error, and on openGauss after any in a replication session, the end comes instead. */
  async #finishFailedQuery(options: Abortable): Promise<void> {
    try {
      for (;;) {
        const message = await this.receive(options);
        if (message.type === 'ReadyForQuery') return;
      }
    } catch (error) {
      if (options.signal?.aborted === true) throw error;
      this.destroy();
    }
  }

  #waitOptions(options: Abortable): WaitOptions {
    const timeoutMs = this.inactivityTimeoutMs;
    return {
      signal: options.signal,
      timeoutMs,
      onTimeout: timeoutMs === undefined ? undefined : () => silentError(timeoutMs),
    };
  }

  #endError(): BackupError {
    if (this.#closed) return new BackupError('SERVER_UNREACHABLE', say('connection.not-open'));
    const { error } = this.channel;
    const hint = say('connection.closed-hint');
    const sentence =
      error === undefined ? say('connection.closed') : say('connection.broken', { reason: systemErrorText(error) });
    return new BackupError('SERVER_UNREACHABLE', sentence, { hint, cause: error, kind: 'connection-lost' });
  }
}

function tooLarge(): BackupError {
  return new BackupError('PROTOCOL_VIOLATION', say('connection.answer-too-large', { limit: largestAnswer }));
}

function endless(limit: number): BackupError {
  return new BackupError('PROTOCOL_VIOLATION', say('connection.login-endless', { limit }), {
    hint: say('connection.login-endless-hint'),
  });
}
