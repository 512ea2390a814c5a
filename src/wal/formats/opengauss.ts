import type { WalFormat } from './format.ts';

/**
 * access/rmgrlist.h. From 20 on the numbers depend on the build (the lite edition has no memory-optimised tables, whose
 * 20 is therefore that of the next in the list), so that they have no name here.
 */
const resourceManagers = [
  ...['XLOG', 'Transaction', 'Storage', 'CLOG', 'Database', 'Tablespace', 'MultiXact', 'RelMap', 'Standby', 'Heap2'],
  ...['Heap', 'Btree', 'Hash', 'Gin', 'Gist', 'Sequence', 'SPGist', 'Slot', 'Heap3', 'Barrier'],
];

/**
 * openGauss and MogDB, all releases: the magic never changed, so one format stands for all. XLogRecord,
 * access/xlog_basic.h: u32 length, u32 term, u64 xid, u64 prev, u8 info, u8 rmid, u16 bucket, u32 crc.
 */
export const openGaussFormat: WalFormat = {
  name: 'openGauss',
  // D073 was written by kernels before the first open release, which still read it.
  pageMagics: [0xd074, 0xd073],
  pageFlags: 0x0007,
  header: {
    sizeBytes: 32,
    xidOffset: 8,
    xidBytes: 8,
    prevOffset: 16,
    infoOffset: 24,
    rmidOffset: 25,
    crcOffset: 28,
  },
  // 0x3fffffff in 1.0 and 2.0, 8 KiB less later.
  longestRecordBytes: 0x3fff_fffe,
  resourceManagers,
  // 34 in the newest; releases to come add some under the same magic.
  lastResourceManager: 63,
  firstCustomResourceManager: 256,
  blocks: { kind: 'last-lsn', originBytes: 4 },
  // TwoPhaseFileHeader, access/twophase.h.
  transactions: {
    kind: 'csn',
    prepare: {
      xidOffset: 8,
      xidBytes: 8,
      timeOffset: 24,
      subxactCountOffset: 36,
      gidLengthOffset: undefined,
      gidOffset: 53,
      headerBytes: 264,
    },
  },
  barrierResourceManager: 19,
  // CheckPoint, catalog/pg_control.h.
  checkpoint: {
    previousTimelineOffset: undefined,
    fullPageWritesOffset: 12,
    nextXidOffset: 16,
    nextXidEpochOffset: undefined,
    timeOffset: 64,
  },
  parameterChange: {
    limits: {
      maxConnections: 0,
      maxWorkerProcesses: undefined,
      maxWalSenders: undefined,
      maxPreparedTransactions: 4,
      maxLocksPerTransaction: 8,
    },
    walLevelOffset: 12,
  },
};
