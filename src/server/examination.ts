import type { ServerIdentity } from './identity.ts';

/**
 * How a server is asked about its condition, and what is advised there: data, by product and release. Every query has fixed columns, in
 * the order of its comment, and none takes a value from outside.
 */
export interface Examination {
  /** wal_level that a backup needs at least, in the words of the product. */
  readonly walLevel: string;
  /** Setting that keeps WAL for those who fetch it late, and whether it counts segments. */
  readonly walKeep: { readonly name: 'wal_keep_size' | 'wal_keep_segments'; readonly countsSegments: boolean };
  /** Setting of a directory into which the server itself archives, before any command. */
  readonly archiveDirectory: 'archive_dest' | undefined;
  /** Setting of an archive module, in place of a command. */
  readonly archiveLibrary: 'archive_library' | undefined;
  /** full_page_writes protects against torn pages; elsewhere a double write buffer does. */
  readonly tornPages: 'full_page_writes' | 'enable_double_write';
  /** Setting with which pages go to the disk through a double write, and are compared with their checksum while a backup reads them. */
  readonly incrementalCheckpoint: 'enable_incremental_checkpoint' | undefined;
  /** Setting that says whether pages have checksums; undefined: they always have. */
  readonly checksumsSetting: 'data_checksums' | undefined;
  /** How often a wrong password is taken before the account is locked. */
  readonly loginLimit: 'failed_login_attempts' | undefined;
  /** All backups share one protection of the WAL that they need: the first to end takes it from the others. */
  readonly backupsShareProtection: boolean;
  /** Names that sessions of backup programs have in the list of sessions; undefined: the server itself tells what is a backup. */
  readonly backupSessions: readonly string[] | undefined;
  /** ALTER SYSTEM changes a setting wherever it was set before; else postgresql.conf does. */
  readonly alterSystem: boolean;
  /** pg_checksums gives a stopped server checksums. */
  readonly checksumsProgram: boolean;
  /** A shell reads archive_command; else it is split at blanks, and the program gets every word as it is. */
  readonly archiveShell: boolean;
  /** A standby archives only with archive_mode = always. */
  readonly standbyArchives: 'always' | undefined;
  /** Setting with which replication is taken on the HA port only. */
  readonly separatePort: 'enable_thread_pool' | undefined;
  /** WAL that a slot needs is removed beyond the second setting, where the first is on. */
  readonly walPruning: readonly ['enable_xlog_prune', 'max_size_for_xlog_prune'] | undefined;
  /** how many sessions count against max_wal_senders, this one not among them, or NULL */
  readonly walSendersQuery: string;
  /** name, active, temporary, bytes held or NULL, lost or NULL */
  readonly slotsQuery: string;
  /** archived_count, last_archived_wal, epoch of it, failed_count, last_failed_wal, epoch of it, seconds since the reset, epoch of the start of the server; undefined: there is no such view */
  readonly archiverQuery: string | undefined;
  /** archive_command as it is once archiving is on; undefined: the setting tells it, or nobody does */
  readonly archiveCommandQuery: string | undefined;
  /** how many backups run, or with `backupSessions` how many such sessions there are; or NULL: it does not tell this role */
  readonly runningBackupsQuery: string;
  /** name, path */
  readonly tablespacesQuery: string;
  /** bytes */
  readonly sizeQuery: string;
}

/** Names of all settings that checks read. */
const examinedSettings: readonly string[] = [
  ...[
    'wal_level',
    'max_wal_senders',
    'max_replication_slots',
    'max_slot_wal_keep_size',
    'wal_keep_size',
    'wal_keep_segments',
  ],
  ...[
    'wal_segment_size',
    'synchronous_standby_names',
    'archive_mode',
    'archive_command',
    'archive_library',
    'archive_dest',
  ],
  ...[
    'archive_timeout',
    'full_page_writes',
    'enable_double_write',
    'enable_incremental_checkpoint',
    'data_checksums',
    'fsync',
  ],
  ...['data_directory', 'config_file', 'hba_file', 'ident_file', 'TimeZone', 'log_timezone', 'enable_thread_pool'],
  ...['failed_login_attempts', 'enable_xlog_prune', 'max_size_for_xlog_prune', 'summarize_wal', 'server_version'],
];

export const settingsQuery = `SELECT name, setting, unit, context FROM pg_catalog.pg_settings WHERE name IN (${examinedSettings
  .map((name) => `'${name}'`)
  .join(', ')})`;

/** Whether it is a standby or recovers. */
export const recoveryQuery = 'SELECT pg_catalog.pg_is_in_recovery()';

/** Milliseconds since 1970 by the server's clock. */
export const clockQuery = 'SELECT extract(epoch FROM clock_timestamp()) * 1000';

export function examinationOf(identity: ServerIdentity): Examination {
  return identity.family === 'postgresql' ? postgresqlExamination(identity.major ?? 0) : opengaussExamination;
}

const sizeQuery = 'SELECT sum(pg_catalog.pg_tablespace_size(oid))::bigint FROM pg_catalog.pg_tablespace';
/** NULL for a role that may not: else each run would leave an error in the server's log. Source: calculate_tablespace_size in dbsize.c. */
const allowedSizeQuery = `SELECT CASE WHEN pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')
    OR (SELECT bool_and(oid = (SELECT dattablespace FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
      OR pg_catalog.has_tablespace_privilege(oid, 'CREATE')) FROM pg_catalog.pg_tablespace)
  THEN (${sizeQuery}) END`;
const tablespacesQuery = `SELECT spcname, pg_catalog.pg_tablespace_location(oid) FROM pg_catalog.pg_tablespace
  WHERE pg_catalog.pg_tablespace_location(oid) <> '' ORDER BY spcname`;

function postgresqlExamination(major: number): Examination {
  const status = major >= 13 ? `wal_status = 'lost'` : 'NULL::boolean';
  const position = `CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_receive_lsn()
    ELSE pg_catalog.pg_current_wal_lsn() END`;
  return {
    walLevel: 'replica',
    walKeep:
      major >= 13
        ? { name: 'wal_keep_size', countsSegments: false }
        : { name: 'wal_keep_segments', countsSegments: true },
    archiveDirectory: undefined,
    archiveLibrary: major >= 15 ? 'archive_library' : undefined,
    tornPages: 'full_page_writes',
    incrementalCheckpoint: undefined,
    checksumsSetting: 'data_checksums',
    loginLimit: undefined,
    backupsShareProtection: false,
    backupSessions: undefined,
    alterSystem: true,
    checksumsProgram: major >= 12,
    archiveShell: true,
    standbyArchives: 'always',
    separatePort: undefined,
    walPruning: undefined,
    walSendersQuery: 'SELECT count(*) FROM pg_catalog.pg_stat_replication',
    slotsQuery: `SELECT slot_name, active, temporary, pg_catalog.pg_wal_lsn_diff(${position}, restart_lsn)::bigint, ${status}
      FROM pg_catalog.pg_replication_slots ORDER BY slot_name`,
    archiverQuery: `SELECT archived_count, last_archived_wal, extract(epoch FROM last_archived_time) * 1000,
      failed_count, last_failed_wal, extract(epoch FROM last_failed_time) * 1000, extract(epoch FROM clock_timestamp() - stats_reset),
      extract(epoch FROM pg_catalog.pg_postmaster_start_time()) * 1000
      FROM pg_catalog.pg_stat_archiver`,
    // While archiving is off, `setting` is "(disabled)".
    archiveCommandQuery: `SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'archive_command'`,
    runningBackupsQuery: runningBackups(major),
    tablespacesQuery,
    sizeQuery: allowedSizeQuery,
  };
}

function runningBackups(major: number): string {
  // A backup by functions is seen up to 14 only where it is an exclusive one, and not at all later.
  if (major >= 13) return 'SELECT count(*) FROM pg_catalog.pg_stat_progress_basebackup';
  // A role that may not see it gets NULL for the state of each session.
  return `SELECT CASE WHEN bool_or(state IS NULL) THEN NULL ELSE count(CASE WHEN state = 'backup' THEN 1 END) END
    FROM pg_catalog.pg_stat_replication`;
}

const backupSessions = ['gs_basebackup', 'gs_ctl'] as const;

/**
 * How many sessions have the name of a backup program; NULL for a role that sees its own sessions only. A WAL sender that takes a backup, or waits for a
 * command, is not in pg_stat_replication (pg_stat_get_wal_senders leaves out those without lwpId; seen on 5.0.5).
 */
const backupSessionsQuery = `SELECT CASE WHEN (SELECT rolsuper OR rolsystemadmin FROM pg_catalog.pg_roles WHERE rolname = current_user)
    THEN (SELECT count(*) FROM pg_catalog.pg_thread_wait_status WHERE thread_name IN (${backupSessions.map((name) => `'${name}'`).join(', ')})) END`;

/** Source: openGauss 5.0 `pg_proc`, `system_views.sql`; initdb's postgresql.conf. */
const opengaussExamination: Examination = {
  walLevel: 'hot_standby',
  walKeep: { name: 'wal_keep_segments', countsSegments: true },
  archiveDirectory: 'archive_dest',
  archiveLibrary: undefined,
  tornPages: 'enable_double_write',
  incrementalCheckpoint: 'enable_incremental_checkpoint',
  checksumsSetting: undefined,
  loginLimit: 'failed_login_attempts',
  backupsShareProtection: true,
  backupSessions,
  alterSystem: false,
  checksumsProgram: false,
  // execvp of words that are split at blanks: gs_system.cpp; seen on 5.0.5.
  archiveShell: false,
  standbyArchives: undefined,
  separatePort: 'enable_thread_pool',
  walPruning: ['enable_xlog_prune', 'max_size_for_xlog_prune'],
  walSendersQuery: `SELECT (SELECT count(*) FROM pg_catalog.pg_stat_replication) + (${backupSessionsQuery})`,
  slotsQuery: `SELECT slot_name, active, false, pg_catalog.pg_xlog_location_diff(pg_catalog.pg_current_xlog_location(), restart_lsn)::bigint,
    NULL::boolean FROM pg_catalog.pg_replication_slots ORDER BY slot_name`,
  archiverQuery: undefined,
  archiveCommandQuery: undefined,
  runningBackupsQuery: backupSessionsQuery,
  tablespacesQuery,
  sizeQuery,
};
