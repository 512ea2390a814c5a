import type { SyncMethod } from '../files/sync-file-system.ts';
import type { BackupLocation } from '../backup-source/open-backup.ts';
import type { Owner } from '../files/directory-owner.ts';
import type { ChecksumAlgorithm } from '../manifest/checksum.ts';
import type { RecoveryPreparation } from '../pitr/recovery-preparation.ts';

/** Where a tablespace goes: named by its oid or by the directory that it had. */
export interface TablespaceTarget {
  readonly from: { readonly oid: number } | { readonly directory: string };
  readonly to: string;
}

export interface RestoreRequest {
  readonly from: BackupLocation;
  /** For an incremental backup: what it builds on, the full backup first, each on top of the one before (PostgreSQL 17). */
  readonly basedOn?: readonly BackupLocation[] | undefined;
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
  /** Refuse a restore that the disk has no room for before it begins. Default true. */
  readonly checkSpace?: boolean | undefined;
  /** Default true. */
  readonly sync?: boolean | undefined;
  /** Default: `syncfs` where each directory of the copy is the root of a file system, else `fsync`. A `delta` restore always has `fsync`. */
  readonly syncMethod?: SyncMethod | undefined;
  /**
   * Makes a full backup of the copy: it gets a `backup_manifest` with checksums by this algorithm, as pg_combinebackup writes one. Default: none,
   * for a copy that is started changes at once. Not with a `recovery`, and not of a backup without manifest.
   */
  readonly manifestChecksums?: ChecksumAlgorithm | undefined;
  /** What makes a recovery to a target of the restore; without one the copy starts with the WAL of the backup. */
  readonly recovery?: RecoveryPreparation | undefined;
}
