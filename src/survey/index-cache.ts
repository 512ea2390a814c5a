import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { openLocalStorage } from '../storage/local-storage.ts';
import { decodeSegmentIndex, encodeSegmentIndex } from '../wal/segment-index-codec.ts';
import type { SegmentIndex } from '../wal/segment-index.ts';
import { decodeProof, encodeProof, type SegmentProof } from './segment-proof.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';

/** Indexes of segments that lie in directories of other tools, kept so that a segment is read once. */
export interface IndexCache {
  get(key: string, options?: StorageOptions): Promise<SegmentIndex | undefined>;
  /** Failing to keep one is no error: it is read again. */
  put(key: string, index: SegmentIndex, options?: StorageOptions): Promise<void>;
  /** What was found by reading a segment whole. A cache without these keeps indexes only. */
  readonly proofs?: ProofStore | undefined;
}

export interface ProofStore {
  get(key: string, options?: StorageOptions): Promise<SegmentProof | undefined>;
  /** Takes the place of what was there. */
  put(key: string, proof: SegmentProof, options?: StorageOptions): Promise<void>;
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
  const nameOf = (key: string): string => `segment-indexes/${key.slice(0, 2)}/${key}`;
  return {
    async get(key, options) {
      try {
        return decodeSegmentIndex(await readWhole(storage, nameOf(key), options));
      } catch {
        options?.signal?.throwIfAborted();
        return undefined;
      }
    },
    proofs: storedProofs(storage),
    async put(key, index, options) {
      try {
        await storage.put(nameOf(key), () => once(encodeSegmentIndex(index)), options);
      } catch {
        options?.signal?.throwIfAborted();
      }
    },
  };
}

function storedProofs(storage: Storage): ProofStore {
  const nameOf = (key: string): string => `segment-proofs/${key.slice(0, 2)}/${key}`;
  return {
    async get(key, options) {
      try {
        return decodeProof(await readWhole(storage, nameOf(key), options));
      } catch {
        options?.signal?.throwIfAborted();
        return undefined;
      }
    },
    async put(key, proof, options) {
      try {
        await storage.delete(nameOf(key), options);
        await storage.put(nameOf(key), () => once(encodeProof(proof)), options);
      } catch {
        options?.signal?.throwIfAborted();
      }
    },
  };
}

async function readWhole(storage: Storage, name: string, options?: StorageOptions): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of storage.get(name, options)) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield bytes;
}
