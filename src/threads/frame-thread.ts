import { parentPort } from 'node:worker_threads';
import { workOn } from '../sealed/batch-work.ts';
import type { FrameAnswer, FrameOrder } from '../sealed/frame-threads.ts';

// A thread that makes and opens frames in shared memory, one batch after another.
parentPort?.on('message', ({ id, ...order }: FrameOrder) => {
  parentPort?.postMessage({ id, result: workOn(order) } satisfies FrameAnswer);
});
