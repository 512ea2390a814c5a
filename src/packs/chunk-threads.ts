import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { errorFromData, type ErrorData } from '../errors/error-data.ts';
import { hasThread, startLeanThread } from '../threads/start-thread.ts';
import { workOffBatch, type BatchAnswer, type BatchOrder } from './batch.ts';
import type { ChunkEncoder, ContentCodec } from './chunk-encoder.ts';

/** Who works on batches. */
export interface BatchWorker {
  /** Memory for the bytes of a batch. */
  allocate(bytes: number): Uint8Array;
  /** The bytes of the order are the worker's until the promise settles. */
  work(order: BatchOrder): Promise<BatchAnswer>;
  /** What is being worked on fails. */
  close(): Promise<void>;
}

export interface ThreadOrder {
  readonly id: number;
  readonly order: BatchOrder;
}

export type ThreadAnswer = { readonly id: number } & ({ readonly answer: BatchAnswer } | { readonly error: ErrorData });

const isBuilt = hasThread('chunk-thread');

/** @param threads 0: on this thread, as where there are none */
export function batchWorker(codec: ContentCodec, encode: ChunkEncoder, threads: number): BatchWorker {
  return threads > 0 && isBuilt ? new ChunkThreads(codec, threads) : ownThread(encode);
}

function ownThread(encode: ChunkEncoder): BatchWorker {
  return {
    allocate: (bytes) => new Uint8Array(bytes),
    work: async (order) => {
      const answer = workOffBatch(order, encode);
      // Memory of codecs is given back between two turns of the event loop, which a fast source never leaves.
      await nextTurn();
      return answer;
    },
    close: () => Promise.resolve(),
  };
}

interface Running {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

interface Waiting {
  readonly resolve: (answer: BatchAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** Threads of one backup. Each is started when all others have work; without work none keeps the process alive. */
class ChunkThreads implements BatchWorker {
  readonly #codec: ContentCodec;
  readonly #most: number;
  readonly #running: Running[] = [];
  #nextId = 0;

  constructor(codec: ContentCodec, most: number) {
    this.#codec = codec;
    this.#most = most;
  }

  allocate(bytes: number): Uint8Array {
    return new Uint8Array(new SharedArrayBuffer(bytes));
  }

  work(order: BatchOrder): Promise<BatchAnswer> {
    const { worker, waiting } = this.#freeOne();
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ id, order } satisfies ThreadOrder);
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#running.splice(0).map(({ worker }) => worker.terminate()));
  }

  #freeOne(): Running {
    const [first, ...others] = this.#running;
    if (first === undefined) return this.#start();
    const idlest = others.reduce((best, thread) => (thread.waiting.size < best.waiting.size ? thread : best), first);
    return idlest.waiting.size === 0 || this.#running.length >= this.#most ? idlest : this.#start();
  }

  #start(): Running {
    const worker = startLeanThread('chunk-thread', this.#codec);
    const running: Running = { worker, waiting: new Map() };
    const fail = (error: unknown): void => {
      for (const { reject } of running.waiting.values()) reject(error);
      running.waiting.clear();
    };
    worker.on('message', (message: ThreadAnswer) => {
      const waiter = running.waiting.get(message.id);
      running.waiting.delete(message.id);
      if (running.waiting.size === 0) worker.unref();
      if ('answer' in message) waiter?.resolve(message.answer);
      else waiter?.reject(errorFromData(message.error));
    });
    worker.on('error', fail);
    worker.on('exit', () => {
      fail(new Error('a thread that makes chunks ended by itself'));
    });
    worker.unref();
    this.#running.push(running);
    return running;
  }
}
