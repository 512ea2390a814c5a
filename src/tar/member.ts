import type { ByteString } from '../bytes/byte-string.ts';

export type MemberType = 'file' | 'directory' | 'symlink' | 'relativeSymlink' | 'hardlink' | 'other';

/** What the header of an archive member says, whichever format it came in. */
export interface MemberHeader {
  /** Relative path with `/`, without leading `./` and trailing `/`. Bytes, not text. Checked: not absolute, no `..`, no empty part, no NUL. */
  readonly name: ByteString;
  readonly type: MemberType;
  /** Permission bits, 0 … 0o7777. */
  readonly mode: number;
  /** Content length in bytes; 0 for anything but a file. Up to 2^53-1. */
  readonly size: number;
  /** Seconds since 1970; undefined where the format has none (openGauss). */
  readonly mtime: number | undefined;
  /**
   * Target of a link, else ''. A `relativeSymlink` (openGauss type 3) is relative to the data directory, not to the link.
   */
  readonly linkName: ByteString;
}

/** A member and its content. Read `content` to its end before asking for the next member; what is left is skipped. */
export interface Member {
  readonly header: MemberHeader;
  readonly content: AsyncIterable<Uint8Array>;
  /** The bytes of the header as they came, extended headers included; only where `readMembers` was asked for them. */
  readonly verbatim?: Uint8Array | undefined;
}

/**
 * The formats of member streams: `tar` is ustar with pax and GNU extensions; `opengauss` has the 2560-byte headers of
 * its BASE_BACKUP (bin/pg_basebackup, gs_tar_const.h).
 */
export type TarFormat = 'tar' | 'opengauss';
