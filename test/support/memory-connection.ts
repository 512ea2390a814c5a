import type { Abortable, Connection, Endpoint } from '../../src/connection/connection.ts';
import { ServerError } from '../../src/connection/server-error.ts';
import { BackupError } from '../../src/errors/backup-error.ts';
import { say } from '../../src/messages/message.ts';
import type { BackendMessage, Column, ErrorFields, QueryResult } from '../../src/protocol/backend-messages.ts';
import { FrameDecoder } from '../../src/protocol/frame-decoder.ts';

/** What was sent: a command, or CopyData, or `copy-done`. */
export type Sent = { readonly query: string } | { readonly copyData: Buffer } | 'copy-done';

/**
 * A connection whose server is a sequence of bytes, handed over in chunks of a given size, each in a buffer that is
 * reused for the next, as a socket does. After the last byte the server has hung up, or says nothing for ever.
 */
export class MemoryConnection implements Connection {
  readonly endpoint: Endpoint = { kind: 'tcp', host: 'memory', port: 1 };
  readonly parameters = new Map<string, string>();
  negotiated = false;
  inactivityTimeoutMs: number | undefined = 120_000;
  onNotice: (notice: ErrorFields) => void = () => undefined;
  readonly sent: Sent[] = [];
  closed: 'no' | 'closed' | 'destroyed' = 'no';
  /** Values that `inactivityTimeoutMs` had whenever the connection had to wait for bytes. */
  readonly waits: (number | undefined)[] = [];
  readonly #bytes: Buffer;
  readonly #chunk: Buffer;
  readonly #hangsUp: boolean;
  #position = 0;
  #decoder = new FrameDecoder();
  #waited = false;

  constructor(bytes: Buffer, chunkSize = 65_536, end: 'hang-up' | 'silence' = 'hang-up') {
    this.#bytes = bytes;
    this.#chunk = Buffer.alloc(chunkSize);
    this.#hangsUp = end === 'hang-up';
  }

  get queries(): string[] {
    return this.sent.flatMap((entry) => (typeof entry === 'object' && 'query' in entry ? [entry.query] : []));
  }

  get statusUpdates(): Buffer[] {
    return this.sent.flatMap((entry) => (typeof entry === 'object' && 'copyData' in entry ? [entry.copyData] : []));
  }

  receiveNow(): BackendMessage | undefined {
    for (;;) {
      const message = this.#decoder.next();
      if (message === undefined) {
        if (!this.#waited) return undefined;
        this.#waited = false;
        const length = this.#bytes.copy(this.#chunk, 0, this.#position);
        if (length === 0) return undefined;
        this.#position += length;
        this.#decoder.push(this.#chunk.subarray(0, length));
      } else if (message.type === 'NoticeResponse') {
        this.onNotice(message.fields);
      } else if (message.type === 'ParameterStatus') {
        this.parameters.set(message.name, message.value);
      } else {
        return message;
      }
    }
  }

  async receive(options: Abortable = {}): Promise<BackendMessage> {
    for (;;) {
      options.signal?.throwIfAborted();
      const message = this.receiveNow();
      if (message !== undefined) return message;
      this.waits.push(this.inactivityTimeoutMs);
      await new Promise((resolve) => setImmediate(resolve));
      this.#waited = true;
      if (this.#position < this.#bytes.length) continue;
      if (this.#hangsUp) {
        throw new BackupError('SERVER_UNREACHABLE', say('connection.closed'), { kind: 'connection-lost' });
      }
      await new Promise((_resolve, reject) => {
        options.signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
      });
    }
  }

  send(sql: string): Promise<void> {
    this.sent.push({ query: sql });
    return Promise.resolve();
  }

  async query(sql: string): Promise<readonly QueryResult[]> {
    await this.send(sql);
    const results: QueryResult[] = [];
    let columns: readonly Column[] = [];
    let rows: (readonly (string | null)[])[] = [];
    for (;;) {
      const message = await this.receive();
      if (message.type === 'ReadyForQuery') return results;
      if (message.type === 'ErrorResponse') throw new ServerError(message.fields);
      if (message.type === 'RowDescription') columns = message.columns;
      else if (message.type === 'DataRow') rows.push(message.values);
      else if (message.type === 'CommandComplete') {
        results.push({ columns, rows, tag: message.tag });
        columns = [];
        rows = [];
      } else throw new Error(`unexpected ${message.type}`);
    }
  }

  sendCopyData(...parts: readonly Uint8Array[]): Promise<void> {
    this.sent.push({ copyData: Buffer.concat(parts) });
    return Promise.resolve();
  }

  sendCopyDone(): Promise<void> {
    this.sent.push('copy-done');
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.closed = 'closed';
    return Promise.resolve();
  }

  destroy(): void {
    this.closed = 'destroyed';
  }
}
