import { decodeEvent, isEventRecord } from './decode-event.ts';
import { lsn, type Lsn } from './lsn.ts';
import type { DamageListener } from './record-scanner.ts';
import type { SegmentEnd, SegmentIndex, SegmentTail } from './segment-index.ts';
import type { SegmentBorder } from './segment-border.ts';
import { defaultSegmentSizeBytes, type TimelineId } from './segment.ts';
import type { WalEnd } from './wal-end.ts';
import type { WalEvent } from './wal-event.ts';
import { WalReader, type CrcCheck, type UnfinishedRecord } from './wal-reader.ts';

/** Longest part of a record that an index carries so that a record in two segments can be read from two indexes. */
const carriedBytes = 64 * 1024;

export interface SegmentIndexerOptions {
  /** First position of the first segment. */
  readonly startLsn: Lsn;
  readonly check: CrcCheck;
  /** Default: what the first page says, 16 MiB when it says nothing valid. */
  readonly segmentSizeBytes?: number | undefined;
  /** Told of each record with a wrong CRC that is no event; then indexing goes on. Needs `every-record`. */
  readonly damaged?: DamageListener | undefined;
  /** Refuse WAL of another instance. */
  readonly systemIdentifier?: bigint | undefined;
  /** Refuse pages of earlier timelines. */
  readonly earliestTimeline?: TimelineId | undefined;
}

/**
 * Indexes segments that follow each other: `push` the bytes of one, take its index with `endSegment`, go on with the
 * next. A record that crosses from one into the next is carried over, and its event is in the index of the latter.
 * After an index whose end is `partial` there is nothing to go on with.
 */
export class SegmentIndexer {
  readonly #options: SegmentIndexerOptions;
  readonly #reader: WalReader;
  #startLsn: Lsn;
  #events: WalEvent[] = [];
  #pushedBytes = 0;
  #recordsBefore = 0;
  #end: WalEnd | undefined;

  constructor(options: SegmentIndexerOptions) {
    this.#options = options;
    this.#startLsn = options.startLsn;
    this.#reader = new WalReader({
      start: options.startLsn,
      check: options.check,
      keeps: isEventRecord,
      visit: (record) => {
        const event = decodeEvent(record);
        if (event !== undefined) this.#events.push(event);
        return true;
      },
      damaged: options.damaged,
      headLimitBytes: carriedBytes,
      systemIdentifier: options.systemIdentifier,
      segmentSizeBytes: options.segmentSizeBytes,
      earliestTimeline: options.earliestTimeline,
    });
  }

  /** What there is of records that lie in the segment only in part: of the one that `endSegment` is called for next. */
  get border(): SegmentBorder {
    return this.#reader.border;
  }

  /** @returns false when the valid WAL has ended and further bytes of this segment do not matter */
  push(bytes: Uint8Array): boolean {
    this.#pushedBytes += bytes.length;
    return this.#reader.push(bytes) && !this.#reader.isAfterSwitch;
  }

  /** The index of the segment whose bytes were pushed. */
  endSegment(): SegmentIndex {
    const reader = this.#reader;
    const segmentSizeBytes =
      reader.segment?.segmentSizeBytes ?? this.#options.segmentSizeBytes ?? defaultSegmentSizeBytes;
    const end = this.#judgeEnd(segmentSizeBytes);
    const index: SegmentIndex = {
      pageMagic: reader.pageMagic,
      timeline: reader.timeline,
      systemIdentifier: reader.segment?.systemIdentifier ?? 0n,
      startLsn: this.#startLsn,
      segmentSizeBytes,
      head: reader.head,
      first: reader.first,
      last: reader.last,
      tail: end.kind === 'full' ? tailOf(reader.unfinished) : undefined,
      end,
      recordCount: reader.recordCount - this.#recordsBefore,
      events: this.#events,
    };
    this.#startLsn = lsn(BigInt.asUintN(64, this.#startLsn + BigInt(segmentSizeBytes)));
    this.#events = [];
    this.#pushedBytes = 0;
    this.#recordsBefore = reader.recordCount;
    reader.beginSegment(this.#startLsn);
    return index;
  }

  #judgeEnd(segmentSizeBytes: number): SegmentEnd {
    const reader = this.#reader;
    if (reader.isAfterSwitch) {
      reader.skipToNextSegment();
      return { kind: 'switch' };
    }
    if (this.#end === undefined && this.#pushedBytes === segmentSizeBytes && !reader.hasEnded) return { kind: 'full' };
    this.#end ??= reader.finish();
    return { kind: 'partial', lsn: this.#end.lsn, reason: this.#end.reason.kind };
  }
}

function tailOf(unfinished: UnfinishedRecord | undefined): SegmentTail | undefined {
  if (unfinished === undefined) return undefined;
  const { startLsn, remainingBytes, mayBeKept, bytes } = unfinished;
  const isShort = bytes !== undefined && bytes.length <= carriedBytes;
  return { startLsn, remainingBytes, mayBeEvent: mayBeKept, bytes: isShort ? bytes : undefined };
}
