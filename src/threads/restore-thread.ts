import { parentPort } from 'node:worker_threads';
import { CopyDesk, type CopyOrder } from '../restore/copiers.ts';

// A thread that copies the files it is told; while one is flushed the next is copied.
const desk = new CopyDesk((answers) => parentPort?.postMessage(answers));
parentPort?.on('message', (orders: readonly CopyOrder[]) => desk.take(orders));
