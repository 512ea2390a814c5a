import type { ByteSource } from '../bytes/byte-reader.ts';
import type { Lsn } from '../wal/lsn.ts';
import type { TimelineId } from '../wal/segment.ts';

/** Which segment: its timeline and its first position, a multiple of the segment size. */
export interface SegmentPosition {
  readonly timeline: TimelineId;
  readonly startLsn: Lsn;
}

/** A segment that a store holds, whole or its beginning. */
export interface HeldSegment extends SegmentPosition {
  readonly isWhole: boolean;
  /** Where it lies, for people. */
  readonly from: string;
  /**
   * Its bytes from the start of the segment, decompressed. What was not whole may end anywhere, and may have zeros where nothing
   * was written yet. @throws BackupError `CORRUPT` where a whole one is damaged
   */
  read(): ByteSource;
}

/** The instance whose WAL it is, as the server and the first page of WAL say. */
export interface ReceivedInstance {
  /** Unsigned 64-bit number in decimal. */
  readonly systemIdentifier: string;
  readonly segmentSizeBytes: number;
}

/** WAL that the server no longer has: `beginLsn` is what was asked for, `endLsn` the first position that there may be again. */
export interface WalGap {
  readonly timeline: TimelineId;
  readonly beginLsn: Lsn;
  readonly endLsn: Lsn;
  /** What the server said, for people. */
  readonly reason: string;
}

/** The server goes on differently from `forkLsn`: its WAL is another line from there. */
export interface WalFork {
  readonly timeline: TimelineId;
  /** First byte that differs. */
  readonly forkLsn: Lsn;
}

/**
 * Where received WAL goes; one receiver has it. Everything asynchronous: a slow disk keeps no other receiver of the thread, and
 * no answer to a server, waiting.
 */
export interface WalStore {
  /** For people: `directory /wal`, `archive /archive, generation 2`. */
  readonly description: string;
  /**
   * Says whose WAL comes; called once before anything else is asked, after the first connection.
   * @throws BackupError `SYSTEM_MISMATCH` when the store holds the WAL of another instance
   */
  begin(instance: ReceivedInstance): Promise<void>;
  /** The newest segment of the newest timeline; undefined where there is none. A whole one counts more than its beginning. */
  newest(): Promise<HeldSegment | undefined>;
  /** A segment by its position: the whole one if there is one, else its beginning. */
  find(position: SegmentPosition): Promise<HeldSegment | undefined>;
  /**
   * Opens a segment to be written from its first byte on. What is there of it (which `find` gives) is kept, durable and readable,
   * until more than that is durable; the caller has compared it with what comes. Never called for one that is held whole.
   */
  open(position: SegmentPosition): Promise<OpenSegment>;
  /** Stores the history of a timeline, durably; that the same is there already is no error. @throws BackupError `OBJECT_EXISTS` for another content */
  putHistory(timeline: TimelineId, content: string): Promise<void>;
  /** The content of a stored history; undefined where there is none. */
  readHistory(timeline: TimelineId): Promise<string | undefined>;
  /** Records a gap where the store has a place for that; that it is recorded already is no error. */
  recordGap(gap: WalGap): Promise<void>;
  /** From now on everything goes into a new line. @throws BackupError `USAGE` where the store has one line only */
  startGeneration(fork: WalFork): Promise<void>;
  /** Rejects when something failed after `complete` had resolved (a segment could not be put into the archive). Never resolves. */
  readonly failed: Promise<never>;
  /**
   * Gives the store up. What was received is durable before. @param options `inHurry`: what can be done by the next run as well
   * (putting whole segments in their place) is broken off after a few seconds
   */
  close(options?: { readonly inHurry?: boolean | undefined }): Promise<void>;
}

/** One segment being written, front to back. */
export interface OpenSegment {
  /**
   * Takes the next bytes, which may be used again when it has returned or, where it returns a promise, when that resolves. A
   * promise means that enough is waiting to be written. @throws BackupError `STORAGE_UNAVAILABLE`
   */
  write(bytes: Uint8Array): Promise<void> | undefined;
  /**
   * Resolves when everything taken before the call is written, and durable unless the store was told not to sync. Another `write` may be called meanwhile, another `sync` not.
   */
  sync(): Promise<void>;
  /** The segment is whole: it is durable under its own name when it resolves. */
  complete(): Promise<void>;
  /** Leaves it as it is, what was taken written and durable; does nothing after `complete`. */
  close(): Promise<void>;
}
