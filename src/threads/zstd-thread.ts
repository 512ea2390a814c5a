import { parentPort } from 'node:worker_threads';
import { PackageFrames } from '../compression/zstd-package.ts';
import type { ZstdAnswer, ZstdOrder } from '../compression/zstd-threads.ts';
import { errorToData } from '../errors/error-data.ts';

// A thread that makes zstd frames of blocks in shared memory, one after another.
const loading = PackageFrames.load();
// Told with the first block.
loading.catch(() => undefined);

parentPort?.on('message', ({ id, level, block }: ZstdOrder) => {
  loading
    .then((frames) => {
      const frame = frames.encode(block, level);
      parentPort?.postMessage({ id, frame } satisfies ZstdAnswer, [frame.buffer]);
    })
    .catch((error: unknown) => parentPort?.postMessage({ id, error: errorToData(error) } satisfies ZstdAnswer));
});
