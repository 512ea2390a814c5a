import type { Capabilities } from './capabilities.ts';
import { isAfterOpengauss10, type ServerIdentity } from './identity.ts';

/**
 * What the server can do and how it wants it. Of an openGauss whose release is not known, only what every release
 * (or what its reported settings prove) can do.
 * @param reported the parameters that the server reported at the start of the session
 */
export function capabilitiesOf(
  identity: ServerIdentity,
  reported: ReadonlyMap<string, string> = new Map(),
): Capabilities {
  return identity.family === 'postgresql'
    ? postgresqlCapabilities(identity.major ?? 0)
    : opengaussCapabilities(isAfterOpengauss10(identity, reported));
}

/** PostgreSQL 10 … 18. Source: chapters "Streaming Replication Protocol" of each release's manual. */
function postgresqlCapabilities(major: number): Capabilities {
  return {
    walDirectory: 'pg_wal',
    baseBackup: {
      grammar: major >= 15 ? 'options' : 'keywords',
      tarFormat: 'tar',
      terminated: major >= 15,
      framed: major >= 15,
      includeWal: true,
      maxRate: true,
      tablespaceMap: true,
      skipChecksums: major >= 11,
      manifest: major >= 13,
      targets: major >= 15,
      incremental: major >= 17,
      motCheckpoint: false,
      maxLabelBytes: 1024,
      refusedLabels: [],
    },
    walStream: {
      messages: 'big-endian',
      timelines: true,
      maxStatusIntervalMs: undefined,
      avoidBoundaryReports: false,
      answersCopyDone: true,
    },
    slots: {
      temporary: true,
      reservation: major >= 15 ? 'option' : 'clause',
      read: major >= 15,
      walStatus: major >= 13,
      usedByDefault: 'temporary',
      shared: false,
    },
    roleFrom: major >= 14 ? 'in-hot-standby' : 'read-only',
    show: true,
    segmentSizeSetting: 'wal_segment_size',
    directoryModeSetting: major >= 11,
    applicationName: 'gs_basebackup',
    filesForApplicationName: [],
    newTimelineAfterRecovery: true,
    recoveryConfiguration: major >= 12 ? 'signal-files' : 'recovery-conf',
    libpqRelease: major,
    shutdownAtTarget: true,
    recoveryNeedsLocalWal: false,
    wideTransactionIds: false,
    relativeTablespaces: undefined,
    droppedAfterBackup: [],
    createdAfterBackup: [],
  };
}

/** openGauss 1.0 … 6.0 and relatives. Source: `docs/design/opengauss.md`, "How the server differs" (observations first). */
function opengaussCapabilities(after10: boolean): Capabilities {
  return {
    walDirectory: 'pg_xlog',
    baseBackup: {
      grammar: 'opengauss',
      tarFormat: 'opengauss',
      terminated: false,
      framed: false,
      includeWal: after10,
      maxRate: false,
      tablespaceMap: after10,
      skipChecksums: false,
      manifest: false,
      targets: false,
      incremental: false,
      motCheckpoint: true,
      maxLabelBytes: 1023,
      // The first two change what the server does; the last unbalance its pre-parser, which has no bounds check.
      refusedLabels: [/^gs_ctl full build$/, /^gs_roach/, /["()[\]{}]/],
    },
    walStream: {
      messages: 'little-endian-structs',
      timelines: false,
      maxStatusIntervalMs: 2000,
      avoidBoundaryReports: true,
      answersCopyDone: false,
    },
    slots: {
      temporary: false,
      reservation: 'position',
      read: false,
      walStatus: false,
      usedByDefault: 'none',
      shared: true,
    },
    roleFrom: 'mode',
    show: false,
    segmentSizeSetting: undefined,
    directoryModeSetting: false,
    applicationName: 'gs_basebackup',
    filesForApplicationName: [
      'postgresql.conf',
      'postgresql.conf.lock',
      'postgresql.conf.bak',
      'postgresql.conf.guc.bak',
      'postgresql.conf.bak.old',
      'pg_ctl.lock',
      'server.crt',
      'server.key',
      'server.key.cipher',
      'server.key.rand',
      'cacert.pem',
      'client.crt',
      'client.key',
    ],
    newTimelineAfterRecovery: false,
    recoveryConfiguration: 'opengauss-recovery-conf',
    libpqRelease: 0,
    shutdownAtTarget: false,
    // "failed to translate name to xlog in GetOldestXLOGSegNo" (seen on 5.0.5).
    recoveryNeedsLocalWal: true,
    wideTransactionIds: true,
    relativeTablespaces: /^pg_location\/./,
    droppedAfterBackup: [/^global\/pg_dw[^/]*$/],
    createdAfterBackup: [{ name: 'global/pg_dw.build', sizeBytes: 8192, mode: 0o600 }],
  };
}
