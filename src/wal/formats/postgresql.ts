import type {
  CheckpointLayout,
  ParameterChangeLayout,
  PrepareLayout,
  RecordHeaderLayout,
  WalFormat,
} from './format.ts';

/** XLogRecord, access/xlogrecord.h: u32 length, u32 xid, u64 prev, u8 info, u8 rmid, 2 bytes of padding, u32 crc. */
const header: RecordHeaderLayout = {
  sizeBytes: 24,
  xidOffset: 4,
  xidBytes: 4,
  prevOffset: 8,
  infoOffset: 16,
  rmidOffset: 17,
  crcOffset: 20,
};

/** access/rmgrlist.h; the same numbers in 10 to 18. */
const resourceManagers = [
  ...['XLOG', 'Transaction', 'Storage', 'CLOG', 'Database', 'Tablespace', 'MultiXact', 'RelMap', 'Standby', 'Heap2'],
  ...['Heap', 'Btree', 'Hash', 'Gin', 'Gist', 'Sequence', 'SPGist', 'BRIN', 'CommitTs', 'ReplicationOrigin', 'Generic'],
  'LogicalMessage',
];

/** CheckPoint, catalog/pg_control.h: from 12 on the next xid is one 64-bit number. */
const checkpoint10: CheckpointLayout = {
  previousTimelineOffset: 12,
  fullPageWritesOffset: 16,
  nextXidOffset: 24,
  nextXidEpochOffset: 20,
  timeOffset: 56,
};
const checkpoint12: CheckpointLayout = {
  previousTimelineOffset: 12,
  fullPageWritesOffset: 16,
  nextXidOffset: 24,
  nextXidEpochOffset: undefined,
  timeOffset: 64,
};

/** TwoPhaseFileHeader, later xl_xact_prepare; 11 adds the origin, 15 the counts of dropped statistics. */
const prepareBase = { xidOffset: 8, xidBytes: 4, timeOffset: 16, subxactCountOffset: 28 };
const prepare10: PrepareLayout = { ...prepareBase, gidLengthOffset: 46, gidOffset: 48, headerBytes: 48 };
const prepare11: PrepareLayout = { ...prepareBase, gidLengthOffset: 46, gidOffset: 64, headerBytes: 64 };
const prepare15: PrepareLayout = { ...prepareBase, gidLengthOffset: 54, gidOffset: 72, headerBytes: 72 };

/** From 12 on max_wal_senders is a limit of its own. */
const parameterChange10: ParameterChangeLayout = {
  limits: {
    maxConnections: 0,
    maxWorkerProcesses: 4,
    maxWalSenders: undefined,
    maxPreparedTransactions: 8,
    maxLocksPerTransaction: 12,
  },
  walLevelOffset: 16,
};
const parameterChange12: ParameterChangeLayout = {
  limits: {
    maxConnections: 0,
    maxWorkerProcesses: 4,
    maxWalSenders: 8,
    maxPreparedTransactions: 12,
    maxLocksPerTransaction: 16,
  },
  walLevelOffset: 20,
};

/** MaxAllocSize: the longest record that a server before 16 can hold in memory. 16 and later refuse above 1020 MiB. */
const longestBefore16 = 0x3fff_ffff;
const longestFrom16 = 1020 * 1024 * 1024;

const common = {
  // Bit 8, "first record overwrites an aborted one", came to all of them with the minor releases of November 2021.
  pageFlags: 0x000f,
  header,
  resourceManagers,
  lastResourceManager: resourceManagers.length - 1,
  barrierResourceManager: undefined,
};

/** bimg_info flags, access/xlogrecord.h: one compression method up to 14, three from 15 on. */
const blocksBefore15 = { kind: 'image-info', compressedMask: 0x02, applyFlag: 0x04, originBytes: 2 } as const;
const blocksFrom15 = { kind: 'image-info', compressedMask: 0x1c, applyFlag: 0x02, originBytes: 2 } as const;

function before15(release: number, magic: number): WalFormat {
  const prepare = release === 10 ? prepare10 : prepare11;
  return {
    ...common,
    name: `PostgreSQL ${release}`,
    pageMagics: [magic],
    longestRecordBytes: longestBefore16,
    firstCustomResourceManager: 256,
    blocks: blocksBefore15,
    transactions: { kind: 'xinfo', droppedStatisticBytes: 0, prepare },
    checkpoint: release < 12 ? checkpoint10 : checkpoint12,
    parameterChange: release < 12 ? parameterChange10 : parameterChange12,
  };
}

function from15(release: number, magic: number): WalFormat {
  return {
    ...common,
    name: `PostgreSQL ${release}`,
    pageMagics: [magic],
    longestRecordBytes: release === 15 ? longestBefore16 : longestFrom16,
    firstCustomResourceManager: 128,
    blocks: blocksFrom15,
    transactions: { kind: 'xinfo', droppedStatisticBytes: release < 18 ? 12 : 16, prepare: prepare15 },
    checkpoint: checkpoint12,
    parameterChange: parameterChange12,
  };
}

/** XLOG_PAGE_MAGIC of each release, access/xlog_internal.h. */
export const postgresqlFormats: readonly WalFormat[] = [
  before15(10, 0xd097),
  before15(11, 0xd098),
  before15(12, 0xd101),
  before15(13, 0xd106),
  before15(14, 0xd10d),
  from15(15, 0xd110),
  from15(16, 0xd113),
  from15(17, 0xd116),
  from15(18, 0xd118),
];
