import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { errorFromData, type ErrorData } from '../errors/error-data.ts';
import { hasThread, startThread } from '../threads/start-thread.ts';

export interface ZstdOrder {
  readonly id: number;
  readonly level: number;
  /** In shared memory: its owner leaves it alone until the answer. */
  readonly block: Uint8Array;
}

export type ZstdAnswer =
  { readonly id: number; readonly frame: Uint8Array } | { readonly id: number; readonly error: ErrorData };

/** Whether there are threads to be had. */
export const hasThreads = hasThread('zstd-thread');

/** With more, memory would be what ends it: a context takes up to 90 MB at the highest level. */
const mostThreads = 16;
/** Threads are kept for the next tar and the next segment for so long. */
const idleMs = 500;

interface Running {
  readonly worker: Worker;
  readonly waiting: Map<
    number,
    { readonly resolve: (frame: Uint8Array) => void; readonly reject: (error: unknown) => void }
  >;
}

/** Threads that make zstd frames. Each is started when all others have work, and none of them keeps the process alive. */
class ZstdThreads {
  readonly #running: Running[] = [];
  #nextId = 0;
  #users = 0;
  #idle: NodeJS.Timeout | undefined;

  open(): void {
    this.#users += 1;
    clearTimeout(this.#idle);
  }

  close(): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    this.#idle = setTimeout(() => {
      for (const { worker } of this.#running.splice(0)) void worker.terminate();
    }, idleMs).unref();
  }

  /** @param most threads that take part at most */
  encode(block: Uint8Array, level: number, most: number): Promise<Uint8Array> {
    const thread = this.#freeOne(Math.min(most, mostThreads));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      thread.waiting.set(id, { resolve, reject });
      thread.worker.ref();
      thread.worker.postMessage({ id, level, block } satisfies ZstdOrder);
    });
  }

  #freeOne(most: number): Running {
    const candidates = this.#running.slice(0, most);
    const idlest = candidates.reduce<Running | undefined>(
      (best, thread) => (best === undefined || thread.waiting.size < best.waiting.size ? thread : best),
      undefined,
    );
    if (idlest !== undefined && (idlest.waiting.size === 0 || candidates.length >= most)) return idlest;
    return this.#start();
  }

  #start(): Running {
    const worker = startThread('zstd-thread');
    const running: Running = { worker, waiting: new Map() };
    const fail = (error: unknown): void => {
      const place = this.#running.indexOf(running);
      if (place >= 0) this.#running.splice(place, 1);
      for (const { reject } of running.waiting.values()) reject(error);
      running.waiting.clear();
    };
    worker.on('message', (answer: ZstdAnswer) => {
      const waiter = running.waiting.get(answer.id);
      running.waiting.delete(answer.id);
      if (running.waiting.size === 0) worker.unref();
      if ('frame' in answer) waiter?.resolve(answer.frame);
      else waiter?.reject(errorFromData(answer.error));
    });
    worker.on('error', fail);
    worker.on('exit', () => {
      fail(new Error('a thread that compresses ended by itself'));
    });
    worker.unref();
    this.#running.push(running);
    return running;
  }
}

/** Those of this thread. */
export const zstdThreads = new ZstdThreads();

/** Threads that compress where nobody says how many. */
export const defaultThreads = Math.min(4, Math.max(1, availableParallelism()));
