import { parentPort } from 'node:worker_threads';
import { errorToData } from '../errors/error-data.ts';
import { sealSegment, type SealAnswer, type SealOrder } from '../wal-receiver/seal-segment.ts';

// A thread that puts received segments into an archive, one after another.
parentPort?.on('message', (order: SealOrder) => {
  const send = (answer: SealAnswer): void => parentPort?.postMessage(answer);
  sealSegment(order).then(
    () => send({ kind: 'sealed' }),
    (error: unknown) => send({ kind: 'failed', error: errorToData(error) }),
  );
});
