import { forEachPiece, type ReadySource } from '../bytes/ready-source.ts';
import type { BackendMessage, CopyDataPiece } from '../protocol/backend-messages.ts';
import { protocolViolation } from '../protocol/protocol-violation.ts';
import { say, type MessageValue } from '../messages/message.ts';
import type { BackupAnswer } from './backup-answer.ts';

const failed = 'replication.failed-backup-data';

/** The content of one CopyOut, to its CopyDone. What a consumer leaves unread is skipped by `finish`. */
export class PlainCopy {
  readonly #answer: BackupAnswer;
  readonly #phase: MessageValue;
  #done = false;

  constructor(answer: BackupAnswer, phase: MessageValue) {
    this.#answer = answer;
    this.#phase = phase;
  }

  content(): ReadySource {
    return new CopyContent(this.#answer, {
      isOver: () => this.#done,
      dataOf: (message) => this.#dataOf(message),
    });
  }

  async finish(): Promise<void> {
    await forEachPiece(this.content(), ignore);
  }

  #dataOf(message: BackendMessage): Uint8Array | undefined {
    if (message.type === 'CopyData') return message.bytes;
    if (message.type !== 'CopyDone') throw this.#answer.failure(message, failed, this.#phase);
    this.#done = true;
    return undefined;
  }
}

/** What a copy makes of the messages of its answer. */
interface CopyReading {
  /** Whether all of the content has come. */
  isOver(): boolean;
  /** The content in a message, where it has some. */
  dataOf(message: BackendMessage): Uint8Array | undefined;
}

class CopyContent implements ReadySource, AsyncIterator<Uint8Array> {
  readonly #answer: BackupAnswer;
  readonly #reading: CopyReading;

  constructor(answer: BackupAnswer, reading: CopyReading) {
    this.#answer = answer;
    this.#reading = reading;
  }

  takeNow(): Uint8Array | undefined {
    while (!this.#reading.isOver()) {
      const message = this.#answer.receiveNow();
      if (message === undefined) return undefined;
      const data = this.#reading.dataOf(message);
      if (data !== undefined && data.length > 0) return data;
    }
    return undefined;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    for (;;) {
      let data = this.takeNow();
      if (data !== undefined) return { done: false, value: data };
      if (this.#reading.isOver()) return { done: true, value: undefined };
      data = this.#reading.dataOf(await this.#answer.receive());
      if (data !== undefined && data.length > 0) return { done: false, value: data };
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

const ignore = (): undefined => undefined;

/** What begins in the framed copy of PostgreSQL 15+. */
export type FrameStart =
  | { readonly kind: 'archive'; readonly name: string; readonly location: string }
  | { readonly kind: 'manifest' }
  | { readonly kind: 'done' };

/** Kind bytes at the start of each CopyData. Source: PostgreSQL manual, BASE_BACKUP. */
const kinds = { data: 0x64, archive: 0x6e, manifest: 0x6d, progress: 0x70 } as const;

/** The longest archive header or progress report that is taken: two file names. */
const longestSmallMessage = 16 * 1024;

/**
 * The single CopyOut of PostgreSQL 15+, which carries all archives and the manifest. Each CopyData begins with a kind:
 * `n` new archive, `d` data of what began last, `m` manifest begins, `p` progress (bytes done, 64-bit big-endian).
 */
export class FramedCopy {
  readonly #answer: BackupAnswer;
  readonly #onProgress: ((doneBytes: bigint) => void) | undefined;
  /** Kind of the CopyData that is being read; undefined between two of them, or before its first byte came. */
  #kind: number | undefined;
  #small: Uint8Array[] = [];
  #smallLength = 0;
  #next: FrameStart | undefined;

  constructor(answer: BackupAnswer, onProgress: ((doneBytes: bigint) => void) | undefined) {
    this.#answer = answer;
    this.#onProgress = onProgress;
  }

  /** What begins next; data that was not read is skipped. */
  async nextStart(): Promise<FrameStart> {
    await forEachPiece(this.content(), ignore);
    const start = this.#next;
    if (start === undefined) throw new RangeError('the copy went on without a start');
    if (start.kind !== 'done') this.#next = undefined;
    return start;
  }

  /** Data up to the next start. */
  content(): ReadySource {
    return new CopyContent(this.#answer, {
      isOver: () => this.#next !== undefined,
      dataOf: (message) => this.#dataOf(message),
    });
  }

  #dataOf(message: BackendMessage): Uint8Array | undefined {
    if (message.type === 'CopyData') return this.#take(message);
    if (message.type !== 'CopyDone') {
      throw this.#answer.failure(message, failed, say('protocol.phase.archives'));
    }
    this.#next = { kind: 'done' };
    return undefined;
  }

  /** Data of the piece, if it is data; the other kinds are collected and acted on when whole. */
  #take(piece: CopyDataPiece): Uint8Array | undefined {
    let bytes = piece.bytes;
    if (piece.first) this.#kind = undefined;
    if (this.#kind === undefined) {
      this.#kind = bytes[0];
      if (this.#kind === undefined) {
        if (piece.last)
          throw protocolViolation(
            say('replication.result-shape', { command: 'BASE_BACKUP', reason: say('replication.answer.empty-copy') }),
          );
        return undefined;
      }
      bytes = bytes.subarray(1);
    }
    if (this.#kind === kinds.data) return bytes;
    this.#collect(bytes, piece.last);
    return undefined;
  }

  #collect(bytes: Uint8Array, last: boolean): void {
    this.#smallLength += bytes.length;
    if (this.#smallLength > longestSmallMessage) throw this.#badFrame('replication.answer.copy-too-long');
    this.#small.push(Uint8Array.from(bytes));
    if (!last) return;
    const whole = Buffer.concat(this.#small);
    this.#small = [];
    this.#smallLength = 0;
    this.#act(whole);
  }

  #act(body: Buffer): void {
    switch (this.#kind) {
      case kinds.archive: {
        const [name, location, ...rest] = body.toString('utf8').split('\0');
        if (name === undefined || location === undefined || rest.length !== 1)
          throw this.#badFrame('replication.answer.copy-malformed');
        this.#next = { kind: 'archive', name, location };
        return;
      }
      case kinds.manifest:
        this.#next = { kind: 'manifest' };
        return;
      case kinds.progress:
        if (body.length !== 8) throw this.#badFrame('replication.answer.copy-malformed');
        this.#onProgress?.(body.readBigInt64BE(0));
        return;
      default:
        throw this.#badFrame('replication.answer.copy-unknown');
    }
  }

  #badFrame(
    key: 'replication.answer.copy-too-long' | 'replication.answer.copy-malformed' | 'replication.answer.copy-unknown',
  ): Error {
    const kind = String.fromCharCode(this.#kind ?? 0);
    return protocolViolation(say('replication.result-shape', { command: 'BASE_BACKUP', reason: say(key, { kind }) }));
  }
}
