import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { errorToData } from '../errors/error-data.ts';
import { workOffBatch } from '../packs/batch.ts';
import { loadChunkEncoder, type ContentCodec } from '../packs/chunk-encoder.ts';
import type { ThreadAnswer, ThreadOrder } from '../packs/chunk-threads.ts';
import { noteGarbage } from './note-garbage.ts';

// A thread that hashes, compares and compresses batches of blocks in shared memory, one after another.
const loading = loadChunkEncoder(workerData as ContentCodec);
let working: Promise<unknown> = loading;
// Told with the first batch.
working.catch(() => undefined);

parentPort?.on('message', ({ id, order }: ThreadOrder) => {
  const send = (answer: ThreadAnswer): void => parentPort?.postMessage(answer);
  const work = async (): Promise<void> => {
    try {
      send({ id, answer: workOffBatch(order, await loading) });
    } catch (error) {
      send({ id, error: errorToData(error) });
    }
    noteGarbage(order.bytes.length);
    // Memory of codecs is given back between two turns of the event loop, and many orders may be taken in one.
    await nextTurn();
  };
  working = working.then(work, work);
});
