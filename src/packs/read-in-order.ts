import type { ByteSource } from '../bytes/byte-reader.ts';
import type { Storage } from '../storage/storage.ts';
import { ahead } from './ahead.ts';
import { mostChunkBytes } from './chunk-ref.ts';
import type { ContentMaps } from './content-maps.ts';
import { Turns } from './gather-chunks.ts';
import { stepsOf, type BlockStep, type ReadStep } from './read-step.ts';
import { ReadWindow, windowMemory } from './read-window.ts';
import type { StoredRecord } from './record.ts';
import { storedContent, zerosOf, type LastChunk } from './stored-block.ts';

/** Windows that are read and decoded before they are wanted. */
const windowsAhead = 3;
/** Requests to the storage at the same time. */
const requestsAtOnce = 4;

export interface ReadRecord<Item extends StoredRecord> {
  readonly record: Item;
  /** Of a file, else nothing. Ends with the next record. */
  readonly content: ByteSource;
}

interface ReadPlace {
  readonly storage: Storage;
  readonly maps: ContentMaps;
  readonly signal: AbortSignal | undefined;
}

/** See `ContentReader.inOrder`. */
export async function* readInOrder<Item extends StoredRecord>(
  { storage, maps, signal }: ReadPlace,
  records: AsyncIterable<Item>,
): AsyncGenerator<ReadRecord<Item>, void, undefined> {
  const ended = new AbortController();
  const stop = signal === undefined ? ended.signal : AbortSignal.any([signal, ended.signal]);
  const reading = new Reading<Item>(storage, maps, stop);
  const windows = ahead(reading.windows(stepsOf(maps, records, stop)), windowsAhead);
  try {
    yield* reading.records(windows);
  } finally {
    ended.abort();
    await windows.return();
    await reading.over();
  }
}

class Reading<Item extends StoredRecord> {
  readonly #storage: Storage;
  readonly #maps: ContentMaps;
  readonly #signal: AbortSignal;
  readonly #turns = new Turns(requestsAtOnce);
  /** Memory that no window has. */
  readonly #free: Uint8Array[] = [];
  readonly #begun = new Set<ReadWindow<Item>>();
  #windows: AsyncGenerator<ReadWindow<Item>, void, undefined> | undefined;
  #window: ReadWindow<Item> | undefined;
  /** Steps of the window that were taken. */
  #taken = 0;
  /** The record that was given out last. */
  #record: Item | undefined;

  constructor(storage: Storage, maps: ContentMaps, signal: AbortSignal) {
    this.#storage = storage;
    this.#maps = maps;
    this.#signal = signal;
  }

  /** Each is being read when it is given out. */
  async *windows(steps: AsyncGenerator<ReadStep<Item>>): AsyncGenerator<ReadWindow<Item>, void, undefined> {
    let window = this.#newWindow();
    for await (const step of steps) {
      if (window.takes(step)) continue;
      yield this.#begin(window);
      window = this.#newWindow();
      window.takes(step);
    }
    yield this.#begin(window);
  }

  #newWindow(): ReadWindow<Item> {
    return new ReadWindow<Item>(this.#free.pop() ?? windowMemory());
  }

  #begin(window: ReadWindow<Item>): ReadWindow<Item> {
    window.begin({ storage: this.#storage, turns: this.#turns, signal: this.#signal });
    this.#begun.add(window);
    return window;
  }

  async *records(
    windows: AsyncGenerator<ReadWindow<Item>, void, undefined>,
  ): AsyncGenerator<ReadRecord<Item>, void, undefined> {
    this.#windows = windows;
    for (let step = await this.#next(); step !== undefined; step = await this.#next()) {
      this.#taken += 1;
      // What nobody took of the file before is passed over.
      if (step.kind === 'failure' && step.of === 'all') throw step.error;
      if (step.kind !== 'record') continue;
      this.#record = step.record;
      yield { record: step.record, content: this.#content(step.record) };
    }
  }

  async *#content(record: Item): ByteSource {
    const last: LastChunk = {};
    for (;;) {
      if (this.#record !== record) throw new Error('the content of a file behind the next record');
      const step = await this.#next();
      if (step === undefined || step.kind === 'record' || (step.kind === 'failure' && step.of === 'all')) return;
      this.#taken += 1;
      this.#signal.throwIfAborted();
      if (step.kind === 'failure') throw step.error;
      if (step.kind === 'zeros') yield* zeros(step.length);
      else {
        const content = await this.#window?.content(step);
        if (content === undefined) yield* this.#oneByOne(step, last);
        else yield content;
      }
    }
  }

  /** What cannot be read ahead, or was found to be damaged: the failure, if there still is one, is that of the block. */
  async *#oneByOne({ file, offset, blocks }: BlockStep, last: LastChunk): ByteSource {
    let from = offset;
    for (const block of blocks) {
      yield await storedContent(this.#maps, file, from, block, last, this.#signal);
      from += file.blockBytes;
    }
  }

  /** The next step, which stays the next one until it is taken. Undefined: there is none. */
  async #next(): Promise<ReadStep<Item> | undefined> {
    for (;;) {
      const step = this.#window?.steps[this.#taken];
      if (step !== undefined) return step;
      await this.#release();
      const next = await this.#windows?.next();
      if (next === undefined || next.done === true) return undefined;
      this.#window = next.value;
      this.#taken = 0;
    }
  }

  async #release(): Promise<void> {
    const window = this.#window;
    if (window === undefined) return;
    this.#window = undefined;
    await window.over();
    this.#begun.delete(window);
    this.#free.push(window.memory);
  }

  /** Resolves when nothing is read any more. */
  async over(): Promise<void> {
    await Promise.all([...this.#begun].map((window) => window.over()));
  }
}

function* zeros(length: number): Generator<Uint8Array, void, undefined> {
  for (let left = length; left > 0; left -= mostChunkBytes) yield zerosOf(Math.min(left, mostChunkBytes));
}
