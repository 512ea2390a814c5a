import type { PrepareLayout, WalFormat } from './formats/format.ts';
import type { MainData } from './main-data.ts';

/** What the records of transactions tell, whichever their layout. */
export interface TransactionRecord {
  readonly kind: 'commit' | 'abort' | 'prepare' | 'commit-prepared' | 'abort-prepared';
  /** Undefined: the one in the header of the record. */
  readonly xid: bigint | undefined;
  readonly subxids: readonly bigint[];
  /** Microseconds since 2000-01-01 UTC. */
  readonly time: bigint;
  readonly gid: string | undefined;
  readonly droppedFiles: number;
}

/** Which of the info bytes of resource manager 1 are of interest, in every format. */
export function isTransactionEnd(format: WalFormat, info: number): boolean {
  return kindOf(format, info) !== undefined;
}

/** @returns undefined for the records that end nothing (assignment, invalidations). @throws RangeError when the data does not fit its layout */
export function decodeTransaction(format: WalFormat, info: number, data: MainData): TransactionRecord | undefined {
  const kind = kindOf(format, info);
  if (kind === undefined) return undefined;
  const { transactions } = format;
  if (kind === 'prepare') return decodePrepare(transactions.prepare, data);
  if (transactions.kind === 'csn') return decodeWithCsn(kind, info, data);
  return decodeWithXinfo(kind, (info & 0x80) !== 0, transactions.droppedStatisticBytes, data);
}

type EndKind = Exclude<TransactionRecord['kind'], 'prepare'>;

const kinds = ['commit', 'prepare', 'abort', 'commit-prepared', 'abort-prepared'] as const;

/** access/xact.h: the operation is in bits 4 to 6; 5 is assignment. */
function kindOf(format: WalFormat, info: number): TransactionRecord['kind'] | undefined {
  if (format.transactions.kind === 'xinfo') return kinds[(info & 0x70) >> 4];
  const operation = info >> 4;
  // 6 is a commit without a list of files, 7 an abort that repeats its xid.
  return operation === 6 ? 'commit' : operation === 7 ? 'abort' : kinds[operation];
}

const none: readonly bigint[] = [];

/** Flags of xl_xact_xinfo, access/xact.h. */
const part = { database: 1, subxids: 2, files: 4, invalidations: 8, twoPhase: 0x10, gid: 0x80, statistics: 0x100 };

/** i64 time; if `hasInfo` u32 flags and the parts that they name, in this order. Source: ParseCommitRecord, ParseAbortRecord. */
function decodeWithXinfo(kind: EndKind, hasInfo: boolean, statisticBytes: number, data: MainData): TransactionRecord {
  const time = data.i64(0);
  if (!hasInfo) return { kind, xid: undefined, subxids: none, time, gid: undefined, droppedFiles: 0 };
  const flags = data.u32(8);
  let position = 12;
  /** Passes a counted list, if there is one. */
  const list = (present: number, itemBytes: number): { at: number; count: number } => {
    if ((flags & present) === 0) return { at: position, count: 0 };
    const count = checkedCount(data.i32(position), data);
    const at = position + 4;
    position = at + count * itemBytes;
    return { at, count };
  };
  if ((flags & part.database) !== 0) position += 8;
  const subxidList = list(part.subxids, 4);
  const subxids = readXids(data, subxidList.at, subxidList.count, 4);
  const droppedFiles = list(part.files, 12).count;
  list(part.statistics, statisticBytes);
  list(part.invalidations, 16);
  const hasXid = (flags & part.twoPhase) !== 0;
  const xid = hasXid ? BigInt(data.u32(position)) : undefined;
  if (hasXid) position += 4;
  const gid = (flags & part.gid) !== 0 ? data.text(position, data.length - position) : undefined;
  return { kind, xid, subxids, time, gid, droppedFiles };
}

/** Source: xl_xact_commit_compact, xl_xact_commit, xl_xact_abort and their prepared forms, access/xact.h of openGauss. */
function decodeWithCsn(kind: EndKind, info: number, data: MainData): TransactionRecord {
  const isPrepared = kind === 'commit-prepared' || kind === 'abort-prepared';
  const xid = isPrepared ? data.u64(0) : undefined;
  const base = isPrepared ? 8 : 0;
  const time = data.i64(base);
  const isCommit = kind === 'commit' || kind === 'commit-prepared';
  if (info >> 4 === 6) {
    const subxids = readCompactSubxids(data);
    return { kind, xid, subxids, time, gid: undefined, droppedFiles: 0 };
  }
  // commit: time, csn, xinfo, counts of files, subxids, messages, database, tablespace, library; abort: time, counts of files, subxids, library.
  const countsAt = base + (isCommit ? 24 : 8);
  const droppedFiles = checkedCount(data.i32(countsAt), data);
  const subxidCount = checkedCount(data.i32(countsAt + 4), data);
  const filesAt = base + (isCommit ? 48 : 20);
  const fileBytes = (info & 0x04) !== 0 ? 24 : 20;
  const subxids = readXids(data, filesAt + droppedFiles * fileBytes, subxidCount, 8);
  return { kind, xid, subxids, time, gid: undefined, droppedFiles };
}

/**
 * i64 time, u64 csn, i32 count, from 24 on the subtransactions, from 2.0 on a last xid (the oldest running). In 1.0 a
 * byte stands before the count, which is at 20 therefore: the length tells which it is.
 */
function readCompactSubxids(data: MainData): readonly bigint[] {
  const xidCount = Math.floor((data.length - 24) / 8);
  const count = data.i32(16);
  if (count >= 0 && (count === xidCount || count === xidCount - 1)) return readXids(data, 24, count, 8);
  return readXids(data, 24, checkedCount(data.i32(20), data), 8);
}

function decodePrepare(layout: PrepareLayout, data: MainData): TransactionRecord {
  const count = checkedCount(data.i32(layout.subxactCountOffset), data);
  const { gidLengthOffset, gidOffset, xidBytes } = layout;
  const gidBytes = gidLengthOffset === undefined ? 200 : data.u16(gidLengthOffset);
  let subxidsAt = layout.headerBytes;
  if (gidLengthOffset !== undefined) subxidsAt += (gidBytes + 7) & ~7;
  // TwoPhaseFileHeaderNew of openGauss is 8 bytes longer; the first number tells.
  else if (data.u32(0) > 0x57f9_4532) subxidsAt += 8;
  return {
    kind: 'prepare',
    xid: xidBytes === 4 ? BigInt(data.u32(layout.xidOffset)) : data.u64(layout.xidOffset),
    subxids: readXids(data, subxidsAt, count, xidBytes),
    time: data.i64(layout.timeOffset),
    gid: data.text(gidOffset, gidBytes),
    droppedFiles: 0,
  };
}

function readXids(data: MainData, position: number, count: number, xidBytes: number): readonly bigint[] {
  if (count === 0) return none;
  if (position + count * xidBytes > data.length) throw new RangeError('xids outside the record');
  return Array.from({ length: count }, (_, index) =>
    xidBytes === 4 ? BigInt(data.u32(position + 4 * index)) : data.u64(position + 8 * index),
  );
}

/** Every counted thing has at least 4 bytes. */
function checkedCount(count: number, data: MainData): number {
  if (count < 0 || count > data.length / 4) throw new RangeError('impossible count');
  return count;
}
