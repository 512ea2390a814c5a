import { lsn, type Lsn } from './lsn.ts';
import { parseSegmentName, segmentName, type TimelineId } from './segment.ts';

/** What a name in pg_wal, pg_xlog or a WAL archive stands for. Compression suffixes are the archive's affair, not known here. */
export type WalFileName =
  | { readonly kind: 'segment'; readonly timeline: TimelineId; readonly startLsn: Lsn }
  /** A segment that is not complete: of a receiver, or the last one of a timeline that was left. */
  | { readonly kind: 'partial-segment'; readonly timeline: TimelineId; readonly startLsn: Lsn }
  | { readonly kind: 'history'; readonly timeline: TimelineId }
  /** Backup history file; the backup started at `backupStartLsn`. */
  | {
      readonly kind: 'backup-history';
      readonly timeline: TimelineId;
      readonly startLsn: Lsn;
      readonly backupStartLsn: Lsn;
    };

/** @returns undefined for any other name. Source: IsXLogFileName and its neighbours, access/xlog_internal.h */
export function parseWalFileName(name: string, segmentSizeBytes: number): WalFileName | undefined {
  const history = /^([0-9A-F]{8})\.history$/.exec(name);
  if (history !== null) return { kind: 'history', timeline: Number.parseInt(history[1] ?? '', 16) };
  const match = /^([0-9A-F]{24})(?:\.(partial)|\.([0-9A-F]{8})\.backup)?$/.exec(name);
  if (match === null) return undefined;
  const segment = parseSegmentName(match[1] ?? '', segmentSizeBytes);
  if (segment === undefined) return undefined;
  if (match[2] !== undefined) return { kind: 'partial-segment', ...segment };
  if (match[3] === undefined) return { kind: 'segment', ...segment };
  const offset = Number.parseInt(match[3], 16);
  if (offset >= segmentSizeBytes) return undefined;
  return { kind: 'backup-history', ...segment, backupStartLsn: lsn(segment.startLsn + BigInt(offset)) };
}

/** `TTTTTTTT.history` */
export function historyFileName(timeline: TimelineId): string {
  return `${hex8(timeline)}.history`;
}

/** `TTTTTTTTXXXXXXXXYYYYYYYY.OOOOOOOO.backup`: the segment and offset in it where the backup started. */
export function backupHistoryFileName(timeline: TimelineId, backupStartLsn: Lsn, segmentSizeBytes: number): string {
  const offset = Number(backupStartLsn % BigInt(segmentSizeBytes));
  return `${segmentName(timeline, backupStartLsn, segmentSizeBytes)}.${hex8(offset)}.backup`;
}

function hex8(value: number): string {
  return value.toString(16).toUpperCase().padStart(8, '0');
}
