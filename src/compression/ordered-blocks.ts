import type { ByteSource } from '../bytes/byte-reader.ts';

export interface OrderedBlocksOptions {
  /** Length of all blocks but the last. */
  readonly blockSize: number;
  /** Blocks being worked on at the same time. */
  readonly concurrency: number;
  /** Memory for a block; default: of this thread. */
  readonly allocate?: ((bytes: number) => Uint8Array) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const ownMemory = (bytes: number): Uint8Array => new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);

/**
 * Cuts `source` into blocks, has `work` turn several of them at a time into something else, and yields the results in the order of
 * the blocks. An empty source is one empty block. `work` owns its block until its promise settles; then the block is used again.
 * Memory: concurrency + 1 blocks and their results.
 */
export async function* orderedBlocks<Result>(
  source: ByteSource,
  work: (block: Uint8Array) => Promise<Result>,
  { blockSize, concurrency, allocate = ownMemory, signal }: OrderedBlocksOptions,
): AsyncGenerator<Result, void, undefined> {
  const free: Uint8Array[] = [];
  const running: Promise<Result>[] = [];
  const start = (block: Uint8Array, length: number) => {
    const result = work(block.subarray(0, length)).finally(() => {
      free.push(block);
    });
    // Its owner awaits it in order, perhaps after another one has failed; until then this is no unhandled rejection.
    result.catch(() => undefined);
    running.push(result);
  };
  const take = () => free.pop() ?? allocate(blockSize);
  const next = async () => {
    const result = (await running[0]) as Result;
    void running.shift();
    return result;
  };
  let block = take();
  let filled = 0;
  let blocks = 0;
  try {
    for await (const piece of source) {
      signal?.throwIfAborted();
      for (let offset = 0; offset < piece.length;) {
        const part = piece.subarray(offset, offset + blockSize - filled);
        block.set(part, filled);
        filled += part.length;
        offset += part.length;
        if (filled < blockSize) continue;
        start(block, filled);
        blocks += 1;
        // The piece is only valid until the next one is asked for, which yielding here does not do.
        while (running.length >= concurrency) yield await next();
        block = take();
        filled = 0;
      }
    }
    if (filled > 0 || blocks === 0) start(block, filled);
    while (running.length > 0) {
      signal?.throwIfAborted();
      yield await next();
    }
  } finally {
    await Promise.allSettled(running);
  }
}
