import type { Message } from '../messages/message.ts';
import type { Lsn } from './lsn.ts';
import type { TimelineId } from './segment.ts';
import type { EndReason } from './wal-end.ts';
import type { WalEvent } from './wal-event.ts';

/** How the valid WAL of a segment ends. */
export type SegmentEnd =
  /** It reaches the end of the segment; a record may go on in the next (`tail`). */
  | { readonly kind: 'full' }
  /** The server switched to the next segment; the rest is padding. */
  | { readonly kind: 'switch' }
  /** It stops at `lsn`, before the end of the segment. */
  | {
      readonly kind: 'partial';
      readonly lsn: Lsn;
      readonly reason: EndReason['kind'];
      /** Where a reading of every byte found that this is no end but damage: which. Not in the stored form. */
      readonly damage?: Message | undefined;
    };

/** The rest of a record that began in an earlier segment. */
export interface SegmentHead {
  /** Bytes of it from the start of this segment on, those in later segments included. */
  readonly totalBytes: number;
  /** Whether it was read from its beginning: if it is an event, that is in this index. */
  readonly isKnown: boolean;
  /** These bytes, when it is not known, ends in this segment and is not long. */
  readonly bytes: Uint8Array | undefined;
}

/** A record that goes on in the next segment. */
export interface SegmentTail {
  /** Undefined when its beginning was not read. */
  readonly startLsn: Lsn | undefined;
  /** Bytes of it in later segments. */
  readonly remainingBytes: number;
  /** False when its header was read and names no event. */
  readonly mayBeEvent: boolean;
  /** What there is of it, when it may be an event, was read from its beginning and is not long. */
  readonly bytes: Uint8Array | undefined;
}

/**
 * What one WAL segment holds, as plain data: enough to link it to its neighbours, to list the transactions and marks in
 * it, and to judge whether it is whole, without reading it again. Its stored form: `docs/design/wal-index.md`.
 */
export interface SegmentIndex {
  /** Magic number of the pages, 0 when not even the first page is valid. */
  readonly pageMagic: number;
  /** Timeline of the last valid page. */
  readonly timeline: TimelineId;
  /** 0 when not even the first page is valid. */
  readonly systemIdentifier: bigint;
  readonly startLsn: Lsn;
  readonly segmentSizeBytes: number;
  readonly head: SegmentHead | undefined;
  /** The first record that begins in the segment, and the one that it says it follows. */
  readonly first: { readonly startLsn: Lsn; readonly previousLsn: Lsn } | undefined;
  /** The last whole record that ends in the segment. */
  readonly last: { readonly startLsn: Lsn; readonly endLsn: Lsn } | undefined;
  readonly tail: SegmentTail | undefined;
  readonly end: SegmentEnd;
  /** Whole records that end in the segment. */
  readonly recordCount: number;
  /** In WAL order. An event belongs to the segment in which its record ends. */
  readonly events: readonly WalEvent[];
}

/** `index` as if the WAL ended behind `last`. */
export function indexUpTo(
  index: SegmentIndex,
  last: SegmentIndex['last'],
  end: Extract<SegmentEnd, { kind: 'partial' }>,
): SegmentIndex {
  const isWhole = index.first !== undefined && index.first.startLsn < end.lsn;
  return {
    ...index,
    first: isWhole ? index.first : undefined,
    last,
    tail: undefined,
    end,
    events: index.events.filter(({ startLsn }) => startLsn < end.lsn),
  };
}
