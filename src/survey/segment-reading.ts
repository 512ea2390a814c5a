import { createHash, type Hash } from 'node:crypto';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { BackupError, reasonFor } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import type { Codec } from '../wal-archive/codec.ts';
import type { Receipt } from '../wal-archive/receipt.ts';
import { readStored } from '../wal-archive/wal-object.ts';
import { openLocalStorage } from '../storage/local-storage.ts';
import type { StorageOptions } from '../storage/storage.ts';
import type { Lsn } from '../wal/lsn.ts';
import { decodePageHeader, walPageBytes } from '../wal/page-header.ts';
import type { SegmentBorder } from '../wal/segment-border.ts';
import type { SegmentIndex } from '../wal/segment-index.ts';
import { SegmentIndexer } from '../wal/segment-indexer.ts';
import type { RecordPlace } from '../wal/record-scanner.ts';

/** What a reading needs to know of a segment beside its bytes. */
export interface ReadingTask {
  readonly startLsn: Lsn;
  readonly segmentSizeBytes: number;
  readonly systemIdentifier: bigint;
  /** Damage of records before it does not matter. */
  readonly fromLsn: Lsn;
  /** How many of its first bytes will be replayed; undefined: that is not known yet. */
  readonly neededBytes: number | undefined;
}

/** A stored segment that any thread can open. */
export interface StoredSegment {
  readonly directory: string;
  readonly storedName: string;
  readonly codec: Codec;
  readonly receipt: Receipt | undefined;
  /** See `StoredBytes`. */
  readonly isBeginning: boolean;
  /** It is named as a whole segment: its content has the size of one. */
  readonly isWhole: boolean;
}

/** What reading a segment whole told, every CRC and its content hash included. */
export interface SegmentReading {
  /** As an index that checks the CRCs of events only; undefined where not even the first page could be read. */
  readonly index: SegmentIndex;
  readonly border: SegmentBorder;
  /** The first record with a wrong CRC that is no event, and the last one before it. */
  readonly damage: { readonly lsn: Lsn; readonly last: RecordPlace | undefined } | undefined;
  /** Behind the end of the valid WAL there are pages of this segment: it is no end, but damage. */
  readonly goesOn: boolean;
  /** SHA-256 (hex) of the first `keptBytes`: all, or those that are needed (as far as that is known) where the others cannot be read. */
  readonly keptBytes: number;
  readonly sha256: string;
  /** Why it could not be read to its end. */
  readonly failure: Message | undefined;
}

/** Opens a stored segment and reads it. @throws BackupError for a storage that fails, not for what is stored */
export async function readStoredSegment(
  { directory, isWhole, ...stored }: StoredSegment,
  task: ReadingTask,
  options: StorageOptions = {},
): Promise<SegmentReading> {
  const storage = await openLocalStorage(directory);
  const limitBytes = task.segmentSizeBytes;
  const wholeBytes = isWhole ? limitBytes : undefined;
  return readSegment(readStored({ storage, ...stored, limitBytes, wholeBytes }, options), task);
}

/**
 * Reads a segment from its first byte to its last: every record's CRC, page, link, the content hash. Reads on behind a record
 * with a wrong CRC that is no event, so that what is before it can still be used and the damage be told.
 */
export async function readSegment(source: ByteSource, task: ReadingTask): Promise<SegmentReading> {
  const { startLsn, segmentSizeBytes, systemIdentifier, fromLsn, neededBytes } = task;
  let damage: SegmentReading['damage'];
  const indexer = new SegmentIndexer({
    startLsn,
    segmentSizeBytes,
    systemIdentifier,
    check: 'every-record',
    damaged: (at, last) => {
      if (at >= fromLsn) damage ??= { lsn: at, last };
    },
  });
  const pages = new LaterPages(startLsn);
  const hashes = new PrefixHash(neededBytes);
  let wanted = true;
  let failure: Message | undefined;
  try {
    for await (const piece of source) {
      if (wanted) wanted = indexer.push(piece);
      pages.take(piece, !wanted);
      hashes.update(piece);
    }
  } catch (error) {
    failure = failureOf(error);
  }
  const { border } = indexer;
  const index = indexer.endSegment();
  const goesOn = index.end.kind === 'partial' && pages.reachBehind(index.end.lsn);
  return { index, border, damage, goesOn, failure, ...hashes.digest(failure !== undefined) };
}

/** What the stored bytes are to blame for. Anything else is thrown: it says nothing of them. */
function failureOf(error: unknown): Message {
  if (error instanceof BackupError && (error.code === 'CORRUPT' || error.code === 'OBJECT_NOT_FOUND')) {
    return error.sentence;
  }
  if (error instanceof BackupError) throw error;
  if (error instanceof Error && error.name === 'AbortError') throw error;
  if (error instanceof RangeError || (error as { errno?: unknown }).errno !== undefined) {
    return say('survey.unreadable', { reason: reasonFor(error) });
  }
  throw error;
}

/** Pages that are of this segment by their own address. */
class LaterPages {
  readonly #startLsn: Lsn;
  #position = 0;
  #lastLsn: bigint | undefined;

  constructor(startLsn: Lsn) {
    this.#startLsn = startLsn;
  }

  /** @param looks whether its pages are looked at */
  take(piece: Uint8Array, looks: boolean): void {
    const first = (walPageBytes - (this.#position % walPageBytes)) % walPageBytes;
    for (let at = first; looks && at + 24 <= piece.length; at += walPageBytes) {
      const expected = this.#startLsn + BigInt(this.#position + at);
      const header = decodePageHeader(piece.subarray(at, at + 40));
      if (header?.format !== undefined && header.address === expected) this.#lastLsn = expected;
    }
    this.#position += piece.length;
  }

  reachBehind(lsn: Lsn): boolean {
    return this.#lastLsn !== undefined && this.#lastLsn > lsn;
  }
}

/** The hash of all bytes, and of the first so many. */
class PrefixHash {
  readonly #hash: Hash = createHash('sha256');
  readonly #neededBytes: number | undefined;
  #bytes = 0;
  #needed: string | undefined;

  constructor(neededBytes: number | undefined) {
    this.#neededBytes = neededBytes;
  }

  update(piece: Uint8Array): void {
    const left = (this.#neededBytes ?? 0) - this.#bytes;
    if (left > 0 && left < piece.length) {
      this.#hash.update(piece.subarray(0, left));
      this.#needed = this.#hash.copy().digest('hex');
      this.#hash.update(piece.subarray(left));
    } else {
      this.#hash.update(piece);
      if (left === piece.length) this.#needed = this.#hash.copy().digest('hex');
    }
    this.#bytes += piece.length;
  }

  digest(hasFailed: boolean): { keptBytes: number; sha256: string } {
    const needed = this.#neededBytes;
    if (hasFailed && needed === undefined) return { keptBytes: 0, sha256: '' };
    if (hasFailed && needed !== undefined && this.#needed !== undefined) {
      return { keptBytes: needed, sha256: this.#needed };
    }
    return { keptBytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }
}
