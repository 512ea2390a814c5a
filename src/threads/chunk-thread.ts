import { parentPort, workerData } from 'node:worker_threads';
import { errorToData } from '../errors/error-data.ts';
import { workOffBatch } from '../packs/batch.ts';
import type { ThreadAnswer, ThreadOrder } from '../packs/chunk-threads.ts';
import { loadChunkEncoder, type ContentCodec } from '../packs/chunk-encoder.ts';

// A thread that hashes, compares and compresses batches of blocks in shared memory, one after another.
const loading = loadChunkEncoder(workerData as ContentCodec);
// Told with the first batch.
loading.catch(() => undefined);

parentPort?.on('message', ({ id, order }: ThreadOrder) => {
  loading
    .then((encode) => {
      parentPort?.postMessage({ id, answer: workOffBatch(order, encode) } satisfies ThreadAnswer);
    })
    .catch((error: unknown) => parentPort?.postMessage({ id, error: errorToData(error) } satisfies ThreadAnswer));
});
