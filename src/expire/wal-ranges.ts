import { parseWalFileName } from '../wal-archive/wal-file-name.ts';
import type { Lsn } from '../wal/lsn.ts';
import { parseSegmentName, segmentEndLsn, type TimelineId } from '../wal/segment.ts';

/** A file of WAL that goes. */
export interface RemovedFile {
  readonly name: string;
  /** What it takes in the archive. */
  readonly sizeBytes: number;
}

/** Segments one behind the other on one timeline. */
export interface WalRange {
  readonly timeline: TimelineId;
  readonly firstSegment: string;
  readonly lastSegment: string;
  readonly segments: number;
  readonly beginLsn: Lsn;
  /** The first position behind it. */
  readonly endLsn: Lsn;
  readonly sizeBytes: number;
}

/** The same files as ranges, ordered by name: what lies between two of them was not among them. */
export function rangesOf(files: readonly RemovedFile[], segmentSizeBytes: number): WalRange[] {
  const ranges: WalRange[] = [];
  for (const { name, sizeBytes } of files.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = parseWalFileName(name);
    if (file === undefined || file.kind === 'history') continue;
    const parsed = parseSegmentName(file.segment, segmentSizeBytes);
    if (parsed === undefined) continue;
    const { timeline, startLsn } = parsed;
    const before = ranges.at(-1);
    const endLsn = segmentEndLsn(startLsn, segmentSizeBytes);
    const goesOn = before?.timeline === timeline && startLsn <= before.endLsn;
    if (before === undefined || !goesOn) {
      const only = { firstSegment: file.segment, lastSegment: file.segment, segments: 1 };
      ranges.push({ timeline, ...only, beginLsn: startLsn, endLsn, sizeBytes });
      continue;
    }
    // `SEGMENT.partial` comes behind `SEGMENT`.
    const segments = before.segments + Number(before.lastSegment !== file.segment);
    const whole = { lastSegment: file.segment, segments, endLsn, sizeBytes: before.sizeBytes + sizeBytes };
    ranges[ranges.length - 1] = { ...before, ...whole };
  }
  return ranges;
}
