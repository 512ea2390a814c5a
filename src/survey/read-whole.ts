import { availableParallelism } from 'node:os';
import { errorFromData, type ErrorData } from '../errors/error-data.ts';
import { Teller } from '../events/teller.ts';
import type { StorageOptions } from '../storage/storage.ts';
import type { WalObject } from '../wal-archive/wal-source.ts';
import type { Lsn } from '../wal/lsn.ts';
import { segmentEndLsn } from '../wal/segment.ts';
import { encodeSegmentIndex } from '../wal/segment-index-codec.ts';
import type { SurveyListener, SurveyNews } from './events.ts';
import type { KnownSegment } from './known-shelf.ts';
import { proofOf } from './segment-proof.ts';
import {
  readSegment,
  readStoredSegment,
  type ReadingTask,
  type SegmentReading,
  type StoredSegment,
} from './segment-reading.ts';
import type { WalKnowledge } from './wal-knowledge.ts';
import type { WalPlace } from './wal-place.ts';
import { hasThread, startThread } from '../threads/start-thread.ts';

/** What a reading thread is told, and what it answers. */
export interface ReadOrder {
  readonly segment: StoredSegment;
  readonly task: ReadingTask;
  /** Of the segment and where it lies, for people. */
  readonly name: string;
}
export type ReadAnswer =
  { readonly kind: 'read'; readonly known: KnownSegment } | { readonly kind: 'failed'; readonly error: ErrorData };

/** More threads than this hardly help: the storage is the limit then. */
export const mostThreads = 2;

/** Fewer segments are not worth a thread's start. */
const threadWorthSegments = 4;

export interface SegmentToRead {
  readonly place: Pick<WalPlace, 'directory' | 'source' | 'stampOf'>;
  readonly object: WalObject;
  readonly task: ReadingTask;
  readonly name: string;
}

export interface SegmentReaderOptions extends StorageOptions {
  readonly onEvent?: SurveyListener | undefined;
}

/** What a reading of a whole segment is remembered as. */
export function knownOf(reading: SegmentReading, task: ReadingTask, name: string): KnownSegment {
  return { index: encodeSegmentIndex(reading.index), proof: proofOf(reading, task.fromLsn, name) };
}

/**
 * Reads segments whole and lets `knowledge` know, on two threads where there are many. One segment for each thread is in
 * memory, never all.
 */
export class SegmentReader {
  readonly #knowledge: WalKnowledge;
  readonly #teller: Teller<'survey', SurveyNews>;
  readonly #threads: ReadingThread[] = [];
  readonly #idle: ReadingThread[] = [];
  readonly #waiting: ((thread: ReadingThread) => void)[] = [];
  readonly #running = new Map<string, Promise<KnownSegment>>();
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  #doneBytes = 0;
  #filesDone = 0;
  /** The highest end of a segment that was read. */
  #lsn: Lsn | undefined;
  #totalBytes = 0;
  #expected = 0;

  constructor(knowledge: WalKnowledge, options: SegmentReaderOptions = {}) {
    this.#knowledge = knowledge;
    this.#teller = new Teller(options.onEvent);
    const { signal } = options;
    this.#signal = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal]);
  }

  /** Says that so many segments will be asked for, and how many bytes that is at most. */
  expect(segments: number, bytes: number): void {
    this.#expected = Math.max(this.#expected, segments);
    this.#totalBytes = this.#doneBytes + bytes;
    if (bytes > 0) this.#tell();
  }

  /** What was expected will not be asked for after all. */
  expectNoMore(): void {
    const isEarly = this.#doneBytes > 0 && this.#doneBytes < this.#totalBytes;
    this.#totalBytes = this.#doneBytes;
    if (isEarly) this.#tell();
  }

  /** Nothing is being read any more. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#running.values());
  }

  /** Reads a segment. One that is being read is not read a second time. */
  read(item: SegmentToRead): Promise<KnownSegment> {
    const name = `${item.place.directory ?? ''}\0${item.object.storedName}`;
    const running = this.#running.get(name) ?? this.#read(item).finally(() => this.#running.delete(name));
    this.#running.set(name, running);
    return running;
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.settle();
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }

  async #read(item: SegmentToRead): Promise<KnownSegment> {
    this.#signal.throwIfAborted();
    // From before the reading: what is written meanwhile has another key.
    const key = await this.#knowledge.keyOf(item.place, item.object);
    const known = await this.#readOne(item);
    await this.#knowledge.remember(key, known);
    const { startLsn, segmentSizeBytes } = item.task;
    this.#doneBytes += segmentSizeBytes;
    this.#filesDone += 1;
    const endLsn = segmentEndLsn(startLsn, segmentSizeBytes);
    this.#lsn = this.#lsn === undefined || endLsn > this.#lsn ? endLsn : this.#lsn;
    this.#tell();
    return known;
  }

  async #readOne({ place, object, task, name }: SegmentToRead): Promise<KnownSegment> {
    const { directory } = place;
    const signal = this.#signal;
    // A member of a tar is read through the tar, here; a receiver's segment is found again where it gets another name.
    if (directory === undefined || object.isOpen === true)
      return knownOf(await readSegment(object.read({ signal }), task), task, name);
    const { storedName, codec, receipt } = object;
    const isBeginning = receipt === undefined && object.file.kind === 'partial';
    const isWhole = object.file.kind === 'segment';
    const segment = { directory, storedName, codec, receipt, isBeginning, isWhole };
    if (this.#expected < threadWorthSegments || !hasThread('wal-proof-thread')) {
      return knownOf(await readStoredSegment(segment, task, { signal }), task, name);
    }
    const thread = await this.#takeThread();
    try {
      return await thread.read({ segment, task, name });
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#idle.push(thread);
      else next(thread);
    }
  }

  #takeThread(): Promise<ReadingThread> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return Promise.resolve(idle);
    if (this.#threads.length < Math.min(mostThreads, Math.max(1, availableParallelism()))) {
      const thread = new ReadingThread(this.#signal);
      this.#threads.push(thread);
      return Promise.resolve(thread);
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** How far a pass over a tar with WAL in it is, in bytes as they are stored. */
  tell(doneBytes: number, totalBytes: number): void {
    this.#teller.enter('tars');
    this.#teller.tell({ type: 'progress', doneBytes, totalBytes: Math.max(totalBytes, doneBytes), filesDone: 0 });
  }

  #tell(): void {
    this.#teller.enter('wal');
    const [doneBytes, filesDone] = [this.#doneBytes, this.#filesDone];
    const totalBytes = Math.max(this.#totalBytes, doneBytes);
    this.#teller.tell({ type: 'progress', doneBytes, totalBytes, filesDone, lsn: this.#lsn });
  }
}

/** A thread that reads one segment after the other. */
class ReadingThread {
  readonly #worker = startThread('wal-proof-thread');
  readonly #onAbort: () => void;
  readonly #signal: AbortSignal;
  #settle: { resolve: (known: KnownSegment) => void; reject: (error: unknown) => void } | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    this.#onAbort = () => this.#settle?.reject(signal.reason);
    signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#worker.on('message', (answer: ReadAnswer) => {
      if (answer.kind === 'read') this.#settle?.resolve(answer.known);
      else this.#settle?.reject(errorFromData(answer.error));
    });
    this.#worker.on('error', (error) => this.#settle?.reject(error));
    this.#worker.on('exit', () => this.#settle?.reject(new Error('a thread that reads WAL ended by itself')));
  }

  read(order: ReadOrder): Promise<KnownSegment> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      if (this.#signal.aborted) this.#onAbort();
      else this.#worker.postMessage(order);
    });
  }

  async end(): Promise<void> {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#worker.removeAllListeners();
    await this.#worker.terminate();
  }
}
