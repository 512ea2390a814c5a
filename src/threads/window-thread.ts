import { parentPort } from 'node:worker_threads';
import { workOffWindow, type WindowAnswer, type WindowOrder } from '../packs/window-work.ts';
import { noteGarbage } from './note-garbage.ts';
import type { ThreadAnswer, ThreadOrder } from './shared-threads.ts';

// A thread that decodes chunks in shared memory and compares blocks with their hashes, one window after another.
let working = Promise.resolve();

parentPort?.on('message', ({ id, order }: ThreadOrder<WindowOrder>) => {
  working = working.then(async () => {
    parentPort?.postMessage({ id, answer: await workOffWindow(order) } satisfies ThreadAnswer<WindowAnswer>);
    noteGarbage(order.memory.length / 2);
  });
});
