import type { ByteSource } from '../bytes/byte-reader.ts';
import { cutBatches, releaseBatch, type Batch } from './batch-buffers.ts';
import { workOn, type BatchOrder, type BatchResult } from './batch-work.ts';
import { frameSize, pieceSize } from './frame-format.ts';
import { frameThreads } from './frame-threads.ts';

/** Batches of one object that are with threads at the same time. */
const atOnce = 3;

export interface WorkedBatch {
  readonly batch: Batch;
  readonly result: BatchResult;
}

interface Running {
  readonly batch: Batch;
  readonly result: Promise<BatchResult>;
}

/**
 * The batches of a source in their order, worked on where they lie: by threads once there is much of it, else here. One is valid until the next is
 * asked for. Memory: 4 batches.
 */
export async function* workedBatches(
  source: ByteSource,
  { work, key, ...range }: Pick<BatchOrder, 'work' | 'key'> & { readonly first?: number; readonly most?: number },
): AsyncGenerator<WorkedBatch, void, undefined> {
  const running: Running[] = [];
  try {
    for await (const batch of cutBatches(source, { unit: work === 'seal' ? pieceSize : frameSize, ...range })) {
      const order = { work, key, batch };
      const ordered = frameThreads.start(order);
      // Its owner awaits it in order, perhaps after another one has failed; until then this is no unhandled rejection.
      ordered?.catch(() => undefined);
      running.push({ batch, result: ordered ?? Promise.resolve(workOn(order)) });
      yield* doneUpTo(running, ordered === undefined ? 0 : atOnce - 1);
    }
    yield* doneUpTo(running, 0);
  } finally {
    await Promise.allSettled(running.map(({ result }) => result));
    for (const { batch } of running) releaseBatch(batch);
  }
}

/** Hands out the oldest of `running` and takes them away until no more than `left` are there. */
async function* doneUpTo(running: Running[], left: number): AsyncGenerator<WorkedBatch, void, undefined> {
  for (let [oldest] = running; oldest !== undefined && running.length > left; [oldest] = running) {
    yield { batch: oldest.batch, result: await oldest.result };
    running.shift();
    releaseBatch(oldest.batch);
  }
}
