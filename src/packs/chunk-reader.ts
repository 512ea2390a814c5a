import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Storage } from '../storage/storage.ts';
import { packName, type ChunkRef } from './chunk-ref.ts';
import { decodeChunk } from './decode-chunk.ts';

/** Content of chunks that is kept, in bytes. */
const keptBytes = 16 * 1024 * 1024;

interface Kept {
  readonly content: Promise<Uint8Array>;
  readonly bytes: number;
}

/** Reads chunks. Keeps the content of those that were read last, up to 16 MiB. */
export class ChunkReader {
  readonly #storage: Storage;
  /** In the order in which they were last read. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** @throws BackupError `CORRUPT` when its pack is missing, too short, or does not hold it */
  read(chunk: ChunkRef, signal?: AbortSignal): Promise<Uint8Array> {
    const { pack, offset, storedBytes, rawBytes, codec } = chunk;
    const key = [pack.backup, pack.number, offset, storedBytes, rawBytes, codec].join(' ');
    let kept = this.#kept.get(key);
    if (kept === undefined) {
      kept = { content: this.#load(chunk, signal), bytes: rawBytes };
      this.#bytes += rawBytes;
      // What failed, or was aborted by the one who asked first, is tried anew by the next.
      kept.content.catch(() => {
        this.#forget(key);
      });
    } else {
      this.#kept.delete(key);
    }
    this.#kept.set(key, kept);
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= keptBytes || oldest === key) break;
      this.#forget(oldest);
    }
    return kept.content;
  }

  #forget(key: string): void {
    this.#bytes -= this.#kept.get(key)?.bytes ?? 0;
    this.#kept.delete(key);
  }

  async #load(chunk: ChunkRef, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const object = packName(chunk.pack);
    try {
      const stored = await this.#stored(object, chunk, signal);
      const content = stored && (await decodeChunk(stored, chunk.codec, chunk.rawBytes));
      if (content === undefined) throw damagedChunk(object, chunk);
      return content;
    } catch (error) {
      if (!(error instanceof BackupError)) throw error;
      if (error.code === 'OBJECT_NOT_FOUND')
        throw new BackupError('CORRUPT', say('packs.missing', { object }), { cause: error });
      throw error.code === 'CORRUPT' && error.sentence.key.startsWith('compression.')
        ? damagedChunk(object, chunk, error)
        : error;
    }
  }

  /** Undefined: the pack ends before. */
  async #stored(
    object: string,
    { offset, storedBytes }: ChunkRef,
    signal?: AbortSignal,
  ): Promise<Uint8Array | undefined> {
    const stored = new Uint8Array(storedBytes);
    let filled = 0;
    for await (const piece of this.#storage.get(object, { offset, length: storedBytes, signal })) {
      stored.set(piece, filled);
      filled += piece.length;
    }
    return filled === storedBytes ? stored : undefined;
  }
}

function damagedChunk(object: string, { offset }: ChunkRef, cause?: unknown): BackupError {
  return new BackupError('CORRUPT', say('packs.damaged-chunk', { object, offset }), { cause });
}
