import { say, type Message } from '../messages/message.ts';
import { formatLsn, type Lsn } from '../wal/lsn.ts';
import type { TimelineId } from '../wal/segment.ts';
import { timelineAt, type TimelineHistoryEntry } from '../wal/timeline-history.ts';

/** WAL that a receiver asked for in vain: it explains a hole, where there is one. */
export interface NotedGap {
  readonly timeline: TimelineId;
  readonly beginLsn: Lsn;
  /** The first position behind it. */
  readonly endLsn: Lsn;
  /** ISO 8601, UTC. */
  readonly noticedAt: string;
  /** What the server said, for people. */
  readonly reason: string;
}

/** Those of a line: a timeline with its parents. */
export function gapsOfLine(
  gaps: readonly NotedGap[] = [],
  { history, timeline }: { readonly history: readonly TimelineHistoryEntry[]; readonly timeline: TimelineId },
): readonly NotedGap[] {
  return gaps.filter((gap) => timelineAt(history, timeline, gap.beginLsn) === gap.timeline);
}

/** The first that explains why WAL is missing between two positions. */
export function gapBetween(gaps: readonly NotedGap[], from: bigint, to: bigint): NotedGap | undefined {
  return gaps
    .toSorted((a, b) => (a.beginLsn < b.beginLsn ? -1 : 1))
    .find(({ beginLsn, endLsn }) => beginLsn < to && endLsn > from);
}

/** Why WAL is missing, and what was noted of it. */
export function withNotedGap(reason: Message, gap: NotedGap | undefined): Message {
  if (gap === undefined) return reason;
  const { noticedAt: time, reason: said } = gap;
  const [begin, end] = [formatLsn(gap.beginLsn), formatLsn(gap.endLsn)];
  return say('window.noted-gap', { reason, time, begin, end, said });
}
