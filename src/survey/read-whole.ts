import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { errorFromData, type ErrorData } from '../errors/error-data.ts';
import type { WalObject } from '../wal-archive/wal-source.ts';
import type { StorageOptions } from '../storage/storage.ts';
import {
  readSegment,
  readStoredSegment,
  type ReadingTask,
  type SegmentReading,
  type StoredSegment,
} from './segment-reading.ts';
import type { WalPlace } from './wal-place.ts';

/** What a reading thread is told, and what it answers. */
export interface ReadOrder {
  readonly segment: StoredSegment;
  readonly task: ReadingTask;
}
export type ReadAnswer =
  { readonly kind: 'read'; readonly reading: SegmentReading } | { readonly kind: 'failed'; readonly error: ErrorData };

/** The build puts the entries of threads beside the file that this code ends up in; run from source there are none. */
const threadEntry = new URL('./wal-proof-thread.js', import.meta.url);

/** More threads than this hardly help: the storage is the limit then. */
const mostThreads = 2;

/** Fewer segments are not worth a thread's start. */
const threadWorthSegments = 4;

export interface SegmentToRead {
  readonly place: Pick<WalPlace, 'directory' | 'source'>;
  readonly object: WalObject;
  readonly task: ReadingTask;
}

/**
 * Reads segments whole, on two threads where there are many. They are begun in order and come in the order of completion; an
 * item of which `isWanted` says no when its turn comes is left out. One segment for each thread is in memory, never all.
 */
export async function readWhole<Item extends SegmentToRead>(
  items: readonly Item[],
  onRead: (item: Item, reading: SegmentReading) => Promise<void>,
  options: StorageOptions & { readonly isWanted?: ((item: Item) => boolean) | undefined } = {},
): Promise<void> {
  const queue = items.values();
  const { signal, isWanted = () => true } = options;
  const isMany = items.length >= threadWorthSegments && existsSync(threadEntry);
  const stop = new AbortController();
  const both = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const lane = async (): Promise<void> => {
    const reader = isMany ? new ReadingThread(both) : undefined;
    try {
      for (const item of queue) {
        both.throwIfAborted();
        if (!isWanted(item)) continue;
        await onRead(item, await readOne(item, reader, both));
      }
    } finally {
      await reader?.end();
    }
  };
  const count = isMany ? Math.min(mostThreads, Math.max(1, availableParallelism())) : 1;
  const lanes = Array.from({ length: count }, lane);
  try {
    await Promise.all(lanes);
  } finally {
    stop.abort();
    await Promise.allSettled(lanes);
  }
}

async function readOne(
  { place, object, task }: SegmentToRead,
  thread: ReadingThread | undefined,
  signal: AbortSignal,
): Promise<SegmentReading> {
  const { directory } = place;
  const { storedName, codec, receipt } = object;
  // A member of an archive is read through the archive, here.
  if (directory === undefined) return readSegment(object.read({ signal }), task);
  const segment = { directory, storedName, codec, receipt };
  return thread === undefined ? readStoredSegment(segment, task, { signal }) : thread.read({ segment, task });
}

/** A thread that reads one segment after the other. */
class ReadingThread {
  readonly #worker = new Worker(threadEntry);
  readonly #onAbort: () => void;
  readonly #signal: AbortSignal;
  #settle: { resolve: (reading: SegmentReading) => void; reject: (error: unknown) => void } | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    this.#onAbort = () => this.#settle?.reject(signal.reason);
    signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#worker.on('message', (answer: ReadAnswer) => {
      if (answer.kind === 'read') this.#settle?.resolve(answer.reading);
      else this.#settle?.reject(errorFromData(answer.error));
    });
    this.#worker.on('error', (error) => this.#settle?.reject(error));
    this.#worker.on('exit', () => this.#settle?.reject(new Error('a thread that reads WAL ended by itself')));
  }

  read(order: ReadOrder): Promise<SegmentReading> {
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
