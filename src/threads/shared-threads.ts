import type { Worker } from 'node:worker_threads';
import { hasThread, startLeanThread } from './start-thread.ts';

/** A thread that had nothing to do for so long ends, in ms. */
const idleMs = 10_000;

/** What a thread is told, and what it answers. */
export interface ThreadOrder<Order> {
  readonly id: number;
  readonly order: Order;
}

export interface ThreadAnswer<Answer> {
  readonly id: number;
  readonly answer: Answer;
}

/**
 * Threads of one kind for whoever has work for them. One more starts when all others have work; none keeps the process alive but while it works, and one that has
 * nothing to do ends.
 */
export class SharedThreads<Order, Answer> {
  readonly #entry: string;
  readonly #most: number;
  readonly #running = new Set<SharedThread<Order, Answer>>();

  /** @param entry as `startLeanThread` names it @param most so many at the same time */
  constructor(entry: string, most: number) {
    this.#entry = entry;
    this.#most = most;
  }

  /** Undefined: there is no such thread here. It rejects when the thread ends before it has answered. */
  perform(order: Order): Promise<Answer> | undefined {
    return this.#freeOne()?.perform(order);
  }

  #freeOne(): SharedThread<Order, Answer> | undefined {
    const [idlest] = [...this.#running].sort((a, b) => a.load - b.load);
    if (idlest !== undefined && (idlest.load === 0 || this.#running.size === this.#most)) return idlest;
    if (!hasThread(this.#entry)) return undefined;
    const thread = new SharedThread<Order, Answer>(this.#entry, () => this.#running.delete(thread));
    this.#running.add(thread);
    return thread;
  }
}

interface Waiting<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

class SharedThread<Order, Answer> {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting<Answer>>();
  #nextId = 0;
  #idle: NodeJS.Timeout | undefined;

  /** @param ended is told when it takes no more orders */
  constructor(entry: string, ended: () => void) {
    this.#worker = startLeanThread(entry);
    this.#worker.unref();
    const fail = (error: unknown): void => {
      clearTimeout(this.#idle);
      ended();
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    };
    this.#worker.on('message', ({ id, answer }: ThreadAnswer<Answer>) => {
      this.#waiting.get(id)?.resolve(answer);
      this.#waiting.delete(id);
      if (this.#waiting.size > 0) return;
      this.#worker.unref();
      this.#idle = setTimeout(() => {
        ended();
        void this.#worker.terminate();
      }, idleMs).unref();
    });
    this.#worker.on('error', fail);
    this.#worker.on('exit', () => fail(new Error(`a thread ended by itself: ${entry}`)));
  }

  /** How many orders it has. */
  get load(): number {
    return this.#waiting.size;
  }

  perform(order: Order): Promise<Answer> {
    clearTimeout(this.#idle);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage({ id, order } satisfies ThreadOrder<Order>);
    });
  }
}
