/** A file that is made after a backup was unpacked, for the server to find at its next start. */
export interface CreatedFile {
  readonly name: string;
  /** Length in bytes; the content is zero bytes. */
  readonly sizeBytes: number;
  readonly mode: number;
}

/** How BASE_BACKUP is asked for and what it answers. */
export interface BaseBackupCapabilities {
  /**
   * `keywords`: PostgreSQL up to 14; `options`: the parenthesized list of 15 and later; `opengauss`: keywords of its
   * own, and its own order of results.
   */
  readonly grammar: 'keywords' | 'options' | 'opengauss';
  readonly tarFormat: 'tar' | 'opengauss';
  /** Archives end with the two zero blocks of tar. */
  readonly terminated: boolean;
  /** All archives come in one copy, each CopyData starting with a kind byte (`n`, `m`, `d`, `p`). */
  readonly framed: boolean;
  /** WAL can be appended to the last archive. */
  readonly includeWal: boolean;
  readonly maxRate: boolean;
  readonly tablespaceMap: boolean;
  /** Verifying page checksums can be turned off. */
  readonly skipChecksums: boolean;
  /** The server makes a backup_manifest. */
  readonly manifest: boolean;
  /** The server can compress (COMPRESSION) and write elsewhere (TARGET). */
  readonly targets: boolean;
  readonly incremental: boolean;
  /** FETCH_MOT_CHECKPOINT may be tried, as the last command of the connection. */
  readonly motCheckpoint: boolean;
  /** The longest label in bytes. */
  readonly maxLabelBytes: number;
  /** Labels that mean something else to the server, or that its parser cannot take. */
  readonly refusedLabels: readonly RegExp[];
}

/** How WAL is streamed. */
export interface WalStreamCapabilities {
  readonly messages: 'big-endian' | 'little-endian-structs';
  /** START_REPLICATION takes TIMELINE n, and TIMELINE_HISTORY exists. */
  readonly timelines: boolean;
  /** Longest time between two status updates in ms, whatever the user asked for; undefined: no such limit. */
  readonly maxStatusIntervalMs: number | undefined;
  /** A flush report at an exact segment boundary is ignored by the server, so one byte less is reported. */
  readonly avoidBoundaryReports: boolean;
  /** The server answers our CopyDone with its own and CommandComplete; else it just closes. */
  readonly answersCopyDone: boolean;
}

export interface SlotCapabilities {
  readonly temporary: boolean;
  /** How WAL is reserved at creation: `clause` RESERVE_WAL, `option` in parentheses (15+), `position` an LSN (openGauss). */
  readonly reservation: 'clause' | 'option' | 'position';
  /** READ_REPLICATION_SLOT exists. */
  readonly read: boolean;
  /** pg_replication_slots has the column wal_status, which is `lost` where WAL that the slot needs is gone. */
  readonly walStatus: boolean;
  /** What a streaming backup uses when nothing was asked for. */
  readonly usedByDefault: 'temporary' | 'none';
  /** A second receiver is let into a slot that is in use, and may move it; else it is refused. */
  readonly shared: boolean;
}

/**
 * Everything that differs by product and release, as plain data. Only `src/server/` makes these; lower layers act on
 * the named formats and never ask which product it is.
 */
export interface Capabilities {
  readonly walDirectory: 'pg_wal' | 'pg_xlog';
  readonly baseBackup: BaseBackupCapabilities;
  readonly walStream: WalStreamCapabilities;
  readonly slots: SlotCapabilities;
  /**
   * What tells a primary from a standby: the parameter in_hot_standby, which is reported (PostgreSQL 14+); whether transactions
   * are read-only; or IDENTIFY_MODE.
   */
  readonly roleFrom: 'in-hot-standby' | 'read-only' | 'mode';
  /** SHOW works in a replication session. */
  readonly show: boolean;
  /** The value of SHOW that tells the WAL segment size; undefined: ask the WAL itself or pg_control. */
  readonly segmentSizeSetting: string | undefined;
  /** SHOW data_directory_mode tells whether the group may read the data directory. */
  readonly directoryModeSetting: boolean;
  readonly applicationName: string;
  /** Files that BASE_BACKUP leaves out for a client of any other name; TLS files are named by their settings. */
  readonly filesForApplicationName: readonly string[];
  /** A point-in-time recovery starts a new timeline, so that the copy cannot overwrite the archive of its source. */
  readonly newTimelineAfterRecovery: boolean;
  /** `recovery.conf` of openGauss; `recovery.conf` of PostgreSQL up to 11; signal files from 12. */
  readonly recoveryConfiguration: 'opengauss-recovery-conf' | 'recovery-conf' | 'signal-files';
  /** Major release of the libpq with which a standby of PostgreSQL reaches its primary; 0: there are no such standbys. */
  readonly libpqRelease: number;
  /** A recovery can shut the server down at its target. */
  readonly shutdownAtTarget: boolean;
  /** A recovery does not begin with an empty WAL directory, even where restore_command has every segment. */
  readonly recoveryNeedsLocalWal: boolean;
  /** Transactions have 64-bit numbers; else 32 bits, with an epoch above them. */
  readonly wideTransactionIds: boolean;
  /** Where tablespaces inside the data directory are; undefined: anywhere below it. */
  readonly relativeTablespaces: RegExp | undefined;
  /** Files of a backup that must not be in an unpacked directory, by path below it. */
  readonly droppedAfterBackup: readonly RegExp[];
  readonly createdAfterBackup: readonly CreatedFile[];
}
