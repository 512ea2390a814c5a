import type { ByteString } from '../bytes/byte-string.ts';
import type { Owner } from '../files/directory-owner.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { RestoreRules } from '../server/restore-rules.ts';
import type { BackupLabel } from '../wal/backup-label.ts';
import type { RecoveryLimits } from '../wal/recovery-limits.ts';
import type { OutsideConfiguration } from './outside-configuration.ts';

/** A tablespace of a backup. */
export interface SourceTablespace {
  readonly oid: number;
  /** Where the backed-up server had it, or else where the plain backup has it; undefined for one in place. */
  readonly location: ByteString | undefined;
  /** In an archive: its link, where that is cut so that nobody knows where it was. */
  readonly cut?: { readonly linkName: ByteString; readonly archive: string } | undefined;
  /** Where a plain backup has it, as its link says. */
  readonly linkTarget: ByteString | undefined;
  /** Where the server had it, as a plain backup that moved it says. */
  readonly original?: ByteString | undefined;
  /** Path below the data directory of one at a relative location (openGauss) or in place (PostgreSQL). */
  readonly inside: ByteString | undefined;
}

/** What a backup tells of itself before it is restored. */
export interface SourceFacts {
  readonly description: string;
  /** `repository`: as one of its backups. */
  readonly format: 'plain' | 'tar' | 'repository';
  /** What is restored before it: the full backup and the incremental ones up to this, oldest first. Undefined: it stands alone. */
  readonly earlier?: readonly SourceFacts[] | undefined;
  /** Real path of a local backup, and of the directories that its links lead to. */
  readonly localPaths: readonly ByteString[];
  readonly rules: RestoreRules;
  readonly label: BackupLabel;
  /** Undefined where it was not read, because it comes last in an archive. */
  readonly systemIdentifier: bigint | undefined;
  readonly manifest: Manifest | undefined;
  readonly tablespaces: readonly SourceTablespace[];
  /** Bytes that will be read: files, or archives as they are stored. */
  readonly totalBytes: number;
  /** Owner of the backup's files; undefined where that says nothing. */
  readonly owner: Owner | undefined;
  /** The data directory may be read by the group. */
  readonly groupAccess: boolean;
  /** Content of the settings files; undefined: not read yet. */
  readonly configuration: SourceConfiguration | undefined;
  /** Limits that the server had at its last start; undefined: not read yet. */
  readonly limits: RecoveryLimits | undefined;
  /** Replication slots, which are not restored; undefined: not read yet. */
  readonly slots: readonly ByteString[] | undefined;
  /** Names of the version directories of tablespaces; undefined: not read yet. */
  readonly versionDirectories: readonly string[] | undefined;
}

export interface SourceConfiguration {
  readonly main: ByteString | undefined;
  readonly overriding: ByteString | undefined;
  /** What was taken along from outside of the data directory. */
  readonly outside?: OutsideConfiguration | undefined;
  /** The data directory has a pg_hba.conf, a pg_ident.conf. */
  readonly hasHba: boolean;
  readonly hasIdent: boolean;
  /** What the server was started with, by its pg_control. */
  readonly limits: RecoveryLimits | undefined;
}
