import { lsn, type Lsn } from '../wal/lsn.ts';
import { parseSegmentName, segmentEndLsn, segmentName, type TimelineId } from '../wal/segment.ts';
import { codecSuffixes, type Codec } from './codec.ts';

/** What a server archives, by its name alone. */
export type WalFileName =
  | { readonly kind: 'segment'; readonly name: string; readonly segment: string }
  /** `SEGMENT.partial`: the beginning of a segment. */
  | { readonly kind: 'partial'; readonly name: string; readonly segment: string }
  /** `TTTTTTTT.history`: timelines. */
  | { readonly kind: 'history'; readonly name: string; readonly timeline: TimelineId }
  /** `SEGMENT.OOOOOOOO.backup`: a base backup that began at that offset of the segment. */
  | { readonly kind: 'backup-history'; readonly name: string; readonly segment: string };

/** Source: access/xlog_internal.h of both products. Undefined for every other name. */
export function parseWalFileName(name: string): WalFileName | undefined {
  const match =
    /^(?:(?<timeline>[0-9A-F]{8})\.history|(?<segment>[0-9A-F]{24})(?<rest>\.partial|\.[0-9A-F]{8}\.backup)?)$/.exec(
      name,
    );
  const { timeline, segment, rest } = match?.groups ?? {};
  if (timeline !== undefined) return { kind: 'history', name, timeline: Number.parseInt(timeline, 16) };
  if (segment === undefined) return undefined;
  if (rest === undefined) return { kind: 'segment', name, segment };
  return rest === '.partial' ? { kind: 'partial', name, segment } : { kind: 'backup-history', name, segment };
}

/** A file of a WAL directory: what it is and how it is compressed. pg_receivewal writes `SEGMENT.gz.partial`, others `SEGMENT.partial.gz`. */
export function parseStoredName(fileName: string): { readonly file: WalFileName; readonly codec: Codec } | undefined {
  const unfinished = /^([0-9A-F]{24})(\.gz|\.lz4|\.zst)\.partial$/.exec(fileName);
  const normal = unfinished === null ? fileName : `${unfinished[1] ?? ''}.partial${unfinished[2] ?? ''}`;
  for (const [codec, suffix] of codecSuffixes) {
    if (suffix !== '' && !normal.endsWith(suffix)) continue;
    const file = parseWalFileName(suffix === '' ? normal : normal.slice(0, -suffix.length));
    if (file !== undefined) return { file, codec };
  }
  return undefined;
}

/** The segment `distance` segments further on the same timeline; undefined before the first. */
export function segmentAt(segment: string, distance: number, segmentSizeBytes: number): string | undefined {
  const parsed = parseSegmentName(segment, segmentSizeBytes);
  if (parsed === undefined) return undefined;
  const start = parsed.startLsn + BigInt(distance) * BigInt(segmentSizeBytes);
  return start < 0n || start >= 1n << 64n ? undefined : segmentName(parsed.timeline, lsn(start), segmentSizeBytes);
}

/** First position behind the segment; undefined where `segment` is impossible for that size. */
export function segmentEnd(segment: string, segmentSizeBytes: number): Lsn | undefined {
  const parsed = parseSegmentName(segment, segmentSizeBytes);
  return parsed && segmentEndLsn(parsed.startLsn, segmentSizeBytes);
}

/** The part of a name that orders by position, whatever the timeline. Works for names with something behind the 24 digits. */
export function positionPart(name: string): string {
  return name.slice(8, 24);
}
