import type { WalFormat } from './formats/format.ts';
import { lsn } from './lsn.ts';
import { decodeRecordBody } from './record-body.ts';
import { MainData } from './main-data.ts';
import { readRecoveryLimits } from './recovery-limits.ts';
import { decodeTransaction, isTransactionEnd } from './transaction-record.ts';
import type { WalEvent } from './wal-event.ts';
import type { WalRecord } from './wal-record.ts';

/** Resource managers that have events; the same numbers in every format. Source: access/rmgrlist.h. */
const manager = { xlog: 0, transaction: 1, tablespace: 5 } as const;

/** High nibble of the info byte of XLOG records. Source: catalog/pg_control.h. */
const xlogInfo = {
  shutdownCheckpoint: 0x00,
  onlineCheckpoint: 0x10,
  switch: 0x40,
  backupEnd: 0x50,
  parameterChange: 0x60,
  restorePoint: 0x70,
  endOfRecovery: 0x90,
  overwriteContinuation: 0xd0,
} as const;

const xlogInfos: readonly number[] = Object.values(xlogInfo);

/** 2000-01-01 UTC, from which the servers count, in microseconds since 1970. */
const epochUs = 946_684_800_000_000n;

/** A time of the servers in microseconds since 1970-01-01 UTC. */
export function sinceUnixEpoch(time: bigint): bigint {
  return BigInt.asIntN(64, time + epochUs);
}

/** Whether records of that resource manager and info byte become events: what a `WalReader` has to visit for them. */
export function isEventRecord(rmid: number, info: number, format: WalFormat): boolean {
  switch (rmid) {
    case manager.xlog:
      return xlogInfos.includes(info & 0xf0);
    case manager.transaction:
      return isTransactionEnd(format, info);
    case manager.tablespace:
      return info <= 0x2f;
    default:
      return rmid === format.barrierResourceManager;
  }
}

/** The event that `record` is, or undefined when it is none. */
export function decodeEvent(record: WalRecord): WalEvent | undefined {
  const { rmid, info, format } = record;
  if (!isEventRecord(rmid, info, format)) return undefined;
  const { startLsn, endLsn } = record;
  const at = { startLsn, endLsn };
  const data = mainDataOf(record);
  if (data === undefined) return { ...at, kind: 'unreadable', rmid, info };
  try {
    if (rmid === manager.transaction) return decodeTransactionEvent(record, data);
    return { ...at, ...decodeOther(record, data) };
  } catch (error) {
    // A view throws this when a field lies outside the data; nothing else can go wrong here.
    if (error instanceof RangeError) return { ...at, kind: 'unreadable', rmid, info };
    throw error;
  }
}

/** Used again for every record. */
const shown = new MainData();

function mainDataOf(record: WalRecord): MainData | undefined {
  const { view, offset, totalBytes, format } = record;
  const headerEnd = offset + format.header.sizeBytes;
  const bodyBytes = totalBytes - format.header.sizeBytes;
  // Nearly all of these records are a short main data and nothing else.
  if (bodyBytes >= 2 && view.getUint8(headerEnd) === 255 && view.getUint8(headerEnd + 1) === bodyBytes - 2) {
    return shown.show(view, headerEnd + 2, bodyBytes - 2);
  }
  const body = decodeRecordBody(record);
  if (body === undefined) return undefined;
  return shown.show(view, body.mainOffset, body.mainBytes);
}

function decodeTransactionEvent(record: WalRecord, data: MainData): WalEvent | undefined {
  const ended = decodeTransaction(record.format, record.info, data);
  if (ended === undefined) return undefined;
  const headerXid = record.xid;
  return {
    kind: ended.kind,
    startLsn: record.startLsn,
    endLsn: record.endLsn,
    headerXid,
    xid: ended.xid ?? headerXid,
    subxids: ended.subxids,
    timeUs: sinceUnixEpoch(ended.time),
    gid: ended.gid,
    droppedFiles: ended.droppedFiles,
  };
}

type WithoutPlace<Event> = Event extends unknown ? Omit<Event, 'startLsn' | 'endLsn'> : never;

function decodeOther({ rmid, info, format }: WalRecord, data: MainData): WithoutPlace<WalEvent> {
  if (rmid === format.barrierResourceManager) return { kind: 'barrier', name: data.text(0, data.length) };
  if (rmid === manager.tablespace) return decodeTablespace(info, data);
  switch (info & 0xf0) {
    case xlogInfo.shutdownCheckpoint:
    case xlogInfo.onlineCheckpoint:
      return decodeCheckpoint((info & 0xf0) === xlogInfo.shutdownCheckpoint, format, data);
    case xlogInfo.backupEnd:
      return { kind: 'backup-end', backupStartLsn: lsn(data.u64(0)) };
    case xlogInfo.parameterChange:
      return {
        kind: 'parameter-change',
        walLevel: data.i32(format.parameterChange.walLevelOffset),
        limits: readRecoveryLimits(format.parameterChange.limits, (offset) => data.i32(offset)),
      };
    case xlogInfo.restorePoint:
      // i64 time, name of up to 63 bytes; what is behind its NUL is garbage.
      return { kind: 'restore-point', name: data.text(8, 64), timeUs: sinceUnixEpoch(data.i64(0)) };
    case xlogInfo.endOfRecovery:
      return {
        kind: 'end-of-recovery',
        timeline: data.u32(8),
        previousTimeline: data.u32(12),
        timeUs: sinceUnixEpoch(data.i64(0)),
      };
    case xlogInfo.overwriteContinuation:
      return { kind: 'overwrite', overwrittenLsn: lsn(data.u64(0)) };
    default:
      return { kind: 'switch' };
  }
}

function decodeCheckpoint(isShutdown: boolean, format: WalFormat, data: MainData): WithoutPlace<WalEvent> {
  const layout = format.checkpoint;
  const timeline = data.u32(8);
  const nextXid =
    layout.nextXidEpochOffset === undefined
      ? data.u64(layout.nextXidOffset)
      : (BigInt(data.u32(layout.nextXidEpochOffset)) << 32n) | BigInt(data.u32(layout.nextXidOffset));
  return {
    kind: 'checkpoint',
    isShutdown,
    redoLsn: lsn(data.u64(0)),
    timeline,
    previousTimeline: layout.previousTimelineOffset === undefined ? timeline : data.u32(layout.previousTimelineOffset),
    fullPageWrites: data.u8(layout.fullPageWritesOffset) !== 0,
    nextXid,
    timeUs: BigInt.asIntN(64, data.i64(layout.timeOffset) * 1_000_000n),
  };
}

/** u32 oid, and for the two kinds of creation the path with its NUL. Source: commands/tablespace.h of both products. */
function decodeTablespace(info: number, data: MainData): WithoutPlace<WalEvent> {
  const oid = data.u32(0);
  if ((info & 0xf0) === 0x10) return { kind: 'tablespace-drop', oid };
  const isRelative = (info & 0xf0) === 0x20;
  return { kind: 'tablespace-create', oid, path: data.text(4, data.length - 4), isRelative };
}
