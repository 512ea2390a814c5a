import { parentPort } from 'node:worker_threads';
import { workOn, type BatchOrder, type BatchResult } from '../sealed/batch-work.ts';
import { noteGarbage } from './note-garbage.ts';
import type { ThreadAnswer, ThreadOrder } from './shared-threads.ts';

// A thread that makes and opens frames in shared memory, one batch after another.
parentPort?.on('message', ({ id, order }: ThreadOrder<BatchOrder>) => {
  parentPort?.postMessage({ id, answer: workOn(order) } satisfies ThreadAnswer<BatchResult>);
  noteGarbage(order.batch.filled);
});
