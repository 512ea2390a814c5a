import type { ByteString } from '../bytes/byte-string.ts';
import { removeFile, type SegmentFile } from './open-segment-file.ts';
import type { OpenSegment } from './wal-store.ts';

export interface ReplacingOptions {
  /** Grows under a name that no tool looks at. */
  readonly next: SegmentFile;
  /** Where it goes on once it holds as much as what is there. */
  readonly partialPath: ByteString;
  /** What there is of the segment; removed then, but for `partialPath`, which is replaced. */
  readonly old: readonly ByteString[];
  /** How much the longest of them holds. */
  readonly contentBytes: number;
  /**
   * An old one that is not compressed, and is written too as long as it is there: where a power failure has left a hole in it,
   * what fills the hole must be durable in what a reader finds.
   */
  readonly beside?: SegmentFile | undefined;
}

/**
 * A segment of which a beginning is there that cannot be gone on with: it is compressed, or is to be. The new one takes its
 * place as soon as at least as much of it is durable; until then the old one is what readers find.
 */
export class ReplacingSegment implements OpenSegment {
  readonly #options: ReplacingOptions;
  readonly #next: SegmentFile;
  #beside: SegmentFile | undefined;
  /** Once begun; its failure stays. */
  #replacing: Promise<void> | undefined;
  #writing: Promise<void> | undefined;

  constructor(options: ReplacingOptions) {
    this.#options = options;
    this.#next = options.next;
    this.#beside = options.beside;
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    const waits = [this.#next.write(bytes), this.#beside?.write(bytes)].filter((wait) => wait !== undefined);
    if (waits.length === 0) return undefined;
    this.#writing = allDone(waits);
    return this.#writing;
  }

  async sync(): Promise<void> {
    const goal = this.#next.length;
    await allDone([this.#next.sync(), this.#beside?.sync()]);
    if (goal >= this.#options.contentBytes) this.#replacing ??= this.#replace();
    await this.#replacing;
  }

  async complete(): Promise<void> {
    // With a whole segment it is longer than anything that was there.
    await this.sync();
    await this.#next.complete();
  }

  async close(): Promise<void> {
    try {
      await this.sync();
    } finally {
      await allDone([this.#beside?.close(), this.#replacing === undefined ? this.#next.discard() : this.#next.close()]);
    }
  }

  async #replace(): Promise<void> {
    const { partialPath, old } = this.#options;
    await this.#next.replace(partialPath);
    const beside = this.#beside;
    this.#beside = undefined;
    // A write that waits for room is still copied to both.
    await this.#writing?.catch(() => undefined);
    await beside?.close();
    for (const path of old) if (path !== partialPath) await removeFile(path);
  }
}

/** Resolves or rejects when all have settled: before that the bytes of a write are in use. */
async function allDone(all: readonly (Promise<void> | undefined)[]): Promise<void> {
  const failure = (await Promise.allSettled(all.filter((one) => one !== undefined))).find(
    (result) => result.status === 'rejected',
  );
  if (failure !== undefined) throw failure.reason;
}
