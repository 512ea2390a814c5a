import type { Lsn } from './lsn.ts';
import type { RecoveryLimits } from './recovery-limits.ts';
import type { TimelineId } from './segment.ts';

/** Where the record of an event lies. `endLsn` is where the next one begins. */
interface At {
  readonly startLsn: Lsn;
  readonly endLsn: Lsn;
}

/**
 * The end of a transaction, or of its first phase. A prepared transaction ends with `commit-prepared` or
 * `abort-prepared`, whose `xid` is that of the prepared one.
 */
export interface TransactionEvent extends At {
  readonly kind: 'commit' | 'abort' | 'prepare' | 'commit-prepared' | 'abort-prepared';
  /** Which resource manager's header named it: 0 for openGauss's commit and abort of a prepared transaction. */
  readonly headerXid: bigint;
  readonly xid: bigint;
  /** Subtransactions that end with it; no recovery target can name one. */
  readonly subxids: readonly bigint[];
  /** Microseconds since 1970-01-01 UTC. */
  readonly timeUs: bigint;
  /** Name of a prepared transaction, where the record tells it. */
  readonly gid: string | undefined;
  /** How many files the end of the transaction removes. */
  readonly droppedFiles: number;
}

/** What recovery, the recovery window and the archive need to know of the WAL. All other records are passed over. */
export type WalEvent =
  | TransactionEvent
  | (At & { readonly kind: 'restore-point'; readonly name: string; readonly timeUs: bigint })
  | (At & {
      readonly kind: 'checkpoint';
      readonly isShutdown: boolean;
      readonly redoLsn: Lsn;
      readonly timeline: TimelineId;
      readonly previousTimeline: TimelineId;
      readonly fullPageWrites: boolean;
      /** Full 64-bit number, epoch included. */
      readonly nextXid: bigint;
      /** Microseconds since 1970-01-01 UTC; the record has whole seconds. */
      readonly timeUs: bigint;
    })
  | (At & { readonly kind: 'switch' })
  | (At & {
      readonly kind: 'end-of-recovery';
      readonly timeline: TimelineId;
      readonly previousTimeline: TimelineId;
      readonly timeUs: bigint;
    })
  | (At & { readonly kind: 'backup-end'; readonly backupStartLsn: Lsn })
  /** `walLevel` 0 is minimal: WAL before it cannot be recovered through. */
  | (At & { readonly kind: 'parameter-change'; readonly walLevel: number; readonly limits: RecoveryLimits })
  | (At & { readonly kind: 'overwrite'; readonly overwrittenLsn: Lsn })
  | (At & {
      readonly kind: 'tablespace-create';
      readonly oid: number;
      readonly path: string;
      /** openGauss: the path lies below pg_location of the data directory. */
      readonly isRelative: boolean;
    })
  | (At & { readonly kind: 'tablespace-drop'; readonly oid: number })
  | (At & { readonly kind: 'barrier'; readonly name: string })
  /** A record of one of these kinds whose content is not understood: its CRC is right, but it does not fit its format. */
  | (At & { readonly kind: 'unreadable'; readonly rmid: number; readonly info: number });
