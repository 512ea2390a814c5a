import { parentPort } from 'node:worker_threads';
import { errorToData } from '../errors/error-data.ts';
import { knownOf, type ReadAnswer, type ReadOrder } from '../survey/read-whole.ts';
import { readStoredSegment } from '../survey/segment-reading.ts';

// A thread that reads the segments of WAL that it is told, one after another.
parentPort?.on('message', ({ segment, task, name }: ReadOrder) => {
  const send = (answer: ReadAnswer): void => parentPort?.postMessage(answer);
  readStoredSegment(segment, task).then(
    (reading) => send({ kind: 'read', known: knownOf(reading, task, name) }),
    (error: unknown) => send({ kind: 'failed', error: errorToData(error) }),
  );
});
