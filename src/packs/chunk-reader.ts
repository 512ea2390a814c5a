import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Storage } from '../storage/storage.ts';
import { chunkKey, packName, type ChunkRef } from './chunk-ref.ts';
import { contentDamage, isDamage } from './damage.ts';
import { decodeChunk } from './decode-chunk.ts';
import { PackReader } from './pack-reader.ts';

/** Content of chunks that is kept, in bytes. */
const keptBytes = 8 * 1024 * 1024;

interface Kept {
  readonly content: Promise<Uint8Array>;
  readonly bytes: number;
}

/** Reads chunks. Keeps the content of those that were read last, up to 8 MiB unless told otherwise. */
export class ChunkReader {
  readonly #packs: PackReader;
  /** In the order in which they were last read. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;
  readonly #most: number;

  /** @param most content that is kept, in bytes; the chunk that was read last always is */
  constructor(storage: Storage, most = keptBytes) {
    this.#packs = new PackReader(storage);
    this.#most = most;
  }

  /** @throws BackupError `CORRUPT` when its pack is missing, too short, or does not hold it */
  async read(chunk: ChunkRef, signal?: AbortSignal): Promise<Uint8Array> {
    const key = chunkKey(chunk);
    for (;;) {
      const kept = this.#kept.get(key);
      try {
        return await (kept === undefined ? this.#keep(key, chunk, signal) : this.#again(key, kept));
      } catch (error) {
        // Somebody else began to read it, and was perhaps aborted.
        if (kept === undefined || signal?.aborted === true) throw error;
      }
    }
  }

  #keep(key: string, chunk: ChunkRef, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const kept = { content: this.#load(chunk, signal), bytes: chunk.rawBytes };
    kept.content.catch(() => {
      if (this.#kept.get(key) === kept) this.#forget(key);
    });
    this.#kept.set(key, kept);
    this.#bytes += kept.bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#most || oldest === key) break;
      this.#forget(oldest);
    }
    return kept.content;
  }

  #again(key: string, kept: Kept): Promise<Uint8Array> {
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    return kept.content;
  }

  #forget(key: string): void {
    this.#bytes -= this.#kept.get(key)?.bytes ?? 0;
    this.#kept.delete(key);
  }

  async #load(chunk: ChunkRef, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const object = packName(chunk.pack);
    const stored = await this.#storedOf(chunk, object, signal);
    try {
      return await decodeChunk(stored, chunk.codec, chunk.rawBytes);
    } catch (error) {
      throw error instanceof BackupError && error.code === 'CORRUPT' ? damagedChunk(object, chunk, error) : error;
    }
  }

  async #storedOf(chunk: ChunkRef, object: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
    let stored: Uint8Array | undefined;
    try {
      stored = await this.#packs.stored(chunk, signal);
    } catch (error) {
      if (!isDamage(error)) throw error;
      if (error.code === 'OBJECT_NOT_FOUND') throw contentDamage(say('packs.missing', { object }), error);
      throw error.hint === undefined ? error.with({ hint: say('packs.damage.hint') }) : error;
    }
    if (stored === undefined) throw damagedChunk(object, chunk);
    return stored;
  }
}

function damagedChunk(object: string, { offset }: ChunkRef, cause?: unknown): BackupError {
  return contentDamage(say('packs.damaged-chunk', { object, offset }), cause);
}
