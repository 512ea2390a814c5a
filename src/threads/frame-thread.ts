import { parentPort } from 'node:worker_threads';
import { workOn, type BatchOrder, type BatchResult } from '../sealed/batch-work.ts';
import type { ThreadAnswer, ThreadOrder } from './shared-threads.ts';

// A thread that makes and opens frames in shared memory, one batch after another.
parentPort?.on('message', ({ id, order }: ThreadOrder<BatchOrder>) => {
  parentPort?.postMessage({ id, answer: workOn(order) } satisfies ThreadAnswer<BatchResult>);
  noteGarbage();
});

let garbage: number[] | undefined;

/**
 * What ciphers return lies outside of the heap: V8 looks for what is left behind of it when that is 32 MiB. So some of the heap is left behind with each batch, and it looks
 * when 4 MiB are.
 */
function noteGarbage(): void {
  for (let count = 0; count < 4; count += 1) garbage = new Array<number>(8192).fill(count);
  garbage = garbage?.slice(0, 0);
}
