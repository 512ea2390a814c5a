import { parentPort } from 'node:worker_threads';
import { checkFile } from '../verify/check-file.ts';
import type { CheckOrder, FromFileChecker } from '../verify/file-checkers.ts';

// A thread that checks the files it is told, one after another, and reports the bytes of large ones as it goes.
const reportBytes = 32 * 1024 * 1024;

parentPort?.on('message', (order: CheckOrder) => {
  let count = 0;
  const send = (message: FromFileChecker): void => parentPort?.postMessage(message);
  const onBytes = (read: number): void => {
    count += read;
    if (count < reportBytes) return;
    send({ kind: 'bytes', count });
    count = 0;
  };
  const results = order.map((check) => checkFile(check, onBytes));
  send({ kind: 'results', count, results });
});
