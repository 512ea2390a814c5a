import type { ByteString } from '../bytes/byte-string.ts';
import type { Lsn } from '../wal/lsn.ts';
import type { TimelineId } from '../wal/segment.ts';
import type { ChecksumAlgorithm } from './checksum.ts';

/** Name of the manifest in a backup directory and beside the archives of a tar backup. */
export const manifestFileName = 'backup_manifest';

/** What a manifest says of one file. */
export interface ManifestFile {
  /** Relative to the data directory; files of a tablespace as `pg_tblspc/<oid>/…`. From a reader: not trusted. */
  readonly path: ByteString;
  /** Bytes, 0 … 2^53-1. */
  readonly size: number;
  readonly algorithm: ChecksumAlgorithm;
  /** Lower-case hex; `''` when there is none. */
  readonly checksum: string;
}

/** WAL that a restore must replay: from `startLsn` up to `endLsn` (exclusive) of one timeline. */
export interface WalRange {
  readonly timeline: TimelineId;
  readonly startLsn: Lsn;
  readonly endLsn: Lsn;
}

/** A whole manifest. Its memory grows with the number of files: about 300 bytes each. */
export interface Manifest {
  /** 2 states the system identifier (PostgreSQL 17 and we), 1 does not. */
  readonly version: 1 | 2;
  readonly systemIdentifier: bigint | undefined;
  readonly files: ReadonlyMap<ByteString, ManifestFile>;
  readonly walRanges: readonly WalRange[];
}
