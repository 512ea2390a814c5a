import type { Message } from '../messages/message.ts';
import type { ByteSource } from '../bytes/byte-reader.ts';
import type { StorageOptions } from '../storage/storage.ts';
import type { Codec } from './codec.ts';
import type { RecordedGap } from './gaps.ts';
import type { Receipt } from './receipt.ts';
import type { WalFileName } from './wal-file-name.ts';

export interface ReadWalOptions extends StorageOptions {
  /** Only the beginning is wanted, to the end of the first page at least: then nothing is compared with a receipt. */
  readonly headOnly?: boolean | undefined;
}

/** One file of WAL in a source: a segment, a partial one, a history or a backup history file. */
export interface WalObject {
  readonly file: WalFileName;
  /** Name in the storage, for people and for errors. */
  readonly storedName: string;
  readonly codec: Codec;
  /** Bytes that it takes in the storage. */
  readonly storedBytes: number;
  /** Present for a segment that was pushed; absent in a directory that other tools fill. */
  readonly receipt: Receipt | undefined;
  /** Its receipt is damaged: what is read is compared with nothing but itself. */
  readonly receiptFault?: Message | undefined;
  /** It is named as a segment, and its first page is not of that segment: damage, or other content. Comes only where it is asked for. */
  readonly isUnsound?: boolean | undefined;
  /** The generation in which it lies; undefined where there are none. */
  readonly generation: number | undefined;
  /**
   * A receiver is at work on it: it gets another name when it is whole and again when it is stored, and `read` finds it there.
   * Whoever opens it by `storedName` may not.
   */
  readonly isOpen?: boolean | undefined;
  /** It grows: so many bytes were there when it was found. `read` gives these, however much came since, and zeros behind them. */
  readonly grownBytes?: number | undefined;
  /**
   * Its bytes, decompressed. With a receipt, size and content hash are compared on the way.
   * @throws BackupError `CORRUPT`
   */
  read(options?: ReadWalOptions): ByteSource;
}

export interface ListWalOptions extends StorageOptions {
  /** Says of an object that it was read before as what its name says: its first page is not looked at again. */
  readonly isKnown?: ((object: WalObject) => Promise<boolean>) | undefined;
}

export interface FindWalOptions extends StorageOptions {
  /** A whole segment that is named so and is unsound comes as well, where an archive has no sound one. */
  readonly orUnsound?: boolean | undefined;
}

/** WAL to read, whoever stored it. Names are those of the server, without what a compression added. */
export interface WalSource {
  readonly description: string;
  readonly systemIdentifier: bigint;
  readonly segmentSizeBytes: number;
  /** Undefined when there is no such file in this source. */
  find(name: string, options?: FindWalOptions): Promise<WalObject | undefined>;
  /** The stored name of a file that is named so but was passed over by `find`: half-written, or not of this instance. */
  findUnsound(name: string, options?: StorageOptions): Promise<string | undefined>;
  /**
   * The name of a file that shows that the WAL of the timeline of `segment` went on behind it, see `showsLaterWal`: then
   * `segment` is not where it ends. Costs a listing of names.
   */
  findLater(segment: string, options?: StorageOptions): Promise<string | undefined>;
  /** Everything that `find` finds, unsound segments of an archive included, ordered by name; a name comes once. */
  list(options?: ListWalOptions): AsyncIterable<WalObject>;
  /** What receivers noted of WAL that servers no longer had, and what retention removed; undefined where nobody can note it. */
  readonly gaps?: ((options?: StorageOptions) => Promise<readonly RecordedGap[]>) | undefined;
  /** What is known about a segment from reading it before, as `src/wal` encoded it. */
  readIndex(name: string, options?: StorageOptions): Promise<Buffer | undefined>;
}
