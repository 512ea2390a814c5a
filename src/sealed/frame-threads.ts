import { SharedThreads } from '../threads/shared-threads.ts';
import { isShared } from './batch-buffers.ts';
import type { BatchOrder, BatchResult } from './batch-work.ts';
import { frameSize } from './frame-format.ts';

/** One does more in a second than is ever compressed or decompressed in that time, and each takes some 30 MiB. */
const mostThreads = 1;
/** What is done here before a thread is worth its start, in bytes. */
const worthStarting = 32 * 1024 * 1024;
/** With less, the way to a thread and back takes longer than the work. */
const worthSending = 4 * frameSize;

/** Threads that make and open frames, once there is much to do. */
class FrameThreads {
  readonly #threads = new SharedThreads<BatchOrder, BatchResult>('frame-thread', mostThreads);
  #seen = 0;

  /** Undefined: it is better done here. The batch is the thread's until the promise settles. */
  start(order: BatchOrder): Promise<BatchResult> | undefined {
    const { filled } = order.batch;
    this.#seen += filled;
    if (this.#seen < worthStarting || filled < worthSending || !isShared(order.batch)) return undefined;
    return this.#threads.perform(order);
  }
}

/** Those of this thread. */
export const frameThreads = new FrameThreads();
