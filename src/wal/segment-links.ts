import { crc32cRange } from '../bytes/crc32c.ts';
import { decodeEvent, isEventRecord } from './decode-event.ts';
import { formatOfMagic } from './formats/formats.ts';
import type { WalFormat } from './formats/format.ts';
import { lsn, type Lsn } from './lsn.ts';
import { longPageHeaderBytes, shortPageHeaderBytes, walPageBytes } from './page-header.ts';
import type { SegmentIndex } from './segment-index.ts';
import type { WalEvent } from './wal-event.ts';
import { RecordCursor, setLsn, splitLsn } from './wal-record.ts';

/** Whether a segment follows another in one line of WAL. */
export type SegmentLink =
  | {
      readonly isLinked: true;
      /**
       * The event of the record that crosses from one into the other and is in neither index; `unread` when there may
       * be one but the indexes do not carry its bytes: index the two segments together then.
       */
      readonly crossing: WalEvent | 'unread' | undefined;
    }
  | { readonly isLinked: false; readonly reason: LinkProblem };

/** Why it does not. */
export type LinkProblem =
  | 'other-system'
  | 'other-segment-size'
  | 'not-adjacent'
  | 'timeline-backwards'
  /** The former ends before its segment does. */
  | 'ends-early'
  /** Not even the first page or record of the latter is valid. */
  | 'nothing-valid'
  /** The latter goes on with a record of which another length remains, or with none, or with one that had not begun. */
  | 'wrong-continuation'
  /** The first record of the latter follows another record than the last of the former. */
  | 'wrong-previous-link';

/**
 * Whether `next` follows `previous`: adjacent positions, same instance, and the first record of `next` (its link
 * backwards and the length of what it continues) fits the end of `previous`. Two lines of WAL that parted before, such
 * as the segments of openGauss after a point-in-time recovery, do not link.
 */
export function linksTo(previous: SegmentIndex, next: SegmentIndex): SegmentLink {
  const problem = findPlaceProblem(previous, next) ?? findContentProblem(previous, next);
  if (problem !== undefined) return { isLinked: false, reason: problem };
  return { isLinked: true, crossing: crossingEvent(previous, next) };
}

function findPlaceProblem(previous: SegmentIndex, next: SegmentIndex): LinkProblem | undefined {
  if (previous.end.kind === 'partial') return 'ends-early';
  if (next.pageMagic === 0) return 'nothing-valid';
  if (formatOfMagic(previous.pageMagic) !== formatOfMagic(next.pageMagic)) return 'other-system';
  if (previous.systemIdentifier !== next.systemIdentifier) return 'other-system';
  if (previous.segmentSizeBytes !== next.segmentSizeBytes) return 'other-segment-size';
  if (previous.startLsn + BigInt(previous.segmentSizeBytes) !== next.startLsn) return 'not-adjacent';
  if (next.timeline < previous.timeline) return 'timeline-backwards';
  return undefined;
}

function findContentProblem(previous: SegmentIndex, next: SegmentIndex): LinkProblem | undefined {
  const { tail, last } = previous;
  if (tail === undefined) {
    if (next.head !== undefined) return 'wrong-continuation';
    if (next.first === undefined) return 'nothing-valid';
    return next.first.previousLsn === last?.startLsn ? undefined : 'wrong-previous-link';
  }
  if (next.head === undefined) {
    // A server that had crashed in the middle of the record has written another in place of its rest.
    const isOverwritten = next.events.some(
      (event) => event.kind === 'overwrite' && event.overwrittenLsn === tail.startLsn,
    );
    if (!isOverwritten || next.first === undefined) return 'wrong-continuation';
    return last === undefined || next.first.previousLsn === last.startLsn ? undefined : 'wrong-previous-link';
  }
  if (next.head.totalBytes !== tail.remainingBytes) return 'wrong-continuation';
  if (next.first === undefined || tail.startLsn === undefined) return undefined;
  return next.first.previousLsn === tail.startLsn ? undefined : 'wrong-previous-link';
}

function crossingEvent(previous: SegmentIndex, next: SegmentIndex): WalEvent | 'unread' | undefined {
  const { tail } = previous;
  const { head } = next;
  if (tail === undefined || head === undefined || !tail.mayBeEvent || head.isKnown) return undefined;
  // Unless it ends in `next`, it is not the pair's to tell.
  if (next.tail !== undefined && next.first === undefined) return undefined;
  const format = formatOfMagic(next.pageMagic);
  if (tail.bytes === undefined || head.bytes === undefined || tail.startLsn === undefined || format === undefined) {
    return 'unread';
  }
  return decodeCrossing(format, Buffer.concat([tail.bytes, head.bytes]), tail.startLsn, next);
}

function decodeCrossing(
  format: WalFormat,
  bytes: Uint8Array,
  startLsn: Lsn,
  next: SegmentIndex,
): WalEvent | 'unread' | undefined {
  const { sizeBytes, crcOffset, infoOffset, rmidOffset } = format.header;
  if (bytes.length < sizeBytes) return 'unread';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const body = crc32cRange(bytes, sizeBytes, bytes.length);
  if (crc32cRange(bytes, 0, crcOffset, body) !== view.getUint32(crcOffset, true)) return 'unread';
  const cursor = new RecordCursor(format);
  setLsn(cursor.start, splitLsn(startLsn), 0);
  setLsn(cursor.end, splitLsn(endOfHead(next)), 0);
  cursor.rmid = view.getUint8(rmidOffset);
  cursor.info = view.getUint8(infoOffset);
  cursor.timeline = next.timeline;
  cursor.totalBytes = bytes.length;
  cursor.memory = bytes;
  cursor.view = view;
  return isEventRecord(cursor.rmid, cursor.info, format) ? decodeEvent(cursor) : undefined;
}

/** Where the record ends that `index` begins with the rest of, aligned to 8 bytes. */
function endOfHead({ startLsn, head }: SegmentIndex): Lsn {
  let left = head?.totalBytes ?? 0;
  let page = startLsn as bigint;
  let headerBytes = longPageHeaderBytes;
  while (left > walPageBytes - headerBytes) {
    left -= walPageBytes - headerBytes;
    page += BigInt(walPageBytes);
    headerBytes = shortPageHeaderBytes;
  }
  return lsn(page + BigInt(headerBytes + ((left + 7) & ~7)));
}
