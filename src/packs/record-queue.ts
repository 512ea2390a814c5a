import type { ChunkEncoder } from './chunk-encoder.ts';
import type { ChunkRef } from './chunk-ref.ts';
import type { PackWriter } from './pack-writer.ts';
import { RecordWriter } from './record-writer.ts';
import type { NewRecord } from './record.ts';
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
  readonly #writer: RecordWriter;
  readonly #waiting: WaitingRecord[] = [];
  readonly #chunks: ChunkRef[] = [];

  constructor(encode: ChunkEncoder, packs: PackWriter, used: UsedPacks) {
    this.#encode = encode;
    this.#packs = packs;
    this.#used = used;
    this.#writer = new RecordWriter((chunk) => used.indexOf(chunk));
  }

  /** Records that wait. */
  get length(): number {
    return this.#waiting.length;
  }

  add(record: WaitingRecord): void {
    this.#waiting.push(record);
  }

  /** Takes those that are known up to the first that is not. @throws RangeError for one that is longer than a chunk may be */
  take(): void {
    let taken = 0;
    try {
      for (const waiting of this.#waiting) {
        const record = waiting.record();
        if (record === undefined) break;
        taken += 1;
        this.#store(this.#writer.add(record));
      }
    } finally {
      this.#waiting.splice(0, taken);
    }
  }

  /** @returns the chunks that hold all of them. @throws Error when one is not known yet, which is a defect */
  finish(): readonly ChunkRef[] {
    this.take();
    if (this.#waiting.length > 0) throw new Error('a record is not known at the end of its backup');
    this.#store(this.#writer.end());
    return this.#chunks;
  }

  #store(content: Uint8Array | undefined): void {
    if (content === undefined) return;
    const chunk = this.#packs.add(this.#encode(content));
    this.#used.add(chunk, 'map');
    this.#used.use(chunk, content.length);
    this.#chunks.push(chunk);
  }
}
