import type { Capabilities } from './capabilities.ts';

/** How a server is started, asked and told about its recovery: programs, SQL and places that differ by product. */
export interface RecoveryDialect {
  /** The server program, which tells its release by `--version`. */
  readonly serverProgram: string;
  /** Whose authentication codes its sessions speak. */
  readonly session: 'postgresql' | 'opengauss';
  /** The SQL client; `anyRelease`: one of another release does as well. */
  readonly client: { readonly program: string; readonly anyRelease: boolean };
  /** How a running server's settings are changed for good: by gs_guc and its companions, or by ALTER SYSTEM and pg_ctl. */
  readonly administration: 'gs-guc' | 'alter-system';
  /** Makes a physical replication slot. */
  readonly createSlotQuery: (name: string) => string;
  /** The program that starts it; undefined: the server program itself is run. */
  readonly controlProgram: string | undefined;
  /** Arguments of whichever is run. */
  readonly startArguments: (
    dataDirectory: string,
    options: { readonly configFile: string | undefined; readonly archivingOff: boolean },
  ) => readonly string[];
  /** Directories below which `bin` is looked for, in order; `{major}` is the release. */
  readonly usualDirectories: readonly string[];
  /** Environment variable that names the installation. */
  readonly homeVariable: string | undefined;
  readonly defaultLogDirectory: string;
  readonly socketDirectorySetting: string;
  /** Lines of postmaster.pid when it is whole; the last one written is never empty. */
  readonly pidFileLines: number;
  /** Names of programs that start, stop or rebuild servers on their own. */
  readonly managers: readonly string[];
  /** One row: in recovery (t/f), replay position (see `readReplayLsn`), time of the last replayed commit in UTC. */
  readonly stateQuery: string;
  /** One row: paused (t/f). Only while in recovery: elsewhere it is an error. */
  readonly pausedQuery: string;
  /** Rows: xid, name, database, owner, time in UTC. */
  readonly preparedQuery: string;
  readonly resumeQuery: string;
  /** One row: the number of the next transaction, with its epoch; undefined: see `transactionStatusQuery`. */
  readonly nextXidQuery: string | undefined;
  /** One row: `committed`, `aborted`, `in progress`, or null for one too old; undefined: it cannot be asked. */
  readonly transactionStatusQuery: ((xid: bigint) => string) | undefined;
  /** The time of the last replayed transaction counts the ends of prepared ones, too. */
  readonly timesPreparedEnds: boolean;
  /** Makes a standby a primary: the file and signal; undefined: not by us. */
  readonly promoteFile: string | undefined;
  /** A server that the recovery was configured for by a file that stays until it is over. */
  readonly configurationFiles: readonly string[];
  /** The file it has become when the target was reached, or recovery was over. */
  readonly doneFile: string | undefined;
  /** Where a standby is recognised by a file. */
  readonly standbyFile: string | undefined;
  /** In postmaster.opts: the server was started as a standby; undefined: no command line makes one. */
  readonly standbyOption: RegExp | undefined;
  /** Settings for the recovery are added to and removed from this file. */
  readonly settingsFile: 'postgresql.conf' | 'postgresql.auto.conf';
  /** A restart while paused at a time, xid or name opens the database, and further than the target. */
  readonly restartOpens: boolean;
  /** Text of `--version`, before the release. */
  readonly products: RegExp;
}

/** See `RecoveryDialect`. */
export function recoveryDialectOf(capabilities: Capabilities): RecoveryDialect {
  if (capabilities.recoveryConfiguration === 'opengauss-recovery-conf') return opengauss;
  return capabilities.recoveryConfiguration === 'signal-files' ? postgresql12 : postgresql10;
}

const asUtc = (expression: string): string =>
  `pg_catalog.to_char(${expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'`;

const postgresql12: RecoveryDialect = {
  serverProgram: 'postgres',
  session: 'postgresql',
  client: { program: 'psql', anyRelease: true },
  administration: 'alter-system',
  createSlotQuery: (name) => `SELECT pg_create_physical_replication_slot('${name}')`,
  controlProgram: undefined,
  startArguments: (dataDirectory, { configFile, archivingOff }) => [
    '-D',
    dataDirectory,
    // A file outside names the directory of its own server, and where that leaves its process id: both beat -D.
    ...(configFile === undefined
      ? []
      : ['-c', `config_file=${configFile}`, '-c', `data_directory=${dataDirectory}`, '-c', 'external_pid_file=']),
    // Whatever any file says: the command line wins.
    ...(archivingOff ? ['-c', 'archive_mode=off'] : []),
  ],
  usualDirectories: ['/usr/lib/postgresql/{major}', '/usr/pgsql-{major}', '/usr/local/pgsql'],
  homeVariable: undefined,
  defaultLogDirectory: 'log',
  socketDirectorySetting: 'unix_socket_directories',
  pidFileLines: 8,
  managers: ['patroni', 'repmgrd', 'pg_autoctl', 'stolon-keeper'],
  stateQuery: `SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.pg_last_wal_replay_lsn(), ${asUtc('pg_catalog.pg_last_xact_replay_timestamp()')}`,
  pausedQuery: 'SELECT pg_catalog.pg_is_wal_replay_paused()',
  preparedQuery: `SELECT transaction, gid, database, owner, ${asUtc('prepared')} FROM pg_catalog.pg_prepared_xacts ORDER BY prepared`,
  resumeQuery: 'SELECT pg_catalog.pg_wal_replay_resume()',
  nextXidQuery: 'SELECT pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot())',
  transactionStatusQuery: (xid) => `SELECT pg_catalog.txid_status(${xid.toString()})`,
  timesPreparedEnds: true,
  promoteFile: 'promote',
  configurationFiles: ['recovery.signal'],
  doneFile: undefined,
  standbyFile: 'standby.signal',
  standbyOption: undefined,
  settingsFile: 'postgresql.auto.conf',
  restartOpens: false,
  products: /^postgres \(PostgreSQL\) /,
};

const postgresql10: RecoveryDialect = {
  ...postgresql12,
  configurationFiles: ['recovery.conf'],
  doneFile: 'recovery.done',
  standbyFile: undefined,
};

/** Source: `docs/design/opengauss.md`, "Recovery". */
const opengauss: RecoveryDialect = {
  serverProgram: 'gaussdb',
  session: 'opengauss',
  client: { program: 'gsql', anyRelease: false },
  administration: 'gs-guc',
  // Its second argument says whether the slot is a dummy standby's.
  createSlotQuery: (name) => `SELECT pg_create_physical_replication_slot('${name}', false)`,
  controlProgram: 'gs_ctl',
  // Started as a standby it would replay past every target. The time-out is ours to keep: a recovery takes what it takes.
  // archive_mode can be set while it runs, but not where the command line has set it; and its file is in the directory.
  startArguments: (dataDirectory) => ['start', '-D', dataDirectory, '-M', 'normal', '-t', '2147483'],
  usualDirectories: ['/usr/local/opengauss', '/opt/opengauss', '/opt/software/openGauss', '/opt/mogdb/app'],
  homeVariable: 'GAUSSHOME',
  defaultLogDirectory: 'pg_log',
  socketDirectorySetting: 'unix_socket_directory',
  // There is no status.
  pidFileLines: 7,
  managers: ['cm_agent', 'om_monitor', 'gs_om', 'cm_server'],
  stateQuery: `SELECT pg_is_in_recovery(), pg_last_xlog_replay_location(), ${asUtc('pg_last_xact_replay_timestamp()')}`,
  pausedQuery: 'SELECT pg_is_xlog_replay_paused()',
  preparedQuery: `SELECT transaction, gid, database, owner, ${asUtc('prepared')} FROM pg_prepared_xacts ORDER BY prepared`,
  resumeQuery: 'SELECT pg_xlog_replay_resume()',
  nextXidQuery: undefined,
  transactionStatusQuery: undefined,
  timesPreparedEnds: false,
  promoteFile: undefined,
  configurationFiles: ['recovery.conf'],
  doneFile: 'recovery.done',
  standbyFile: undefined,
  standbyOption: /(?:^|[\s"])-M"?\s*"?(?:standby|cascade_standby|pending)\b/,
  settingsFile: 'postgresql.conf',
  restartOpens: true,
  products: /^(?:gaussdb|postgres) (?=\(|PostgreSQL)/,
};

/** The position in `0/28000530` or, of openGauss, in `(1,0/28000530)`, term and position. */
export function readReplayLsn(text: string | null): string | undefined {
  return /([0-9A-Fa-f]{1,8}\/[0-9A-Fa-f]{1,8})/.exec(text ?? '')?.[1];
}
