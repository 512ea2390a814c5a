import type { BatchAnswer, BatchOrder } from './batch.ts';
import { equalBlock, zeroBlock } from './batch.ts';
import type { EncodedChunk } from './chunk-encoder.ts';
import type { BatchWorker } from './chunk-threads.ts';
import { mostChunkBytes, type ChunkRef } from './chunk-ref.ts';
import { hashBytes } from './block-hash.ts';
import type { LeafBlock } from './leaf.ts';

/** Batches that are worked on at the same time. */
const mostRunning = 8;
/** Blocks of a batch: files may be tiny. */
const mostBlocks = 512;

/** A block on its way. */
export interface BlockOnItsWay {
  readonly length: number;
  /** What it is compared with; undefined: nothing. */
  readonly prior: LeafBlock | undefined;
  /** Told, in the order of the blocks, what has become of it: `prior` itself where it is equal to that. */
  readonly taken: (block: LeafBlock) => void;
}

interface Running {
  readonly blocks: readonly BlockOnItsWay[];
  readonly bytes: Uint8Array;
  readonly answer: Promise<BatchAnswer>;
}

/** Gathers blocks into batches, has them worked on, and takes the answers in order. Memory: ten batches, and their chunks. */
export class Batches {
  readonly #worker: BatchWorker;
  readonly #place: (chunk: EncodedChunk) => ChunkRef;
  readonly #free: Uint8Array[] = [];
  readonly #running: Running[] = [];
  #bytes: Uint8Array;
  #filled = 0;
  #blocks: BlockOnItsWay[] = [];

  /** @param place gives a chunk its place, and copies its bytes */
  constructor(worker: BatchWorker, place: (chunk: EncodedChunk) => ChunkRef) {
    this.#worker = worker;
    this.#place = place;
    this.#bytes = worker.allocate(mostChunkBytes);
  }

  /** Room for a block, which is filled before `add`. @throws what a batch failed with */
  async room(length: number): Promise<Uint8Array> {
    if (this.#filled + length > mostChunkBytes || this.#blocks.length >= mostBlocks) await this.submit();
    return this.#bytes.subarray(this.#filled, this.#filled + length);
  }

  add(block: BlockOnItsWay): void {
    this.#filled += block.length;
    this.#blocks.push(block);
  }

  /** Has what was added worked on. @throws what a batch failed with */
  async submit(): Promise<void> {
    if (this.#blocks.length === 0) return;
    const blocks = this.#blocks;
    const bytes = this.#bytes;
    const answer = this.#worker.work(orderOf(blocks, bytes.subarray(0, this.#filled)));
    // Awaited in order, perhaps after another one has failed.
    answer.catch(() => undefined);
    this.#running.push({ blocks, bytes, answer });
    this.#blocks = [];
    this.#filled = 0;
    while (this.#running.length >= mostRunning) await this.#takeFirst();
    this.#bytes = this.#free.pop() ?? this.#worker.allocate(mostChunkBytes);
  }

  /** Waits for all of them. @throws what a batch failed with */
  async settle(): Promise<void> {
    await this.submit();
    while (this.#running.length > 0) await this.#takeFirst();
  }

  async #takeFirst(): Promise<void> {
    const [first] = this.#running;
    if (first === undefined) return;
    const { kinds, hashes, chunk } = await first.answer;
    void this.#running.shift();
    const placed = chunk && this.#place({ ...chunk, bytes: first.bytes.subarray(0, chunk.storedBytes) });
    this.#free.push(first.bytes);
    let start = 0;
    for (const [index, { length, prior, taken }] of first.blocks.entries()) {
      if (kinds[index] === zeroBlock) taken('zeros');
      else if (kinds[index] === equalBlock && prior !== undefined) taken(prior);
      else if (placed !== undefined) {
        const hash = hashes.subarray(index * hashBytes, (index + 1) * hashBytes);
        taken({ hash, slices: [{ chunk: placed, start, length }] });
        start += length;
      }
    }
  }
}

function orderOf(blocks: readonly BlockOnItsWay[], bytes: Uint8Array): BatchOrder {
  const lengths = new Uint32Array(blocks.length);
  const priorHashes = new Uint8Array(blocks.length * hashBytes);
  for (const [index, { length, prior }] of blocks.entries()) {
    lengths[index] = length;
    if (prior !== undefined && prior !== 'zeros' && prior.hash !== undefined)
      priorHashes.set(prior.hash, index * hashBytes);
  }
  return { bytes, lengths, priorHashes };
}
