import { parentPort } from 'node:worker_threads';
import { answerTo, type CopyOrder } from '../restore/copiers.ts';

// A thread that copies the files it is told, one after another; while one is flushed the next is copied.
parentPort?.on('message', (order: CopyOrder) => {
  void answerTo(order).then((answer) => parentPort?.postMessage(answer));
});
