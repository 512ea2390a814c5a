import type { ChunkEncoder } from './chunk-encoder.ts';
import type { ChunkRef } from './chunk-ref.ts';
import { hashOf } from './block-hash.ts';
import type { LeafWriter } from './leaf-writer.ts';
import type { PackWriter } from './pack-writer.ts';
import { RecordWriter } from './record-writer.ts';
import type { PriorContent } from './prior-content.ts';
import type { NewRecord } from './record.ts';
import type { RecordChunk } from './root.ts';
import type { UsedPacks } from './used-packs.ts';

/** A record that may have to wait for others that are before it. */
export interface WaitingRecord {
  /** Undefined: not known yet. */
  record(): NewRecord | undefined;
}

/** Brings records into chunks in the order in which they came, however long they take to be known. */
export class RecordQueue {
  readonly #encode: ChunkEncoder;
  readonly #packs: PackWriter;
  readonly #used: UsedPacks;
  readonly #prior: PriorContent | undefined;
  readonly #writer: RecordWriter;
  readonly #waiting: WaitingRecord[] = [];
  readonly #chunks: RecordChunk[] = [];

  constructor(
    encode: ChunkEncoder,
    packs: PackWriter,
    used: UsedPacks,
    leaves: LeafWriter,
    prior: PriorContent | undefined,
  ) {
    this.#encode = encode;
    this.#packs = packs;
    this.#used = used;
    this.#prior = prior;
    this.#writer = new RecordWriter((list) => leaves.addList(list));
  }

  /** Records that wait. */
  get length(): number {
    return this.#waiting.length;
  }

  add(record: WaitingRecord): void {
    this.#waiting.push(record);
  }

  /** Takes those that are known up to the first that is not. */
  take(): void {
    let taken = 0;
    try {
      for (const waiting of this.#waiting) {
        const record = waiting.record();
        if (record === undefined) break;
        taken += 1;
        for (const content of this.#writer.add(record)) this.#store(content);
      }
    } finally {
      this.#waiting.splice(0, taken);
    }
  }

  /** @returns the chunks that hold all of them. @throws Error when one is not known yet, which is a defect */
  finish(): readonly RecordChunk[] {
    this.take();
    if (this.#waiting.length > 0) throw new Error('a record is not known at the end of its backup');
    for (const content of this.#writer.end()) this.#store(content);
    return this.#chunks;
  }

  #store(content: Uint8Array): void {
    const hash = hashOf(content);
    const chunk = this.#prior?.recordChunk(content, hash) ?? this.#place(content);
    this.#used.use(chunk, content.length);
    this.#chunks.push({ chunk, hash });
  }

  #place(content: Uint8Array): ChunkRef {
    const chunk = this.#packs.add(this.#encode(content));
    this.#used.add(chunk, 'records');
    return chunk;
  }
}
