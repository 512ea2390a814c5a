import { crc32c } from '../bytes/crc32c.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { decodeEvents, encodeEvents } from './event-codec.ts';
import { lsn, type Lsn } from './lsn.ts';
import type { SegmentEnd, SegmentHead, SegmentIndex, SegmentTail } from './segment-index.ts';
import { isSegmentSize } from './segment.ts';
import { VariableReader, VariableWriter } from '../bytes/variable-length.ts';
import type { EndReason } from './wal-end.ts';

/** First bytes of a stored index. */
const signature = Buffer.from('GKWI', 'latin1');

/** Version of the stored form. A higher one is refused, never guessed. Version 1 is read but for its parameter changes. */
export const segmentIndexVersion = 2;

const fixedBytes = 40;

/** Numbers of the reasons in the stored form; never used again for another. */
const reasonNumbers = {
  'input-ended': 1,
  stopped: 2,
  'zero-length': 3,
  'bad-length': 4,
  'bad-resource-manager': 5,
  'wrong-previous-link': 6,
  'bad-checksum': 7,
  'no-continuation': 8,
  'wrong-continuation-length': 9,
  'unexpected-continuation': 10,
  'wrong-overwrite': 11,
  'bad-magic': 12,
  'bad-page-flags': 13,
  'foreign-system': 14,
  'other-segment-size': 15,
  'other-page-size': 16,
  'wrong-page-address': 17,
  'timeline-backwards': 18,
} as const satisfies Record<EndReason['kind'], number>;

const reasonsByNumber = new Map(
  Object.entries(reasonNumbers).map(([kind, number]) => [number as number, kind as EndReason['kind']]),
);

/** The stored form of an index: `docs/design/wal-index.md`. About 12 bytes for each transaction. */
export function encodeSegmentIndex(index: SegmentIndex): Uint8Array {
  const out = new VariableWriter();
  const { head, first, last, startLsn } = index;
  out.count(head === undefined ? 0 : head.bytes === undefined ? 1 : 2);
  if (head !== undefined) {
    out.count(head.totalBytes);
    out.count(head.isKnown ? 1 : 0);
    if (head.bytes !== undefined) out.block(head.bytes);
  }
  out.count(first === undefined ? 0 : 1);
  if (first !== undefined) {
    out.unsigned(first.startLsn - startLsn);
    out.signed(first.previousLsn - startLsn);
  }
  out.count(last === undefined ? 0 : 1);
  if (last !== undefined) {
    out.signed(last.startLsn - startLsn);
    out.signed(last.endLsn - startLsn);
  }
  encodeTail(index.tail, startLsn, out);
  encodeEnd(index.end, startLsn, out);
  out.count(index.recordCount);
  encodeEvents(index.events, startLsn, out);
  return framed(index, out.bytes());
}

/** @throws BackupError `CORRUPT` (no index, or a damaged one), `REPOSITORY_VERSION` (a newer form) */
export function decodeSegmentIndex(bytes: Uint8Array): SegmentIndex {
  if (bytes.length < fixedBytes || !signature.equals(bytes.subarray(0, 4))) {
    throw new BackupError('CORRUPT', say('wal.index.not-an-index'));
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint16(4, true);
  if (version > segmentIndexVersion) {
    throw new BackupError('REPOSITORY_VERSION', say('wal.index.version', { version, supported: segmentIndexVersion }));
  }
  const payload = bytes.subarray(fixedBytes);
  const checksum = crc32c(payload, crc32c(bytes.subarray(0, fixedBytes - 4)));
  if (checksum !== view.getUint32(fixedBytes - 4, true)) throw damaged('checksum');
  const segmentSizeBytes = view.getUint32(20, true);
  if (!isSegmentSize(segmentSizeBytes)) throw damaged('segment size');
  const fixed = {
    pageMagic: view.getUint16(6, true),
    timeline: view.getUint32(8, true),
    startLsn: lsn(view.getBigUint64(12, true)),
    segmentSizeBytes,
    systemIdentifier: view.getBigUint64(24, true),
  };
  try {
    return { ...fixed, ...decodePayload(fixed.startLsn, new VariableReader(payload)) };
  } catch (error) {
    if (error instanceof RangeError) throw damaged(error.message);
    throw error;
  }
}

function decodePayload(
  startLsn: Lsn,
  input: VariableReader,
): Pick<SegmentIndex, 'head' | 'first' | 'last' | 'tail' | 'end' | 'recordCount' | 'events'> {
  const head = decodeHead(input);
  const first =
    input.count(1) === 0
      ? undefined
      : { startLsn: lsn(startLsn + input.unsigned()), previousLsn: lsn(startLsn + input.signed()) };
  const last =
    input.count(1) === 0
      ? undefined
      : { startLsn: lsn(startLsn + input.signed()), endLsn: lsn(startLsn + input.signed()) };
  const tail = decodeTail(startLsn, input);
  const end = decodeEnd(startLsn, input);
  const recordCount = input.count(Number.MAX_SAFE_INTEGER);
  const events = decodeEvents(startLsn, input);
  if (!input.atEnd) throw new RangeError('bytes behind the events');
  return { head, first, last, tail, end, recordCount, events };
}

function framed(index: SegmentIndex, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(fixedBytes + payload.length);
  const view = new DataView(bytes.buffer);
  bytes.set(signature);
  view.setUint16(4, segmentIndexVersion, true);
  view.setUint16(6, index.pageMagic, true);
  view.setUint32(8, index.timeline, true);
  view.setBigUint64(12, index.startLsn, true);
  view.setUint32(20, index.segmentSizeBytes, true);
  view.setBigUint64(24, index.systemIdentifier, true);
  bytes.set(payload, fixedBytes);
  const checksum = crc32c(payload, crc32c(bytes.subarray(0, fixedBytes - 4)));
  view.setUint32(fixedBytes - 4, checksum, true);
  return bytes;
}

function decodeHead(input: VariableReader): SegmentHead | undefined {
  const form = input.count(2);
  if (form === 0) return undefined;
  const totalBytes = input.count(0xffff_ffff);
  const isKnown = input.count(1) === 1;
  return { totalBytes, isKnown, bytes: form === 2 ? input.block() : undefined };
}

/** 0 none; else bits 1 present, 2 start known, 4 bytes present, 8 may be an event. */
function encodeTail(tail: SegmentTail | undefined, startLsn: Lsn, out: VariableWriter): void {
  if (tail === undefined) {
    out.count(0);
    return;
  }
  const { startLsn: recordLsn, bytes, mayBeEvent, remainingBytes } = tail;
  out.count(1 | (recordLsn === undefined ? 0 : 2) | (bytes === undefined ? 0 : 4) | (mayBeEvent ? 8 : 0));
  out.count(remainingBytes);
  if (recordLsn !== undefined) out.signed(recordLsn - startLsn);
  if (bytes !== undefined) out.block(bytes);
}

function decodeTail(startLsn: Lsn, input: VariableReader): SegmentTail | undefined {
  const form = input.count(15);
  if (form === 0) return undefined;
  const remainingBytes = input.count(0xffff_ffff);
  const recordLsn = (form & 2) === 0 ? undefined : lsn(startLsn + input.signed());
  const bytes = (form & 4) === 0 ? undefined : input.block();
  return { startLsn: recordLsn, remainingBytes, mayBeEvent: (form & 8) !== 0, bytes };
}

function encodeEnd(end: SegmentEnd, startLsn: Lsn, out: VariableWriter): void {
  switch (end.kind) {
    case 'full':
      out.count(0);
      return;
    case 'switch':
      out.count(1);
      return;
    case 'partial':
      out.count(2);
      out.signed(end.lsn - startLsn);
      out.count(reasonNumbers[end.reason]);
  }
}

function decodeEnd(startLsn: Lsn, input: VariableReader): SegmentEnd {
  const form = input.count(2);
  if (form < 2) return { kind: form === 0 ? 'full' : 'switch' };
  const position = lsn(startLsn + input.signed());
  const reason = reasonsByNumber.get(input.count(255));
  if (reason === undefined) throw new RangeError('unknown reason');
  return { kind: 'partial', lsn: position, reason };
}

function damaged(what: string): BackupError {
  return new BackupError('CORRUPT', say('wal.index.damaged', { what }));
}
