import { hashBytes } from './block-hash.ts';
import { chunkKey, type ChunkRef } from './chunk-ref.ts';
import { gatherChunks, type GatherOptions, type PlacedChunk } from './gather-chunks.ts';
import type { BlockStep, ReadStep } from './read-step.ts';
import type { StoredRecord } from './record.ts';
import { windowAnswer } from './window-threads.ts';
import { blockNumbers, chunkNumbers, type WindowAnswer, type WindowOrder } from './window-work.ts';

/** Content of the chunks of a window, in bytes, at most; they are stored in no more. */
const mostBytes = 2 * 1024 * 1024;
/** Steps of a window: files may be tiny. */
const mostSteps = 1024;

/** Memory of a window: the chunks as they are stored, then their content. */
export function windowMemory(): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(2 * mostBytes));
}

/** A chunk, and where its content goes. */
interface WindowChunk extends PlacedChunk {
  readonly number: number;
  readonly contentAt: number;
}

/** Blocks of a step: where their content will be, and the number of the first of them. */
interface PlacedBlocks {
  readonly chunk: WindowChunk;
  readonly at: number;
  readonly first: number;
}

/** Some steps one behind the other. The content of their chunks is read and decoded together. */
export class ReadWindow<Item extends StoredRecord> {
  readonly steps: ReadStep<Item>[] = [];
  readonly memory: Uint8Array;
  readonly #chunks = new Map<string, WindowChunk>();
  readonly #placed = new Map<BlockStep, PlacedBlocks>();
  #storedBytes = 0;
  #contentBytes = 0;
  #blocks = 0;
  #work: Promise<WindowAnswer | undefined> = Promise.resolve(undefined);

  /** @param memory of `windowMemory`; nobody else has it until the window is over */
  constructor(memory: Uint8Array) {
    this.memory = memory;
  }

  /** @returns false: there is no room for the step, which an empty window always has */
  takes(step: ReadStep<Item>): boolean {
    if (this.steps.length === mostSteps) return false;
    if (step.kind === 'blocks' && step.place !== undefined) {
      const { chunk: wanted, start } = step.place;
      const chunk = this.#chunkOf(wanted);
      if (chunk === undefined) return false;
      this.#placed.set(step, { chunk, at: chunk.contentAt + start, first: this.#blocks });
      this.#blocks += step.blocks.length;
    }
    this.steps.push(step);
    return true;
  }

  /** Undefined: there is no room for it. */
  #chunkOf(chunk: ChunkRef): WindowChunk | undefined {
    const key = chunkKey(chunk);
    const known = this.#chunks.get(key);
    if (known !== undefined || this.#contentBytes + chunk.rawBytes > mostBytes) return known;
    const number = this.#chunks.size;
    const placed = { chunk, number, to: this.#storedBytes, contentAt: mostBytes + this.#contentBytes, isRead: false };
    this.#chunks.set(key, placed);
    this.#storedBytes += chunk.storedBytes;
    this.#contentBytes += chunk.rawBytes;
    return placed;
  }

  /** Begins to read. It takes nothing more. */
  begin(options: GatherOptions): void {
    // A thread that is gone has compared nothing: then it is done here, block by block.
    if (this.#chunks.size > 0) this.#work = this.#read(options).catch(() => undefined);
  }

  async #read(options: GatherOptions): Promise<WindowAnswer> {
    await gatherChunks([...this.#chunks.values()], this.memory, options);
    return windowAnswer(this.#order(), this.#contentBytes);
  }

  #order(): WindowOrder {
    const chunks = new Uint32Array(this.#chunks.size * chunkNumbers);
    for (const { number, chunk, to, contentAt, isRead } of this.#chunks.values()) {
      // What is not there does not decode.
      const length = isRead ? chunk.storedBytes : 0;
      chunks.set([to, length, contentAt, chunk.rawBytes, chunk.codec], number * chunkNumbers);
    }
    const blocks = new Uint32Array(this.#blocks * blockNumbers);
    const hashes = new Uint8Array(this.#blocks * hashBytes);
    for (const [step, { chunk, at, first }] of this.#placed) {
      let start = at;
      for (const [index, { hash, slices }] of step.blocks.entries()) {
        const length = slices[0]?.length ?? 0;
        blocks.set([chunk.number, start, length], (first + index) * blockNumbers);
        if (hash !== undefined) hashes.set(hash, (first + index) * hashBytes);
        start += length;
      }
    }
    return { memory: this.memory, chunks, blocks, hashes };
  }

  /** The content of a step: a view, valid until the window is over. Undefined: it is not there, or not what it should be. */
  async content(step: BlockStep): Promise<Uint8Array | undefined> {
    const placed = this.#placed.get(step);
    if (placed === undefined) return undefined;
    const { first, at } = placed;
    const answer = await this.#work;
    const sound = answer?.sound.subarray(first, first + step.blocks.length);
    return sound?.every((value) => value === 1) === true ? this.memory.subarray(at, at + step.length) : undefined;
  }

  /** Resolves when nobody writes to its memory any more. */
  async over(): Promise<void> {
    await this.#work;
  }
}
