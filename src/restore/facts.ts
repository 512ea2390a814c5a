import type { ByteString } from '../bytes/byte-string.ts';
import type { Owner } from '../files/directory-owner.ts';

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
