import type { Storage } from '../storage/storage.ts';
import { packName, type ChunkRef } from './chunk-ref.ts';

/** How much is read at once where one chunk is read behind the other, in bytes. */
const aheadBytes = 1024 * 1024;
/** Ranges that are kept, for files that are read side by side. */
const keptRanges = 4;
/** So many bytes behind a chunk, or less, the next one counts as behind it. */
const gapBytes = 64 * 1024;

interface Range {
  readonly object: string;
  readonly offset: number;
  readonly length: number;
  readonly bytes: Promise<Uint8Array>;
  /** Where the chunk ended that was taken from it last. */
  end: number;
}

/**
 * Reads the stored bytes of chunks. Chunks that lie behind one another are read ahead: a request each would be slow, and in a
 * framed storage most frames would be read twice. Memory: 4 MiB.
 */
export class PackReader {
  readonly #storage: Storage;
  #ranges: Range[] = [];

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Undefined: the pack ends before. A view. @throws BackupError as `Storage.get` does */
  async stored({ pack, offset, storedBytes }: ChunkRef, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const object = packName(pack);
    const end = offset + storedBytes;
    const before = this.#ranges.filter((range) => range.object === object);
    const held = before.find((range) => range.offset <= offset && end <= range.offset + range.length);
    const isNext = before.some((range) => offset >= range.end && offset - range.end <= gapBytes);
    const length = isNext ? Math.max(storedBytes, aheadBytes) : storedBytes;
    const range = held ?? { object, offset, length, bytes: this.#read(object, offset, length, signal), end };
    range.end = end;
    this.#ranges = [...this.#ranges.filter((other) => other !== range).slice(1 - keptRanges), range];
    try {
      const bytes = (await range.bytes).subarray(offset - range.offset, end - range.offset);
      return bytes.length === storedBytes ? bytes : undefined;
    } catch (error) {
      this.#ranges = this.#ranges.filter((other) => other !== range);
      throw error;
    }
  }

  async #read(object: string, offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    let filled = 0;
    for await (const piece of this.#storage.get(object, { offset, length, signal })) {
      bytes.set(piece, filled);
      filled += piece.length;
    }
    return bytes.subarray(0, filled);
  }
}
