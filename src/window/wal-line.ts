import { say, type Message } from '../messages/message.ts';
import { lsn, type Lsn } from '../wal/lsn.ts';
import type { SegmentIndex } from '../wal/segment-index.ts';
import { linksTo, type LinkProblem } from '../wal/segment-links.ts';
import { walPageBytes } from '../wal/page-header.ts';
import { segmentName, type TimelineId } from '../wal/segment.ts';
import type { WalEvent } from '../wal/wal-event.ts';
import { describePruned, gapBetween, prunedBetween, withNotedGap, type NotedGap } from './noted-gap.ts';
import { describeLinkProblem, describeSegmentEnd } from './describe-break.ts';

/** A segment of a line of WAL as it was found. */
export interface LineSegment {
  /** 24 digits. */
  readonly name: string;
  readonly timeline: TimelineId;
  readonly startLsn: Lsn;
  readonly segmentSizeBytes: number;
  /** Where it lies, for people. */
  readonly from: string;
  /** What it holds, or why that cannot be read. */
  readonly content: SegmentIndex | { readonly damage: Message };
  /**
   * It is damaged, and so is the record with the rest of which it begins, or that is not known: replay that comes from the segment before
   * ends there.
   */
  readonly brokenBefore?: Message | undefined;
}

/** Why the valid WAL of a line does not go on. */
export type BreakKind =
  /** Segments are not there. */
  | 'missing'
  /** The same, and retention removed them, all of them: no damage. */
  | 'pruned'
  /** A segment cannot be read, or its WAL ends before the segment does although more follows. */
  | 'damaged'
  /** The next segment belongs to another line of WAL: what was written after a recovery, or before it. */
  | 'fork'
  /** The newest WAL, as every line has one. */
  | 'end';

export interface LineBreak {
  readonly kind: BreakKind;
  /** The segments that are missing, damaged or of another line; for `end` the one that would come next or goes on. */
  readonly firstSegment: string;
  readonly lastSegment: string;
  readonly segments: number;
  readonly reason: Message;
  /** What was noted of the WAL that is missing: that the server no longer had it. */
  readonly noted?: NotedGap | undefined;
  /** Of an `end`: a record had begun there and was not written to its end, as a crash leaves it. */
  readonly isTorn?: boolean | undefined;
}

export type LineItem =
  /** A segment that begins a stretch of valid WAL or goes on with it. */
  | { readonly kind: 'segment'; readonly segment: LineSegment; readonly index: SegmentIndex; readonly isFirst: boolean }
  /** In WAL order, behind the segment in which its record ends. */
  | { readonly kind: 'event'; readonly event: WalEvent; readonly segment: string }
  /** A record that crosses two segments and is too long for their indexes may be an event. */
  | { readonly kind: 'unread'; readonly segment: string }
  /** The stretch ends at `endLsn`, the end of the last whole record; undefined where none had begun. */
  | { readonly kind: 'break'; readonly endLsn: Lsn | undefined; readonly break: LineBreak };

interface Place {
  readonly segment: LineSegment;
  readonly index: SegmentIndex | undefined;
}

/**
 * Follows a line of WAL: `step` takes the next segment in order of position and tells what is in it and where the valid
 * WAL breaks, holes between positions included; `finish` ends the line. Holds the index of one segment.
 */
export class LineWalker {
  #before: Place | undefined;
  /** End of the last whole record of the stretch. */
  #endLsn: Lsn | undefined;
  /** Behind the torn end of `#before`, with no record that begins in it: the rest of the torn one, if nothing follows. */
  #restOfTorn: LineSegment | undefined;
  readonly #gaps: readonly NotedGap[];

  /** @param gaps what was noted of the line: shown where WAL is missing, and nowhere else */
  constructor(gaps: readonly NotedGap[] = []) {
    this.#gaps = gaps;
  }

  step(segment: LineSegment): LineItem[] {
    const items = [...this.#followedTorn(), ...this.#holeBefore(segment)];
    const { content } = segment;
    if ('damage' in content || content.pageMagic === 0) {
      const reason = 'damage' in content ? content.damage : say('window.break.nothing-valid', { name: segment.name });
      items.push(...this.#break({ kind: 'damaged', ...only(segment.name), reason }));
      this.#before = { segment, index: undefined };
      return items;
    }
    const previous = this.#before?.index;
    if (previous === undefined) return [...items, ...this.#take(segment, content, true)];
    const link = linksTo(previous, content);
    if (isTornEnd(previous) && holdsNoRecord(content)) {
      this.#restOfTorn = segment;
      return items;
    }
    if (!link.isLinked) {
      items.push(...this.#break(this.#problem(previous, segment, link.reason)));
      return [...items, ...this.#take(segment, content, true)];
    }
    if (segment.brokenBefore !== undefined) {
      items.push(...this.#break({ kind: 'damaged', ...only(segment.name), reason: segment.brokenBefore }));
      return [...items, ...this.#take(segment, content, true)];
    }
    const taken = this.#take(segment, content, false);
    if (link.crossing === undefined) return [...items, ...taken];
    const crossing: LineItem =
      link.crossing === 'unread'
        ? { kind: 'unread', segment: segment.name }
        : { kind: 'event', event: link.crossing, segment: segment.name };
    return [...items, ...taken.slice(0, 1), crossing, ...taken.slice(1)];
  }

  /** Behind the last segment. */
  finish(): LineItem[] {
    const { segment, index } = this.#before ?? {};
    this.#before = undefined;
    if (segment === undefined || index === undefined) return [];
    this.#restOfTorn = undefined;
    const isOpen = index.end.kind === 'partial';
    const isDamaged = index.end.kind === 'partial' && index.end.damage !== undefined;
    const reason = isOpen ? describeSegmentEnd(index, segment) : say('window.break.no-more');
    const place = only(isOpen ? segment.name : nameBehind(segment, 1));
    if (isDamaged) return this.#break({ kind: 'damaged', ...place, reason });
    const lost = this.#lostBehind(segment, index);
    if (lost !== undefined) return this.#break(lost);
    return this.#break({ kind: 'end', ...place, reason, isTorn: isTornEnd(index) });
  }

  /** What is known to follow the last segment although it is not there. */
  #lostBehind(segment: LineSegment, { end }: SegmentIndex): LineBreak | undefined {
    const { timeline, startLsn, segmentSizeBytes } = segment;
    const size = BigInt(segmentSizeBytes);
    const from = end.kind === 'partial' ? end.lsn : startLsn + size;
    // Of what lies further behind nobody can say that it is what follows.
    const noted = gapBetween(this.#gaps, from, from - (from % size) + size);
    if (noted === undefined) return undefined;
    const nameAt = (position: bigint): string => segmentName(timeline, lsn(position), segmentSizeBytes);
    const [firstSegment, lastSegment] = [nameAt(from), nameAt(noted.endLsn - 1n)];
    const count = Number((noted.endLsn - 1n) / size - from / size) + 1;
    if (noted.isPruned === true && end.kind !== 'partial') {
      const pruned = prunedBetween(this.#gaps, lsn(from), noted.endLsn) ?? noted;
      return {
        kind: 'pruned',
        firstSegment,
        lastSegment,
        segments: count,
        reason: describePruned(pruned),
        noted: pruned,
      };
    }
    const missing = say('window.break.missing', { first: firstSegment, last: lastSegment, count });
    return { kind: 'missing', firstSegment, lastSegment, segments: count, reason: withNotedGap(missing, noted), noted };
  }

  /** More WAL shows that what seemed torn by a crash is damage. */
  #followedTorn(): LineItem[] {
    const [before, rest] = [this.#before, this.#restOfTorn];
    if (before?.index === undefined || rest === undefined) return [];
    this.#restOfTorn = undefined;
    this.#before = { segment: rest, index: undefined };
    const reason = describeSegmentEnd(before.index, before.segment);
    return this.#break({ kind: 'damaged', ...only(before.segment.name), reason });
  }

  #holeBefore(segment: LineSegment): LineItem[] {
    const before = this.#before?.segment;
    if (before === undefined) return [];
    const count = Number((segment.startLsn - before.startLsn) / BigInt(segment.segmentSizeBytes)) - 1;
    if (count <= 0) return [];
    const [firstSegment, lastSegment] = [nameBehind(before, 1), nameBehind(before, count)];
    const missing = say('window.break.missing', { first: firstSegment, last: lastSegment, count });
    const from = lsn(before.startLsn + BigInt(before.segmentSizeBytes));
    const pruned = prunedBetween(this.#gaps, from, segment.startLsn);
    const noted = pruned ?? gapBetween(this.#gaps, from, segment.startLsn);
    const kind = pruned === undefined ? 'missing' : 'pruned';
    const reason = pruned === undefined ? withNotedGap(missing, noted) : describePruned(pruned);
    const items = this.#break({ kind, firstSegment, lastSegment, segments: count, reason, noted });
    this.#before = undefined;
    return items;
  }

  #take(segment: LineSegment, index: SegmentIndex, isFirst: boolean): LineItem[] {
    this.#before = { segment, index };
    // Where no record ends in a segment, the one that fills it ends later.
    this.#endLsn = index.last?.endLsn ?? this.#endLsn ?? index.startLsn;
    const events = index.events.map((event): LineItem => ({ kind: 'event', event, segment: segment.name }));
    return [{ kind: 'segment', segment, index, isFirst }, ...events];
  }

  #problem(previous: SegmentIndex, segment: LineSegment, problem: LinkProblem): LineBreak {
    const before = this.#before?.segment ?? segment;
    if (problem === 'ends-early') {
      const noted =
        previous.end.kind === 'partial' ? gapBetween(this.#gaps, previous.end.lsn, segment.startLsn) : undefined;
      const reason = withNotedGap(describeSegmentEnd(previous, before), noted);
      return { kind: 'damaged', ...only(before.name), reason, noted };
    }
    const { content } = segment;
    // Damage can make a segment look as if it were of another line, and can be all of it.
    const damage = 'damage' in content || content.end.kind !== 'partial' ? undefined : content.end.damage;
    if (damage !== undefined) {
      return { kind: 'damaged', ...only(segment.name), reason: damage };
    }
    return { kind: 'fork', ...only(segment.name), reason: describeLinkProblem(problem, segment.name) };
  }

  #break(broken: LineBreak): LineItem[] {
    const endLsn = this.#endLsn;
    this.#endLsn = undefined;
    return [{ kind: 'break', endLsn, break: broken }];
  }
}

function only(name: string): Pick<LineBreak, 'firstSegment' | 'lastSegment' | 'segments'> {
  return { firstSegment: name, lastSegment: name, segments: 1 };
}

/** The name `distance` segments behind `segment`, on its timeline. */
function nameBehind({ timeline, startLsn, segmentSizeBytes }: LineSegment, distance: number): string {
  return segmentName(
    timeline,
    lsn(BigInt.asUintN(64, startLsn + BigInt(distance * segmentSizeBytes))),
    segmentSizeBytes,
  );
}

/** Reasons for which a record that had begun is no record. */
const tornReasons: readonly string[] = ['bad-checksum', 'no-continuation', 'wrong-continuation-length'];
/** What a page is that was not written for this record: where the end lies within a page, a record had begun there. */
const unwrittenReasons: readonly string[] = ['wrong-page-address', 'bad-magic', 'bad-page-flags', 'input-ended'];

/** Whether the WAL of a segment ends with a record that was not written to its end. */
function isTornEnd({ end, head, first }: SegmentIndex): boolean {
  if (end.kind !== 'partial') return false;
  if (tornReasons.includes(end.reason)) return true;
  const isInRecord = end.lsn % BigInt(walPageBytes) !== 0n || (head !== undefined && first === undefined);
  return isInRecord && unwrittenReasons.includes(end.reason);
}

function holdsNoRecord({ first, end }: SegmentIndex): boolean {
  return first === undefined && end.kind === 'partial';
}
