import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { errorFromData } from '../errors/error-data.ts';
import { sealSegment, type SealAnswer, type SealOrder } from './seal-segment.ts';
import { hasThread, startThread } from '../threads/start-thread.ts';

const isBuilt = hasThread('wal-sealer-thread');

/** So many segments may be whole and not sealed; with more `room` waits. */
const mostUnsealed = 4;

/**
 * Seals segments in the order in which they are given, one at a time, on a thread of its own: inspecting and compressing would
 * keep those waiting who must answer a server. After a failure nothing more is sealed: what is whole stays in `open/`, and the
 * next run seals it.
 */
export class SegmentSealer {
  /** Rejects with the first failure. */
  readonly failed: Promise<never>;
  #fail: (error: unknown) => void = () => undefined;
  #failure: { readonly error: unknown } | undefined;
  #unsealed = 0;
  #sealing: Promise<void> = Promise.resolve();
  #worker: Worker | undefined;
  #answer: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined;

  constructor() {
    this.failed = new Promise<never>((_, reject) => (this.#fail = reject));
    // Nobody may look.
    this.failed.catch(() => undefined);
  }

  add(order: SealOrder): void {
    this.#unsealed += 1;
    this.#sealing = this.#sealing.then(() => this.#next(order));
  }

  /** Waits until few enough segments wait. @throws what sealing failed with */
  async room(): Promise<void> {
    while (this.#unsealed > mostUnsealed && this.#failure === undefined) await this.#turn();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Waits until all are sealed. @throws what sealing failed with */
  async settle(): Promise<void> {
    await this.#sealing;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Seals what was given, as far as `withinMs` goes, and ends the thread. @throws what sealing failed with */
  async end({ withinMs }: { readonly withinMs?: number | undefined } = {}): Promise<void> {
    const settled = this.settle();
    try {
      await (withinMs === undefined || !isBuilt
        ? settled
        : Promise.race([settled, delay(withinMs, undefined, { ref: false })]));
    } finally {
      settled.catch(() => undefined);
      this.#worker?.removeAllListeners();
      await this.#worker?.terminate();
      this.#worker = undefined;
    }
  }

  #wake: (() => void)[] = [];

  #turn(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  async #next(order: SealOrder): Promise<void> {
    try {
      if (this.#failure === undefined) await this.#seal(order);
    } catch (error) {
      this.#failure = { error };
      this.#fail(error);
    }
    this.#unsealed -= 1;
    for (const wake of this.#wake.splice(0)) wake();
  }

  #seal(order: SealOrder): Promise<void> {
    if (!isBuilt) return sealSegment(order);
    const worker = (this.#worker ??= this.#start());
    return new Promise((resolve, reject) => {
      this.#answer = { resolve, reject };
      worker.postMessage(order);
    });
  }

  #start(): Worker {
    const worker = startThread('wal-sealer-thread');
    worker.on('message', (answer: SealAnswer) => {
      if (answer.kind === 'sealed') this.#answer?.resolve();
      else this.#answer?.reject(errorFromData(answer.error));
    });
    worker.on('error', (error) => this.#answer?.reject(error));
    worker.on('exit', () => this.#answer?.reject(new Error('the thread that seals segments ended by itself')));
    return worker;
  }
}
