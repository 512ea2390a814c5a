import type { Worker } from 'node:worker_threads';
import { hasThread, startThread } from '../threads/start-thread.ts';
import { isShared } from './batch-buffers.ts';
import type { BatchOrder, BatchResult } from './batch-work.ts';
import { frameSize } from './frame-format.ts';

export interface FrameOrder extends BatchOrder {
  readonly id: number;
}

export interface FrameAnswer {
  readonly id: number;
  readonly result: BatchResult;
}

/** Two do more in a second than is ever read or written. */
const mostThreads = 2;
/** What is done here before a thread is worth its start, in bytes. */
const worthStarting = 32 * 1024 * 1024;
/** With less, the way to a thread and back takes longer than the work. */
const worthSending = 4 * frameSize;
/** A thread that had nothing to do for so long ends. */
const idleMs = 10_000;

/** Threads that make and open frames. They start when there is much to do, and none of them keeps the process alive. */
class FrameThreads {
  readonly #running = new Set<FrameThread>();
  #seen = 0;

  /** Undefined: it is better done here. The batch is the thread's until the promise settles. */
  start(order: BatchOrder): Promise<BatchResult> | undefined {
    const { filled } = order.batch;
    this.#seen += filled;
    if (this.#seen < worthStarting || filled < worthSending || !isShared(order.batch)) return undefined;
    return this.#freeOne()?.perform(order);
  }

  #freeOne(): FrameThread | undefined {
    const [idlest] = [...this.#running].sort((a, b) => a.load - b.load);
    if (idlest !== undefined && (idlest.load === 0 || this.#running.size === mostThreads)) return idlest;
    if (!hasThread('frame-thread')) return undefined;
    const thread: FrameThread = new FrameThread(() => this.#running.delete(thread));
    this.#running.add(thread);
    return thread;
  }
}

class FrameThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<
    number,
    { readonly resolve: (result: BatchResult) => void; readonly reject: (error: unknown) => void }
  >();
  #nextId = 0;
  #idle: NodeJS.Timeout | undefined;

  /** @param ended is told when it takes no more orders */
  constructor(ended: () => void) {
    this.#worker = startThread('frame-thread');
    this.#worker.unref();
    const fail = (error: unknown): void => {
      clearTimeout(this.#idle);
      ended();
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    };
    this.#worker.on('message', ({ id, result }: FrameAnswer) => {
      this.#waiting.get(id)?.resolve(result);
      this.#waiting.delete(id);
      if (this.#waiting.size > 0) return;
      this.#worker.unref();
      this.#idle = setTimeout(() => {
        ended();
        void this.#worker.terminate();
      }, idleMs).unref();
    });
    this.#worker.on('error', fail);
    this.#worker.on('exit', () => fail(new Error('a thread that makes frames ended by itself')));
  }

  /** How many orders it has. */
  get load(): number {
    return this.#waiting.size;
  }

  perform(order: BatchOrder): Promise<BatchResult> {
    clearTimeout(this.#idle);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage({ id, ...order } satisfies FrameOrder);
    });
  }
}

/** Those of this thread. */
export const frameThreads = new FrameThreads();
