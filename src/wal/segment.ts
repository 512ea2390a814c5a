import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { lsn, type Lsn } from './lsn.ts';

/** Number of a timeline, 1 … 2^32-1. openGauss never leaves 1. */
export type TimelineId = number;

/** 16 MiB: what every server uses unless it was built or initialised otherwise. */
export const defaultSegmentSizeBytes = 16 * 1024 * 1024;

/** Whether a segment can have that size: a power of two, 1 MiB … 1 GiB. */
export function isSegmentSize(sizeBytes: number): boolean {
  return sizeBytes >= 1024 * 1024 && sizeBytes <= 1024 * 1024 * 1024 && (sizeBytes & (sizeBytes - 1)) === 0;
}

/** @throws BackupError `CORRUPT` unless a power of two between 1 MiB and 1 GiB. Source: IsValidWalSegSize, access/xlog_internal.h */
export function checkSegmentSize(sizeBytes: number): number {
  if (!isSegmentSize(sizeBytes)) {
    throw new BackupError('CORRUPT', say('wal.bad-segment-size', { size: sizeBytes }), {
      hint: say('wal.bad-segment-size.hint'),
    });
  }
  return sizeBytes;
}

/**
 * Name of the WAL segment file that contains `position`: 24 upper-case hex digits `TTTTTTTTXXXXXXXXYYYYYYYY`
 * (timeline, upper 32 bits, segment number within them). Source: XLogFileName, access/xlog_internal.h.
 * @param segmentSizeBytes a power of two, 1 MiB … 1 GiB
 */
export function segmentName(timeline: TimelineId, position: Lsn, segmentSizeBytes: number): string {
  const high = position >> 32n;
  const low = (position & 0xffff_ffffn) / BigInt(segmentSizeBytes);
  return [BigInt(timeline), high, low]
    .map((part) => part.toString(16).padStart(8, '0'))
    .join('')
    .toUpperCase();
}

/** First position of the segment that contains `position`. */
export function segmentStart(position: Lsn, segmentSizeBytes: number): Lsn {
  return lsn(position - (position % BigInt(segmentSizeBytes)));
}

/** First position behind a segment. The very last one ends at 2^64, which no LSN is: one less is as far as anything compares. */
export function segmentEndLsn(startLsn: Lsn, segmentSizeBytes: number): Lsn {
  const end = startLsn + BigInt(segmentSizeBytes);
  return lsn(end >= 1n << 64n ? (1n << 64n) - 1n : end);
}

/** Bytes from the start of its segment to `position`: 0 … segmentSizeBytes-1. */
export function segmentOffset(position: Lsn, segmentSizeBytes: number): number {
  return Number(position % BigInt(segmentSizeBytes));
}

/** The segment that `name` names, or undefined when it is no segment name (24 hex digits, possible number in its segment size). */
export function parseSegmentName(
  name: string,
  segmentSizeBytes: number,
): { timeline: TimelineId; startLsn: Lsn } | undefined {
  if (!/^[0-9A-F]{24}$/.test(name)) return undefined;
  const timeline = Number.parseInt(name.slice(0, 8), 16);
  const number = BigInt(`0x${name.slice(16)}`);
  const start = number * BigInt(segmentSizeBytes);
  if (start > 0xffff_ffffn) return undefined;
  return { timeline, startLsn: lsn((BigInt(`0x${name.slice(8, 16)}`) << 32n) | start) };
}
