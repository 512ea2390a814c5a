import { protocolViolation } from '../protocol/protocol-violation.ts';
import { say } from '../messages/message.ts';
import { formatLsn, type Lsn } from '../wal/lsn.ts';
import { longPageHeaderBytes } from '../wal/page-header.ts';
import type { OpenSegment } from './wal-store.ts';

/** A segment that is opened when the header of its first page is there, which tells whose WAL it is. */
export class FirstPageSegment implements OpenSegment {
  readonly #startLsn: Lsn;
  readonly #open: (header: Uint8Array) => Promise<OpenSegment>;
  #head = Buffer.alloc(0);
  #segment: OpenSegment | undefined;

  constructor(startLsn: Lsn, open: (header: Uint8Array) => Promise<OpenSegment>) {
    this.#startLsn = startLsn;
    this.#open = open;
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    return this.#segment === undefined ? this.#begin(bytes) : this.#segment.write(bytes);
  }

  async sync(): Promise<void> {
    await this.#opened()?.sync();
  }

  async complete(): Promise<void> {
    await this.#opened()?.complete();
  }

  async close(): Promise<void> {
    // Less than a header is no WAL yet, and the server will send it again.
    await this.#segment?.close();
  }

  async #begin(bytes: Uint8Array): Promise<void> {
    this.#head = Buffer.concat([this.#head, bytes]);
    if (this.#head.length < longPageHeaderBytes) return;
    this.#segment = await this.#open(this.#head);
    await this.#segment.write(this.#head);
    this.#head = Buffer.alloc(0);
  }

  /** @throws BackupError `PROTOCOL_VIOLATION` for a few bytes of which nobody can say what they are: never told to be durable */
  #opened(): OpenSegment | undefined {
    if (this.#segment !== undefined || this.#head.length === 0) return this.#segment;
    throw protocolViolation(say('receiver.not-wal', { lsn: formatLsn(this.#startLsn) }));
  }
}
