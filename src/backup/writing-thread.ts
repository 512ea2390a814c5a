import { fromBytes, toBytes, type ByteString } from '../bytes/byte-string.ts';
import { createRing, RingWriter } from '../bytes/record-ring.ts';
import type { BackupError } from '../errors/backup-error.ts';
import { errorFromData, type ErrorData } from '../errors/error-data.ts';
import { threadFailure } from '../errors/thread-failure.ts';
import type { NewFile } from '../files/new-file.ts';
import { say } from '../messages/message.ts';
import { startThread } from '../threads/start-thread.ts';
import type { FileSequence, FileSequenceOptions } from './file-sequence.ts';

/** Types of the records that the thread is sent. */
export const writing = { open: 1, content: 2, other: 3, endContent: 4, close: 5, finish: 6 } as const;

export interface WritingThreadData extends FileSequenceOptions {
  readonly ring: SharedArrayBuffer;
}

/** What the thread tells. */
export type WritingReport =
  | { readonly type: 'room' }
  | { readonly type: 'sums'; readonly sums: readonly string[] }
  | { readonly type: 'finished' }
  | { readonly type: 'failed'; readonly error: ErrorData };

interface Settle<Value> {
  resolve(value: Value): void;
  reject(reason: unknown): void;
}

const nothing = new Uint8Array(0);

/**
 * Writes and sums on a thread of its own, to which bytes go through a ring of 16 MiB: a slow disk holds the server back only when that is full.
 * A failure is told as soon as it happens (`onFailure`), and thrown by the calls that follow.
 */
export class WritingThread implements FileSequence {
  readonly #options: FileSequenceOptions;
  readonly #onFailure: (error: Error) => void;
  #ring: RingWriter | undefined;
  #exited: Promise<void> = Promise.resolve();
  #failure: Error | undefined;
  #isOver = false;
  #room: Settle<undefined> | undefined;
  #finished: Settle<undefined> | undefined;
  readonly #sums: Settle<string>[] = [];
  lastSum: Promise<string> = Promise.resolve('');

  constructor(options: FileSequenceOptions, onFailure: (error: Error) => void) {
    this.#options = options;
    this.#onFailure = onFailure;
  }

  get sums(): boolean {
    return this.#options.algorithm !== undefined;
  }

  open(file: NewFile, bits: number): void | Promise<void> {
    this.#ring ??= this.#start();
    return this.#put(writing.open, ...encodeOpening(file, bits));
  }

  write(bytes: Uint8Array, isContent: boolean): void | Promise<void> {
    const type = isContent ? writing.content : writing.other;
    const longest = this.#ring?.longest ?? bytes.length;
    return bytes.length <= longest ? this.#put(type, 0, bytes) : this.#putInParts(type, bytes, longest);
  }

  endContent(): void | Promise<void> {
    if (this.#options.algorithm === undefined) return undefined;
    this.lastSum = new Promise((resolve, reject) => this.#sums.push({ resolve, reject }));
    // Whoever waits for it hears of the failure; it need not be anybody.
    this.lastSum.catch(() => undefined);
    return this.#put(writing.endContent, 0, nothing);
  }

  close(): void | Promise<void> {
    return this.#put(writing.close, 0, nothing);
  }

  async finish(): Promise<void> {
    if (this.#ring === undefined) return;
    const finished = new Promise<undefined>((resolve, reject) => (this.#finished = { resolve, reject }));
    // A failure may come before the record has its place.
    finished.catch(() => undefined);
    await this.#put(writing.finish, 0, nothing);
    await finished;
    await this.#exited;
  }

  async abandon(): Promise<void> {
    this.#isOver = true;
    this.#ring?.stop();
    await this.#exited;
  }

  #start(): RingWriter {
    const ring = createRing();
    const worker = startThread('backup-writing-thread', { ...this.#options, ring } satisfies WritingThreadData);
    worker.on('message', (report: WritingReport) => this.#hear(report));
    worker.once('error', (error) => this.#fail(ended(error)));
    this.#exited = new Promise((resolve) => {
      worker.once('exit', (status) => {
        if (!this.#isOver) this.#fail(ended(new Error(`status ${status}`)));
        resolve();
      });
    });
    return new RingWriter(ring);
  }

  #hear(report: WritingReport): void {
    switch (report.type) {
      case 'room':
        this.#room?.resolve(undefined);
        this.#room = undefined;
        break;
      case 'sums':
        for (const sum of report.sums) this.#sums.shift()?.resolve(sum);
        break;
      case 'finished':
        this.#isOver = true;
        this.#finished?.resolve(undefined);
        break;
      case 'failed':
        this.#fail(errorFromData(report.error));
        break;
    }
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#room?.reject(error);
    this.#finished?.reject(error);
    for (const sum of this.#sums) sum.reject(error);
    if (!this.#isOver) this.#onFailure(error);
  }

  #put(type: number, value: number, bytes: Uint8Array): void | Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#ring?.put(type, value, bytes) === false ? this.#putLater(type, value, bytes) : undefined;
  }

  async #putLater(type: number, value: number, bytes: Uint8Array): Promise<void> {
    const ring = this.#ring;
    while (ring?.put(type, value, bytes) === false) {
      if (this.#failure !== undefined) throw this.#failure;
      const room = new Promise<undefined>((resolve, reject) => (this.#room = { resolve, reject }));
      if (ring.wantRoom()) await room;
      else this.#room = undefined;
    }
  }

  async #putInParts(type: number, bytes: Uint8Array, longest: number): Promise<void> {
    for (let at = 0; at < bytes.length; at += longest) await this.#put(type, 0, bytes.subarray(at, at + longest));
  }
}

function ended(cause: Error): BackupError {
  return threadFailure(cause, (reason) => say('backup.thread-ended', { reason }));
}

/** A file to open as number and bytes of a record: its path, and in the number how much of that is the root. */
export function encodeOpening({ path, root }: NewFile, bits: number): [value: number, bytes: Uint8Array] {
  return [bits | (root.length << 9), toBytes(path)];
}

export function decodeOpening(value: number, bytes: Uint8Array): [file: NewFile, bits: number] {
  const path = fromBytes(bytes);
  return [{ path, root: path.slice(0, value >>> 9) as ByteString }, value & 0o777];
}
