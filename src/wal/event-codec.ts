import { lsn, type Lsn } from './lsn.ts';
import type { RecoveryLimits } from './recovery-limits.ts';
import type { VariableReader, VariableWriter } from '../bytes/variable-length.ts';
import type { TransactionEvent, WalEvent } from './wal-event.ts';

/** Numbers of the kinds of events in the stored form; never used again for another. */
const kindNumbers = {
  commit: 1,
  abort: 2,
  prepare: 3,
  'commit-prepared': 4,
  'abort-prepared': 5,
  'restore-point': 6,
  checkpoint: 7,
  switch: 8,
  'end-of-recovery': 9,
  'backup-end': 10,
  // 11 was a parameter change without its limits (version 1): who meets one reads the segment again.
  'parameter-change': 17,
  overwrite: 12,
  'tablespace-create': 13,
  'tablespace-drop': 14,
  barrier: 15,
  unreadable: 16,
} as const satisfies Record<WalEvent['kind'], number>;

const kindsByNumber = new Map(
  Object.entries(kindNumbers).map(([kind, number]) => [number as number, kind as WalEvent['kind']]),
);

/** Values of the event before, from which those of the next are counted. */
interface Before {
  endLsn: bigint;
  timeUs: bigint;
  xid: bigint;
}

/** @param startLsn of the segment */
export function encodeEvents(events: readonly WalEvent[], startLsn: Lsn, out: VariableWriter): void {
  const before: Before = { endLsn: startLsn, timeUs: 0n, xid: 0n };
  out.count(events.length);
  for (const event of events) {
    out.count(kindNumbers[event.kind]);
    out.signed(event.startLsn - before.endLsn);
    out.unsigned(event.endLsn - event.startLsn);
    before.endLsn = event.endLsn;
    encodeContent(event, before, out);
  }
}

/** @throws RangeError when the bytes are no events */
export function decodeEvents(startLsn: Lsn, input: VariableReader): WalEvent[] {
  const before: Before = { endLsn: startLsn, timeUs: 0n, xid: 0n };
  const count = input.count(input.remainingBytes);
  return Array.from({ length: count }, () => {
    const kind = kindsByNumber.get(input.count(255));
    if (kind === undefined) throw new RangeError('unknown kind of event');
    const start = lsn(before.endLsn + input.signed());
    const end = lsn(start + input.unsigned());
    before.endLsn = end;
    return { startLsn: start, endLsn: end, ...decodeContent(kind, before, input) };
  });
}

function encodeTime(timeUs: bigint, before: Before, out: VariableWriter): void {
  out.signed(BigInt.asIntN(64, timeUs - before.timeUs));
  before.timeUs = timeUs;
}

/** In the order of the stored form. */
const limitKeys = [
  'maxConnections',
  'maxWorkerProcesses',
  'maxWalSenders',
  'maxPreparedTransactions',
  'maxLocksPerTransaction',
] as const satisfies readonly (keyof RecoveryLimits)[];

/** No server has a limit below 0. */
const absentLimit = -1;

function decodeLimits(input: VariableReader): RecoveryLimits {
  const values = limitKeys.map((key) => [key, Number(input.signed())] as const);
  const limits = Object.fromEntries(values.map(([key, value]) => [key, value === absentLimit ? undefined : value]));
  return limits as unknown as RecoveryLimits;
}

function encodeContent(event: WalEvent, before: Before, out: VariableWriter): void {
  switch (event.kind) {
    case 'restore-point':
      encodeTime(event.timeUs, before, out);
      out.text(event.name);
      return;
    case 'checkpoint':
      out.count((event.isShutdown ? 1 : 0) | (event.fullPageWrites ? 2 : 0));
      out.unsigned(event.redoLsn);
      out.count(event.timeline);
      out.count(event.previousTimeline);
      out.unsigned(event.nextXid);
      encodeTime(event.timeUs, before, out);
      return;
    case 'switch':
      return;
    case 'end-of-recovery':
      out.count(event.timeline);
      out.count(event.previousTimeline);
      encodeTime(event.timeUs, before, out);
      return;
    case 'backup-end':
      out.unsigned(event.backupStartLsn);
      return;
    case 'parameter-change':
      out.signed(BigInt(event.walLevel));
      for (const key of limitKeys) out.signed(BigInt(event.limits[key] ?? absentLimit));
      return;
    case 'overwrite':
      out.unsigned(event.overwrittenLsn);
      return;
    case 'tablespace-create':
      out.count(event.oid);
      out.count(event.isRelative ? 1 : 0);
      out.text(event.path);
      return;
    case 'tablespace-drop':
      out.count(event.oid);
      return;
    case 'barrier':
      out.text(event.name);
      return;
    case 'unreadable':
      out.count(event.rmid);
      out.count(event.info);
      return;
    default:
      encodeTransaction(event, before, out);
  }
}

/** Flags; xid; header's xid unless the same; time; then the parts that the flags name. */
const transactionPart = { otherHeaderXid: 1, subxids: 2, gid: 4, droppedFiles: 8 } as const;

function encodeTransaction(event: TransactionEvent, before: Before, out: VariableWriter): void {
  const { subxids, gid, droppedFiles, headerXid, xid } = event;
  out.count(
    (headerXid === xid ? 0 : transactionPart.otherHeaderXid) |
      (subxids.length === 0 ? 0 : transactionPart.subxids) |
      (gid === undefined ? 0 : transactionPart.gid) |
      (droppedFiles === 0 ? 0 : transactionPart.droppedFiles),
  );
  out.signed(BigInt.asIntN(64, xid - before.xid));
  before.xid = xid;
  if (headerXid !== xid) out.unsigned(headerXid);
  encodeTime(event.timeUs, before, out);
  if (subxids.length > 0) {
    out.count(subxids.length);
    let last = xid;
    for (const subxid of subxids) {
      out.signed(BigInt.asIntN(64, subxid - last));
      last = subxid;
    }
  }
  if (gid !== undefined) out.text(gid);
  if (droppedFiles > 0) out.count(droppedFiles);
}

type Content<Event> = Event extends unknown ? Omit<Event, 'startLsn' | 'endLsn'> : never;

function decodeTime(before: Before, input: VariableReader): bigint {
  before.timeUs = BigInt.asIntN(64, before.timeUs + input.signed());
  return before.timeUs;
}

const largestU32 = 0xffff_ffff;

function decodeContent(kind: WalEvent['kind'], before: Before, input: VariableReader): Content<WalEvent> {
  switch (kind) {
    case 'restore-point': {
      const timeUs = decodeTime(before, input);
      return { kind, timeUs, name: input.text() };
    }
    case 'checkpoint': {
      const flags = input.count(3);
      return {
        kind,
        isShutdown: (flags & 1) !== 0,
        fullPageWrites: (flags & 2) !== 0,
        redoLsn: lsn(input.unsigned()),
        timeline: input.count(largestU32),
        previousTimeline: input.count(largestU32),
        nextXid: input.unsigned(),
        timeUs: decodeTime(before, input),
      };
    }
    case 'switch':
      return { kind };
    case 'end-of-recovery': {
      const timeline = input.count(largestU32);
      const previousTimeline = input.count(largestU32);
      return { kind, timeline, previousTimeline, timeUs: decodeTime(before, input) };
    }
    case 'backup-end':
      return { kind, backupStartLsn: lsn(input.unsigned()) };
    case 'parameter-change':
      return { kind, walLevel: Number(input.signed()), limits: decodeLimits(input) };
    case 'overwrite':
      return { kind, overwrittenLsn: lsn(input.unsigned()) };
    case 'tablespace-create': {
      const oid = input.count(largestU32);
      const isRelative = input.count(1) === 1;
      return { kind, oid, isRelative, path: input.text() };
    }
    case 'tablespace-drop':
      return { kind, oid: input.count(largestU32) };
    case 'barrier':
      return { kind, name: input.text() };
    case 'unreadable': {
      const rmid = input.count(255);
      return { kind, rmid, info: input.count(255) };
    }
    default:
      return decodeTransactionContent(kind, before, input);
  }
}

function decodeTransactionContent(
  kind: TransactionEvent['kind'],
  before: Before,
  input: VariableReader,
): Content<TransactionEvent> {
  const flags = input.count(15);
  const xid = BigInt.asUintN(64, before.xid + input.signed());
  before.xid = xid;
  const headerXid = (flags & transactionPart.otherHeaderXid) === 0 ? xid : input.unsigned();
  const timeUs = decodeTime(before, input);
  const subxids: bigint[] = [];
  if ((flags & transactionPart.subxids) !== 0) {
    let last = xid;
    for (let left = input.count(input.remainingBytes); left > 0; left--) {
      last = BigInt.asUintN(64, last + input.signed());
      subxids.push(last);
    }
  }
  const gid = (flags & transactionPart.gid) === 0 ? undefined : input.text();
  const droppedFiles = (flags & transactionPart.droppedFiles) === 0 ? 0 : input.count(largestU32);
  return { kind, headerXid, xid, subxids, timeUs, gid, droppedFiles };
}
