import type { RecoveryLimitOffsets } from '../wal/recovery-limits.ts';
import type { ServerFamily } from './identity.ts';

/** Where the fields of pg_control lie, in bytes from its start. Fields at the same place everywhere are not listed. */
export interface ControlLayout {
  readonly family: ServerFamily;
  /** nextXid is one 64-bit field. */
  readonly wideXid: boolean;
  /** What data checksums are when there is no field for them. */
  readonly impliedChecksumVersion: number;
  /** The CRC-32C of all bytes before it. */
  readonly crc: number;
  readonly offsets: {
    readonly state: number;
    readonly redo: number;
    readonly timeline: number;
    readonly nextXid: number;
    readonly checkpointTime: number;
    readonly minRecoveryPoint: number;
    readonly minRecoveryTimeline: number | undefined;
    readonly backupStartPoint: number;
    readonly backupEndPoint: number;
    readonly backupEndRequired: number;
    /** blcksz, relseg_size, xlog_blcksz, xlog_seg_size: four 32-bit numbers in a row. */
    readonly sizes: number;
    readonly dataChecksumVersion: number | undefined;
  };
  /** i32 each. */
  readonly limits: RecoveryLimitOffsets;
}

const opengauss: ControlLayout = {
  family: 'opengauss',
  wideXid: true,
  impliedChecksumVersion: 1,
  crc: 224,
  offsets: {
    state: 20,
    redo: 48,
    timeline: 56,
    nextXid: 64,
    checkpointTime: 112,
    minRecoveryPoint: 136,
    minRecoveryTimeline: undefined,
    backupStartPoint: 144,
    backupEndPoint: 152,
    backupEndRequired: 160,
    sizes: 192,
    dataChecksumVersion: undefined,
  },
  limits: {
    maxConnections: 168,
    maxWorkerProcesses: undefined,
    maxWalSenders: undefined,
    maxPreparedTransactions: 172,
    maxLocksPerTransaction: 176,
  },
};

/** PostgreSQL 12 to 17; 18 has one more byte before its nonce, so that only the CRC lies elsewhere. */
const postgresql12: ControlLayout = {
  family: 'postgresql',
  wideXid: true,
  impliedChecksumVersion: 0,
  crc: 288,
  offsets: {
    state: 16,
    redo: 40,
    timeline: 48,
    nextXid: 64,
    checkpointTime: 104,
    minRecoveryPoint: 136,
    minRecoveryTimeline: 144,
    backupStartPoint: 152,
    backupEndPoint: 160,
    backupEndRequired: 168,
    sizes: 216,
    dataChecksumVersion: 252,
  },
  limits: {
    maxConnections: 180,
    maxWorkerProcesses: 184,
    maxWalSenders: 188,
    maxPreparedTransactions: 192,
    maxLocksPerTransaction: 196,
  },
};

const postgresql11: ControlLayout = {
  ...postgresql12,
  wideXid: false,
  crc: 280,
  offsets: {
    state: 16,
    redo: 40,
    timeline: 48,
    nextXid: 60,
    checkpointTime: 96,
    minRecoveryPoint: 128,
    minRecoveryTimeline: 136,
    backupStartPoint: 144,
    backupEndPoint: 152,
    backupEndRequired: 160,
    sizes: 208,
    dataChecksumVersion: 244,
  },
  limits: {
    maxConnections: 172,
    maxWorkerProcesses: 176,
    maxWalSenders: undefined,
    maxPreparedTransactions: 180,
    maxLocksPerTransaction: 184,
  },
};

const postgresql10: ControlLayout = {
  ...postgresql12,
  wideXid: false,
  offsets: { ...postgresql12.offsets, redo: 48, timeline: 56, nextXid: 68 },
  limits: {
    maxConnections: 180,
    maxWorkerProcesses: 184,
    maxWalSenders: undefined,
    maxPreparedTransactions: 188,
    maxLocksPerTransaction: 192,
  },
};

/** By pg_control_version. 10: 1002, 11: 1100, 12: 1201, 13 to 16: 1300, 17: 1700, 18: 1800; openGauss: 923. */
const layouts: ReadonlyMap<number, ControlLayout> = new Map([
  [923, opengauss],
  [1002, postgresql10],
  [1100, postgresql11],
  [1201, postgresql12],
  [1300, postgresql12],
  [1700, postgresql12],
  [1800, { ...postgresql12, crc: 292 }],
]);

/** The layout of a pg_control_version, or undefined when it is not known. */
export function controlLayoutOf(controlVersion: number): ControlLayout | undefined {
  return layouts.get(controlVersion);
}
