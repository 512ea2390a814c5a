import type { OriginalTablespace } from '../manifest/companion.ts';
import type { ByteString } from '../bytes/byte-string.ts';
import type { HeldFile } from '../files/held-file.ts';
import type { TablespaceRow } from '../replication/base-backup.ts';
import type { ReplicationSession } from '../replication/open-session.ts';
import type { ClaimedPlaces } from './claimed-places.ts';
import type { ProgressMeter } from './progress-meter.ts';
import type { FileSequence } from './file-sequence.ts';
import type { BackupStart } from './request.ts';
import type { BackupSink } from './sink.ts';
import type { Lsn } from '../wal/lsn.ts';
import type { WalTarget } from './wal-store.ts';

/** A form of backup: takes the members of one base backup, and tells what to publish at the end. */
export interface Output extends BackupSink {
  /** Permission bits of the files that we make beside those that the server sent. */
  readonly fileMode: number;
  /** Headers of tars are stored as the server sent them, so all members must come, unchanged and with these bytes. */
  readonly verbatim: boolean;
  /** Nothing of ours may be among the members. */
  readonly foreign: boolean;
  /** Where the output itself makes the checksums that the manifest wants, of the file that was handed in last. */
  readonly contentSums?: Pick<FileSequence, 'lastSum'> | undefined;
  /** Before the first member. @returns the tablespaces that will not be where the server has them */
  begin(
    tablespaces: readonly TablespaceRow[],
    places: ClaimedPlaces,
    start: BackupStart,
  ): Promise<readonly OriginalTablespace[]>;
  /** The text of the manifest, in order. */
  writeManifest(text: Uint8Array): void;
  /** Where WAL that is streamed goes. */
  walPlace(): WalTarget;
  /** How far WAL is streamed for a backup that ends at `endLsn`; default: to there. */
  walEnd?(endLsn: Lsn, segmentSizeBytes: number): Lsn;
  /** Ends what is left to write; the files that get their names when everything is durable, in this order. */
  finish(): Promise<readonly HeldFile[]>;
  /** Whether the file `path` is on disk since `finish`, so that nobody needs to flush it. */
  isFlushed?(path: ByteString): boolean;
  /** Closes what is open, after a failure; when it is over nothing is written any more. Never throws. */
  abandon(): void | Promise<void>;
}

export interface OutputParts {
  readonly session: ReplicationSession;
  readonly meter: ProgressMeter;
  readonly signal: AbortSignal;
  /** Writes the files of the members. */
  readonly files: FileSequence;
  /** Whether it flushes them. */
  readonly flushes: boolean;
}
