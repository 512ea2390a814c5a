import type { ByteString } from '../bytes/byte-string.ts';
import type { Message } from '../messages/message.ts';
import type { RequiredLimit } from '../server/recovery-limits.ts';
import type { Storage } from '../storage/storage.ts';

/** Where a backup is: a local directory (plain or archives), or archives in a folder ('' or ending in `/`) of a storage. */
export type BackupLocation =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'storage'; readonly storage: Storage; readonly folder: string };

/** Where a tablespace goes: named by its oid or by the directory that it had. */
export interface TablespaceTarget {
  readonly from: { readonly oid: number } | { readonly directory: string };
  readonly to: string;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface RestoreRequest {
  readonly from: BackupLocation;
  /** The data directory to be. */
  readonly directory: string;
  readonly tablespaces?: readonly TablespaceTarget[] | undefined;
  /** Directory for all tablespaces that no mapping names, each in a folder named by its oid. */
  readonly allTablespaces?: string | undefined;
  /** What is in the directory, tablespaces included, is moved aside first. */
  readonly force?: boolean | undefined;
  /** Into an existing directory of the same instance: only what differs is written. Nothing old is kept. */
  readonly delta?: boolean | undefined;
  /** The directory may hold another instance. */
  readonly allowForeign?: boolean | undefined;
  /** Default: the owner of the existing directory, else of the backup's files. Only root can give files away. */
  readonly owner?: Owner | undefined;
  readonly port?: number | undefined;
  readonly listen?: string | undefined;
  readonly settings?: readonly { readonly name: string; readonly value: string }[] | undefined;
  /** Disable the settings that connect the server with others of its cluster. */
  readonly standalone?: boolean | undefined;
  /** Default: off, unless `settings` has an archive_mode that is not. */
  readonly archiveMode?: 'off' | 'preserve' | undefined;
  /** Check each file against the manifest, where there is one, while it is written; default true. */
  readonly verify?: boolean | undefined;
  /** Default true. */
  readonly sync?: boolean | undefined;
  /** What makes a recovery to a target of the restore; without one the copy starts with the WAL of the backup. */
  readonly recovery?: RecoveryPreparation | undefined;
}

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
  /**
   * Writes recovery.conf, signal files, WAL. Called when every file is in place and configured, before anything is made
   * durable and before pg_control has its name; files that it makes get the owner of the rest.
   */
  prepare(directory: ByteString, context: PrepareContext): Promise<void>;
}

export interface PrepareContext {
  readonly signal: AbortSignal;
  /** The copy can be asked while it recovers. */
  readonly hotStandby: boolean;
  /** What was decided about archiving in the copy. */
  readonly archiving: 'off' | 'preserve';
}
