import type { ByteString } from '../bytes/byte-string.ts';
import type { Message } from '../messages/message.ts';
import type { RequiredLimit } from '../server/recovery-limits.ts';

/**
 * The seam for recovery targets: what they add to a restore. Made by whoever proved the target; a restore calls it and
 * knows nothing of targets.
 */
export interface RecoveryPreparation {
  /** What the plan says of it. @param hotStandby whether the copy can be asked while it recovers */
  readonly sentences: (hotStandby: boolean) => readonly Message[];
  /** Limits that the WAL raises: the copy is configured with no less from its start on. */
  readonly limits: readonly RequiredLimit[];
  /** The server will go through archive recovery, after which PostgreSQL is on a timeline of its own. */
  readonly archiveRecovery: boolean;
  /** Transactions of which the backup holds a two-phase file, and that the recovery prepares again by their records. */
  readonly preparedAgain: ReadonlySet<bigint>;
  /** False: the WAL that will be replayed was not read; good for a plan only. */
  readonly isProved: boolean;
  /** False leaves the WAL directory empty (the manual's step 2): `prepare` fills it. */
  readonly keepsBackupWal: boolean;
  /** How much WAL `prepare` puts into the copy, in bytes. */
  readonly walBytes: number;
  /** Where WAL is read from after the target was moved aside or changed. */
  readonly readsFrom: readonly RecoveryPlace[];
  /**
   * Writes recovery.conf, signal files, WAL. Called when every file is in place and configured, before anything is made
   * durable and before pg_control has its name; files that it makes get the owner of the rest.
   */
  prepare(directory: ByteString, context: PrepareContext): Promise<void>;
}

/** A directory that a recovery reads from; absolute, without links. */
export interface RecoveryPlace {
  readonly kind: 'archive' | 'backups' | 'wal';
  readonly path: ByteString;
}

export interface PrepareContext {
  /** What was moved aside, so that what was read there before is elsewhere now. */
  readonly moved: readonly { readonly from: ByteString; readonly to: ByteString }[];
  /** Where pg_control lies until the copy is whole. */
  readonly controlFile: ByteString;
  readonly signal: AbortSignal;
  /** The copy can be asked while it recovers. */
  readonly hotStandby: boolean;
  /** What was decided about archiving in the copy. */
  readonly archiving: 'off' | 'preserve';
  /** What the source archives with. */
  readonly archiveCommand: string | undefined;
}
