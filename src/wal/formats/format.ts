import type { RecoveryLimitOffsets } from '../recovery-limits.ts';

/**
 * What differs between the WAL of one server and another, as data. Everything else (page framing, sub-headers, CRC) is
 * the same in all of them. Little-endian throughout, pages of 8192 bytes.
 */
export interface WalFormat {
  /** Servers that write it, for people: `PostgreSQL 15`, `openGauss`. */
  readonly name: string;
  /** Magic numbers of its pages; no other format has them. */
  readonly pageMagics: readonly number[];
  /** Flags that a page header may have. */
  readonly pageFlags: number;
  readonly header: RecordHeaderLayout;
  /** Longest record that a server reads, in bytes. */
  readonly longestRecordBytes: number;
  /** Whether a resource manager of that number can exist: the last built-in one, and the first one of extensions. */
  readonly lastResourceManager: number;
  readonly firstCustomResourceManager: number;
  /** Names of resource managers by number, as far as they are the same in every build; the server's dump program prints them. */
  readonly resourceManagers: readonly string[];
  readonly blocks: BlockReferenceLayout;
  readonly transactions: TransactionLayout;
  /** Number of the resource manager of barriers, in formats that have them. */
  readonly barrierResourceManager: number | undefined;
  readonly checkpoint: CheckpointLayout;
  readonly parameterChange: ParameterChangeLayout;
}

/** Offsets in the header of a record; the total length is a u32 at 0 everywhere. */
export interface RecordHeaderLayout {
  readonly sizeBytes: number;
  readonly xidOffset: number;
  /** 4 or 8. */
  readonly xidBytes: number;
  /** u64. */
  readonly prevOffset: number;
  readonly infoOffset: number;
  readonly rmidOffset: number;
  /** u32, the last field. The CRC covers what is behind the header, then the header up to here. */
  readonly crcOffset: number;
}

/**
 * How a record names the blocks that it changes.
 * - `image-info`: image length, hole offset, a byte of flags (PostgreSQL)
 * - `last-lsn`: image hole offset and length; segment, bucket and encryption fields; the page's previous LSN (openGauss)
 */
export type BlockReferenceLayout =
  | {
      readonly kind: 'image-info';
      readonly compressedMask: number;
      readonly applyFlag: number;
      readonly originBytes: 2;
    }
  | { readonly kind: 'last-lsn'; readonly originBytes: 4 };

/**
 * How the end of a transaction is recorded.
 * - `xinfo`: optional parts named by a word of flags, 32-bit xids (PostgreSQL)
 * - `csn`: fixed structures with counts, 64-bit xids, a commit sequence number (openGauss)
 */
export type TransactionLayout =
  | {
      readonly kind: 'xinfo';
      /** Bytes of an entry of the list of dropped statistics; 0 where there is no such list. */
      readonly droppedStatisticBytes: number;
      readonly prepare: PrepareLayout;
    }
  | { readonly kind: 'csn'; readonly prepare: PrepareLayout };

/** Offsets in the main data of PREPARE TRANSACTION. */
export interface PrepareLayout {
  readonly xidOffset: number;
  readonly xidBytes: number;
  readonly timeOffset: number;
  /** i32: how many subtransactions. */
  readonly subxactCountOffset: number;
  /** u16 length of the gid with its final NUL, or undefined where the gid is a NUL-ended field of 200 bytes. */
  readonly gidLengthOffset: number | undefined;
  readonly gidOffset: number;
  /** Where the subtransactions start when the gid does not move them. */
  readonly headerBytes: number;
}

/** Offsets of i32 in the main data of PARAMETER_CHANGE. Source: xl_parameter_change, access/xlog_internal.h of each release. */
export interface ParameterChangeLayout {
  readonly limits: RecoveryLimitOffsets;
  /** 0 is minimal everywhere. */
  readonly walLevelOffset: number;
}

/** Offsets in the main data of a checkpoint record. The redo position is a u64 at 0, the timeline a u32 at 8. */
export interface CheckpointLayout {
  /** u32, or undefined where it is not recorded. */
  readonly previousTimelineOffset: number | undefined;
  readonly fullPageWritesOffset: number;
  readonly nextXidOffset: number;
  /** Offset of the u32 epoch where the next xid is 32 bits wide, undefined where it is 64. */
  readonly nextXidEpochOffset: number | undefined;
  /** pg_time_t, Unix seconds. */
  readonly timeOffset: number;
}
