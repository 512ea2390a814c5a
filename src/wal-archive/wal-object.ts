import { createHash } from 'node:crypto';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { BackupError, reasonFor } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { ReadOptions, Storage } from '../storage/storage.ts';
import { walPageBytes } from '../wal/page-header.ts';
import { beginningOf, decompressed, type Codec } from './codec.ts';
import type { Receipt } from './receipt.ts';
import type { ReadWalOptions } from './wal-source.ts';

/** Where the bytes of a file of WAL are, and what they must come to. */
export interface StoredBytes {
  readonly storage: Storage;
  readonly storedName: string;
  readonly codec: Codec;
  readonly receipt: Receipt | undefined;
  /** It is still written, or its writer was killed: it may end anywhere, and what was flushed of it comes. */
  readonly isBeginning?: boolean | undefined;
  /** Largest size that is accepted: what a segment can be. Nothing else ends a compressed bomb. */
  readonly limitBytes: number;
  /** What the content of a whole segment comes to, with a receipt or without; undefined: it may be shorter. */
  readonly wholeBytes?: number | undefined;
}

/** The uncompressed bytes. @throws BackupError `CORRUPT` when they are damaged or not what the receipt says */
export async function* readStored(stored: StoredBytes, { signal, headOnly }: ReadWalOptions = {}): ByteSource {
  if (headOnly === true && stored.codec === 'none') {
    yield* content(stored, { signal, length: walPageBytes });
    return;
  }
  const { storage, storedName, codec, receipt, limitBytes, wholeBytes } = stored;
  const hash = receipt && createHash('sha256');
  let sizeBytes = 0;
  const read = (): ByteSource => content(stored, { signal });
  const source = stored.isBeginning === true ? beginningOf(codec, read) : decompressed(codec, read());
  for await (const piece of named(stored, source)) {
    sizeBytes += piece.length;
    const limit = receipt?.sizeBytes ?? limitBytes;
    if (sizeBytes > limit) throw wrongSize(storedName, `> ${limit}`, limit);
    hash?.update(piece);
    yield piece;
  }
  for (const expected of [receipt?.sizeBytes, wholeBytes]) {
    if (expected !== undefined && sizeBytes !== expected) throw wrongSize(storedName, sizeBytes, expected);
  }
  if (receipt === undefined || hash === undefined) return;
  if (hash.digest('hex') !== receipt.sha256) {
    throw new BackupError('CORRUPT', say('archive.wrong-hash', { name: storedName }), {
      context: { storage: storage.description },
    });
  }
}

/** What decompression finds names no file. */
async function* named({ storage, storedName }: StoredBytes, source: ByteSource): ByteSource {
  try {
    yield* source;
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'CORRUPT' || error.context['storage'] !== undefined)
      throw error;
    throw new BackupError('CORRUPT', say('archive.damaged-bytes', { name: storedName, reason: reasonFor(error) }), {
      hint: error.hint,
      context: { ...error.context, storage: storage.description },
      cause: error,
    });
  }
}

/** A receipt is written behind its object: alone it says that the object has been lost. */
async function* content({ storage, storedName, receipt }: StoredBytes, options: ReadOptions): ByteSource {
  try {
    yield* storage.get(storedName, options);
  } catch (error) {
    if (receipt === undefined || !(error instanceof BackupError) || error.code !== 'OBJECT_NOT_FOUND') throw error;
    throw new BackupError('CORRUPT', say('archive.receipt-alone', { name: storedName }), {
      hint: say('archive.receipt-alone.hint'),
      context: { storage: storage.description },
      cause: error,
    });
  }
}

function wrongSize(name: string, actual: number | string, expected: number): BackupError {
  return new BackupError('CORRUPT', say('archive.wrong-size', { name, actual, expected }));
}

/** SHA-256 (hex) and size of all bytes of `source`. */
export async function digestOf(source: ByteSource): Promise<{ sha256: string; sizeBytes: number }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const piece of source) {
    hash.update(piece);
    sizeBytes += piece.length;
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}
