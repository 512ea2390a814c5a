import type { ByteSource } from '../bytes/byte-reader.ts';
import type { ByteString } from '../bytes/byte-string.ts';
import type { ErrorFields } from '../protocol/backend-messages.ts';
import type { TarFormat } from '../tar/member.ts';
import type { Lsn } from '../wal/lsn.ts';
import type { TimelineId } from '../wal/segment.ts';

/** A row of the server's tablespace list. The data directory has neither oid nor location. */
export interface TablespaceRow {
  readonly oid: number | undefined;
  /** Absolute path on the server; for `relative` the path below its data directory (openGauss, PostgreSQL in-place). */
  readonly location: ByteString | undefined;
  readonly relative: boolean;
  /** Estimated size in KiB; undefined without PROGRESS. */
  readonly sizeKib: bigint | undefined;
}

/** What is asked of BASE_BACKUP, in our words; `replication/` spells it in the grammar of the server at hand. */
export interface BaseBackupRequest {
  /** Default `gausskeep base backup`. */
  readonly label?: string | undefined;
  /** Have the server estimate its size first. Default false. */
  readonly progress?: boolean | undefined;
  /** Default `spread`. */
  readonly checkpoint?: 'fast' | 'spread' | undefined;
  /** Append the WAL of the backup to the last archive (fetch). Default false. */
  readonly includeWal?: boolean | undefined;
  /** Do not wait on the server until the WAL is archived (WAL is had another way). Default false. */
  readonly noWait?: boolean | undefined;
  /** KiB per second, 32 … 1048576; undefined is unlimited. */
  readonly maxRateKib?: number | undefined;
  /** Send a `tablespace_map` instead of links. Default false. */
  readonly tablespaceMap?: boolean | undefined;
  /** Default true. */
  readonly verifyChecksums?: boolean | undefined;
  /** PostgreSQL 13+: have the server make a manifest, with this algorithm. */
  readonly manifest?: { readonly checksums: string; readonly forceEncode: boolean } | undefined;
  /** PostgreSQL 15+: have the server compress the archives (`gzip`, `lz4`, `zstd`). */
  readonly compression?: { readonly method: string; readonly detail?: string | undefined } | undefined;
  /** PostgreSQL 15+: where the server puts the archives (`client`, `server`, `blackhole`). */
  readonly target?: { readonly name: string; readonly detail?: string | undefined } | undefined;
  /** PostgreSQL 17+: the manifest of an earlier backup, which is uploaded first; only blocks that changed since come. */
  readonly incremental?: ByteSource | undefined;
}

/**
 * What BASE_BACKUP yields, in order: start, then per archive `archive` (its `content` must be read to the end before the
 * next event is asked for), perhaps `manifest`, then `end`. Progress reports of 15+ come between pieces through `onProgress`.
 */
export type BaseBackupEvent =
  | {
      readonly type: 'start';
      readonly startLsn: Lsn;
      readonly timeline: TimelineId;
      readonly tablespaces: readonly TablespaceRow[];
    }
  | {
      readonly type: 'archive';
      /** The tablespace that the archive holds; the data directory's row for the base archive. */
      readonly tablespace: TablespaceRow;
      readonly format: TarFormat;
      /** False before PostgreSQL 15: the two zero blocks at the end of a tar are missing in `content`. */
      readonly terminated: boolean;
      /** The server's name for the archive, 15+ only: `base.tar`, `16384.tar.gz`. */
      readonly name?: string | undefined;
      readonly content: AsyncIterable<Uint8Array>;
    }
  | { readonly type: 'manifest'; readonly content: AsyncIterable<Uint8Array> }
  | {
      readonly type: 'end';
      readonly endLsn: Lsn;
      readonly timeline: TimelineId;
      /** The server's error when pages failed their checksum (PostgreSQL 11+); the backup is complete, with those pages as they are. */
      readonly checksumFailure?: ErrorFields | undefined;
    };

/** What a silent server is busy with: its checkpoint, or ending the backup (and archiving its WAL). */
export type BackupWait = 'start-position' | 'end-position';

/** Notices that came during the backup, in order (checksum failures, skipped files, waiting for archiving). */
export type NoticeListener = (notice: ErrorFields) => void;
