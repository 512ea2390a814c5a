import { createHash } from 'node:crypto';
import { onePiece } from '../bytes/one-piece.ts';
import { mkdir } from 'node:fs/promises';
import { openLocalStorage } from '../storage/local-storage.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';

/**
 * Keeps what readings of segments told, so that a segment is read once. What it keeps for a key is read and written as a
 * whole: `encodeShelf` knows what is in it.
 */
export interface IndexCache {
  get(key: string, options?: StorageOptions): Promise<Uint8Array | undefined>;
  /** Takes the place of what was there. Failing to keep something is no error: it is read again. */
  put(key: string, bytes: Uint8Array, options?: StorageOptions): Promise<void>;
}

/**
 * Names a file as it is now. A file that changes its content gets another key by its times, size or number in the file
 * system.
 */
export function cacheKey(path: string, stamp: string): string {
  return createHash('sha256').update(`${path}\0${stamp}`).digest('hex').slice(0, 40);
}

/** The cache in a directory, which is made if need be; undefined where that cannot be. */
export async function openIndexCache(directory: string): Promise<IndexCache | undefined> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return storedIndexCache(await openLocalStorage(directory));
  } catch {
    return undefined;
  }
}

/** A cache in a storage, safe for several at once. What cannot be read there counts as not there. */
export function storedIndexCache(storage: Storage): IndexCache {
  const nameOf = (key: string): string => `known-wal/${key.slice(0, 2)}/${key}`;
  return {
    async get(key, options) {
      try {
        const pieces: Buffer[] = [];
        for await (const piece of storage.get(nameOf(key), options)) pieces.push(Buffer.from(piece));
        return Buffer.concat(pieces);
      } catch {
        options?.signal?.throwIfAborted();
        return undefined;
      }
    },
    async put(key, bytes, options) {
      try {
        await storage.delete(nameOf(key), options);
        await storage.put(nameOf(key), () => onePiece(bytes), options);
      } catch {
        options?.signal?.throwIfAborted();
      }
    },
  };
}
