import type { Member } from '../tar/member.ts';

/** What members of a backup belong to, in the order of the server: its tablespaces, the data directory, what comes behind that. */
export interface BackupPart {
  /**
   * The oid of a tablespace in digits; `base`, the data directory; `mot`, more of the data directory (in-memory tables of
   * openGauss); `manifest`, the backup_manifest, for a sink that is not asked to store it by itself.
   */
  readonly name: string;
  /** The tablespace below whose directory the names are; undefined: below the data directory. */
  readonly oid: number | undefined;
}

/**
 * Takes what the server sends, member by member: the mirror of `RestoreSink`. One call at a time; while a returned promise
 * has not settled, the server is held back. Names are relative, checked, and unique within a part, except that a directory may come twice.
 */
export interface BackupSink {
  directory(part: BackupPart, member: Member): void | Promise<void>;
  /** What of `content` is not read is skipped. Pieces are views, valid until the next one is asked for. */
  file(part: BackupPart, member: Member): void | Promise<void>;
  /** A symbolic link. Those of tablespaces come from openGauss; PostgreSQL sends the file tablespace_map instead. */
  link(part: BackupPart, member: Member): void | Promise<void>;
  /** All members of `part` have come. */
  end(part: BackupPart): void | Promise<void>;
}
