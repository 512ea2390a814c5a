import { parentPort } from 'node:worker_threads';
import { checkFile, type FileCheck } from '../verify/check-file.ts';
import type { FromFileChecker } from '../verify/file-checkers.ts';

// A thread that checks the files it is told, one after another, and reports the bytes of large ones as it goes.
const reportBytes = 32 * 1024 * 1024;

parentPort?.on('message', (check: FileCheck) => {
  let unreported = 0;
  const send = (message: FromFileChecker): void => parentPort?.postMessage(message);
  const result = checkFile(check, (count) => {
    unreported += count;
    if (unreported < reportBytes) return;
    send({ kind: 'bytes', count: unreported });
    unreported = 0;
  });
  send({ kind: 'bytes', count: unreported });
  send({ kind: 'result', result });
});
