import type { TablespaceMapEscape } from '../wal/tablespace-map.ts';
import { capabilitiesOf } from './capabilities-of.ts';
import type { CreatedFile } from './capabilities.ts';
import { postgresqlPlaceSettings, type PlaceSetting } from './place-settings.ts';
import { identifyOpengauss, type ServerFamily } from './identity.ts';

/** What a restore must know of a product, as plain data. Source: `docs/design/opengauss.md`, "The data directory" and "Recovery"; PostgreSQL's manual. */
export interface RestoreRules {
  readonly family: ServerFamily;
  readonly walDirectory: 'pg_wal' | 'pg_xlog';
  /** Files and directories of a backup that must not be in a restored directory, by path below it. */
  readonly dropped: readonly RegExp[];
  /** Directories whose content is dropped while they stay. Names of what was in them are told. */
  readonly emptied: readonly string[];
  /**
   * Directories that a server does not start without and that may be empty, so that tools which copy only files (object
   * stores, some settings of rsync) lose them. Source: initdb.c and initdb.cpp, `subdirs`.
   */
  readonly mayBeEmpty: readonly string[];
  /** Made after everything else, for the server to find at its start. */
  readonly created: readonly CreatedFile[];
  /** Copies of pg_control that the server falls back to; each is made anew from the backup's pg_control. */
  readonly controlCopies: readonly string[];
  /** How tablespace_map escapes. */
  readonly mapEscape: TablespaceMapEscape;
  /** Folder of the data directory with tablespaces at relative locations; undefined where there is no such thing. */
  readonly relativeTablespaces: string | undefined;
  /** The setting that is part of the name of the version directory of a tablespace. */
  readonly nodeNameSetting: string | undefined;
  /**
   * The setting without which a server refuses its own tablespaces in place: it ends in a PANIC when it is consistent (CheckTablespaceDirectory,
   * xlogrecovery.c). Undefined where there are none, or the server takes them as they are.
   */
  readonly inPlaceSetting: string | undefined;
  /** Name of the version directory of a tablespace; its first group is the node name where there is one. */
  readonly versionDirectory: RegExp;
  /** The file of ALTER SYSTEM, which wins over postgresql.conf. */
  readonly overridingFile: string | undefined;
  /** Settings that `overridingFile` may hold from an earlier recovery. */
  readonly recoverySettings: RegExp;
  /** Settings that name places of the source's host. */
  readonly placeSettings: readonly PlaceSetting[];
  /** The configuration may lie outside of the data directory, and then be missing in a backup. */
  readonly configurationElsewhere: boolean;
  /**
   * Replay puts right a page that was copied half old, half new: PostgreSQL logs each page whole at its first change after a
   * checkpoint. openGauss logs none (its double-write file does not travel with a backup).
   */
  readonly replayRepairsPages: boolean;
  /** A prepared transaction must not be both in pg_twophase and in the WAL that is replayed. */
  readonly replaysTwoPhaseFiles: boolean;
  /** What turns archiving off: `archive_mode = off`, and these commented out. */
  readonly archiveSettings: readonly string[];
  /** A recovered copy starts a timeline of its own and so cannot overwrite its source's archive. */
  readonly newTimelineAfterRecovery: boolean;
  /** A server that replays CREATE TABLESPACE makes the directory itself; else it fails where there is none. */
  readonly replayMakesTablespaces: boolean;
  /**
   * Where a recovery is to pause at its target although hot_standby is off. PostgreSQL shuts down (validateRecoveryParameters,
   * xlogrecovery.c); openGauss pauses nevertheless (observed).
   */
  readonly pauseWithoutHotStandby: 'shutdown' | 'pause';
  /** Settings that connect the server with others of its cluster. */
  readonly replicationSettings: RegExp;
  /** Ports that the server listens on, counted from `port`. */
  readonly ports: readonly number[];
  readonly listenSetting: string;
  /**
   * The product's own tool makes a manifest with each backup. PostgreSQL's does since 13; 11 and 12 cannot be told from later ones by
   * their backup_label, 10 can.
   */
  readonly makesManifests: boolean;
  /** The data directory may be readable for the group (0750). */
  readonly groupAccess: boolean;
  readonly stopCommand: string;
  readonly startCommand: string;
}

/** What runs of ours keep in the directories that they fill; a killed one leaves it there. */
export const oursUnfinished = /(?:^|\/)\.gausskeep\.[^/]*$/;

const droppedFromAll = [
  /^postmaster\.(?:pid|opts)$/,
  /^recovery\.(?:conf|done|signal)$/,
  /^standby\.signal$/,
  /^(?:backup_label|tablespace_map)\.old$/,
  // The links are made here; a map would point them at the source again.
  /^tablespace_map$/,
  /^(?:promote|failover|switchover|fallback_promote)$/,
  /^backup_manifest(?:\.tmp)?$/,
  /^gausskeep\.json$/,
  // At any depth: in a tablespace's directory there can be a lock or a marker of ours too.
  oursUnfinished,
  /(?:^|\/)pgsql_tmp[^/]*$/,
  /^global\/pg_control\.unfinished$/,
];

const postgresqlRules: RestoreRules = {
  family: 'postgresql',
  walDirectory: 'pg_wal',
  dropped: [...droppedFromAll, /^current_logfiles(?:\.tmp)?$/, /^postgresql\.auto\.conf\.tmp$/],
  emptied: ['pg_replslot'],
  mayBeEmpty: [
    'pg_commit_ts',
    'pg_dynshmem',
    'pg_logical',
    'pg_logical/mappings',
    'pg_logical/snapshots',
    'pg_notify',
    'pg_replslot',
    'pg_serial',
    'pg_snapshots',
    'pg_stat',
    'pg_stat_tmp',
    'pg_subtrans',
    'pg_tblspc',
    'pg_twophase',
  ],
  created: [],
  controlCopies: [],
  mapEscape: 'all',
  relativeTablespaces: undefined,
  nodeNameSetting: undefined,
  inPlaceSetting: 'allow_in_place_tablespaces',
  versionDirectory: /^PG_\d+_\d{9}$/,
  overridingFile: 'postgresql.auto.conf',
  recoverySettings: /^recovery_target(?:_|$)/,
  placeSettings: postgresqlPlaceSettings,
  configurationElsewhere: true,
  replayRepairsPages: true,
  replaysTwoPhaseFiles: true,
  archiveSettings: [],
  newTimelineAfterRecovery: true,
  // create_tablespace_directories, commands/tablespace.c: the directory itself is the administrator's to make.
  replayMakesTablespaces: false,
  pauseWithoutHotStandby: 'shutdown',
  replicationSettings: /^primary_(?:conninfo|slot_name)$/,
  ports: [0],
  listenSetting: 'listen_addresses',
  makesManifests: true,
  groupAccess: true,
  stopCommand: 'pg_ctl stop -m fast -D',
  startCommand: 'pg_ctl start -D',
};

/**
 * @param family undefined: not known; what PostgreSQL's says then holds, which drops the least
 * @param labelHasTimeline whether backup_label has START TIMELINE (PostgreSQL 11 and later): 10 knows no group access
 */
export function restoreRulesOf(family: ServerFamily | undefined, labelHasTimeline = true): RestoreRules {
  if (family !== 'opengauss')
    return { ...postgresqlRules, makesManifests: labelHasTimeline, groupAccess: labelHasTimeline };
  const { droppedAfterBackup, createdAfterBackup, newTimelineAfterRecovery } = capabilitiesOf(identifyOpengauss());
  return {
    family,
    walDirectory: 'pg_xlog',
    dropped: [
      ...droppedFromAll,
      ...droppedAfterBackup,
      /^gaussdb\.state(?:\.temp)?$/,
      /^(?:primary|standby|cascade_standby)$/,
      /^(?:gs_build\.pid|redo\.state(?:\.tmp)?|build_completed\..*|cn_drop_backup)$/,
      /^global\/(?:config_exec_params|max_page_flush_lsn|pg_lsnxlogflushchk)$/,
      /^(?:disc_readonly_test|delay_xlog_recycle|delay_ddl_recycle|disable_conn_file)$/,
      /^pg_rewind_(?:bak|filemap)(?:\/|$)/,
    ],
    emptied: ['pg_replslot'],
    mayBeEmpty: [
      'pg_errorinfo',
      'pg_llog',
      'pg_llog/mappings',
      'pg_llog/snapshots',
      'pg_notify',
      'pg_replslot',
      'pg_serial',
      'pg_snapshots',
      'pg_stat_tmp',
      'pg_tblspc',
      'pg_twophase',
    ],
    created: createdAfterBackup,
    controlCopies: ['global/pg_control.backup'],
    mapEscape: 'none',
    relativeTablespaces: 'pg_location',
    nodeNameSetting: 'pgxc_node_name',
    inPlaceSetting: undefined,
    versionDirectory: /^PG_9\.2_201611171_(.+)$/,
    // ALTER SYSTEM writes postgresql.conf itself.
    overridingFile: undefined,
    recoverySettings: /^recovery_target(?:_|$)/,
    placeSettings: [],
    configurationElsewhere: false,
    replayRepairsPages: false,
    // Redo of PREPARE writes the file anew.
    replaysTwoPhaseFiles: false,
    archiveSettings: ['archive_dest', 'archive_command'],
    newTimelineAfterRecovery,
    replayMakesTablespaces: true,
    pauseWithoutHotStandby: 'pause',
    replicationSettings: /^(?:cross_cluster_)?replconninfo\d+$/,
    ports: [0, 1],
    listenSetting: 'listen_addresses',
    makesManifests: false,
    groupAccess: false,
    stopCommand: 'gs_ctl stop -m fast -D',
    startCommand: 'gs_ctl start -D',
  };
}
