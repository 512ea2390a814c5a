import type { ByteString } from '../bytes/byte-string.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { RestoreRules } from '../server/restore-rules.ts';
import type { BackupLabel } from '../wal/backup-label.ts';
import type { RecoveryLimits } from '../wal/recovery-limits.ts';
import type { Owner } from './request.ts';
import type { OutsideConfiguration } from './taken-configuration.ts';

/** A tablespace of a backup. */
export interface SourceTablespace {
  readonly oid: number;
  /** Where the backed-up server had it, or else where the plain backup has it; undefined for one in place. */
  readonly location: ByteString | undefined;
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
  readonly format: 'plain' | 'tar';
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

/** A link to a tablespace in the target as it is. */
export interface TargetLink {
  readonly oid: number;
  /** As the link says. */
  readonly target: ByteString;
  /** Without links; undefined when it leads nowhere. */
  readonly real: ByteString | undefined;
}

/** The state of the directory that is to be filled. */
export interface TargetFacts {
  /** Absolute, links resolved as far as it exists. */
  readonly path: ByteString;
  readonly state: 'missing' | 'empty' | 'filled';
  readonly isMountPoint: boolean;
  readonly owner: Owner | undefined;
  /** Undefined when it has no control file, or one that cannot be read. */
  readonly systemIdentifier: bigint | undefined;
  /** A restore into it that did not finish. */
  readonly unfinished: UnfinishedRestore | undefined;
  readonly hasControlFile: boolean;
  /** Nothing is in it but old copies that earlier runs moved inside. */
  readonly hasOldCopiesOnly?: boolean | undefined;
  readonly links: readonly TargetLink[];
  /** Directory above it that is another instance's. */
  readonly insideInstance: ByteString | undefined;
  /** A suffix that no name beside it, or beside a tablespace, has yet: for moving things aside. */
  readonly asideSuffix: string;
  /** Numeric id of the account that runs this. */
  readonly ownUid: number;
  readonly ownGid: number;
}

/** The state of a directory that a tablespace would go to. */
export interface PlaceFacts {
  readonly path: ByteString;
  readonly real: ByteString;
  readonly state: 'missing' | 'empty' | 'filled';
  readonly isMountPoint: boolean;
  readonly insideInstance: ByteString | undefined;
  /** Nothing is in it but old copies that earlier runs moved inside. */
  readonly hasOldCopiesOnly?: boolean | undefined;
  /** A restore into it that did not finish. */
  readonly unfinished?: UnfinishedRestore | undefined;
}

/** What the marker of a restore that did not finish says of its backup. */
export interface UnfinishedRestore {
  readonly systemIdentifier: bigint | undefined;
  /** Place and time of its begin, and its label. */
  readonly backup: string | undefined;
}
