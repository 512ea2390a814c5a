import { say, type Message } from '../messages/message.ts';
import { formatLsn, type Lsn } from '../wal/lsn.ts';
import type { TimelineId } from '../wal/segment.ts';
import { timelineAt, type TimelineHistoryEntry } from '../wal/timeline-history.ts';

/** WAL that a receiver asked for in vain, or that retention removed: it explains a hole, where there is one. */
export interface NotedGap {
  readonly timeline: TimelineId;
  readonly beginLsn: Lsn;
  /** The first position behind it. */
  readonly endLsn: Lsn;
  /** ISO 8601, UTC. */
  readonly noticedAt: string;
  /** What the server said, for people. */
  readonly reason: string;
  /** Retention removed it: no damage. */
  readonly isPruned?: boolean | undefined;
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
  if (gap.isPruned === true) return say('pruned.with-reason', { reason, pruned: describePruned(gap) });
  const { noticedAt: time, reason: said } = gap;
  const [begin, end] = [formatLsn(gap.beginLsn), formatLsn(gap.endLsn)];
  return say('window.noted-gap', { reason, time, begin, end, said });
}

/** `WAL from 0/5000000 to 0/9000000 was removed by retention on 2026-11-22`. */
export function describePruned({
  beginLsn,
  endLsn,
  noticedAt,
}: Pick<NotedGap, 'beginLsn' | 'endLsn' | 'noticedAt'>): Message {
  const [begin, end] = [formatLsn(beginLsn), formatLsn(endLsn)];
  return say('pruned.range', { begin, end, date: noticedAt.slice(0, 10) });
}

/** What retention removed where all of that is what lies between two positions, as one; undefined: something else is missing there too. */
export function prunedBetween(gaps: readonly NotedGap[], from: Lsn, to: Lsn): NotedGap | undefined {
  const pruned = gaps.filter(({ isPruned }) => isPruned === true);
  const [first, ...others] = pruned.toSorted((a, b) => (a.beginLsn < b.beginLsn ? -1 : 1)).filter(touches(from, to));
  if (first === undefined || first.beginLsn > from) return undefined;
  let whole = first;
  for (const next of others) {
    if (next.beginLsn > whole.endLsn) break;
    const endLsn = next.endLsn > whole.endLsn ? next.endLsn : whole.endLsn;
    const noticedAt = next.noticedAt > whole.noticedAt ? next.noticedAt : whole.noticedAt;
    whole = { ...whole, endLsn, noticedAt };
  }
  return whole.endLsn < to ? undefined : { ...whole, beginLsn: from, endLsn: to };
}

function touches(from: Lsn, to: Lsn): (gap: NotedGap) => boolean {
  return ({ beginLsn, endLsn }) => beginLsn < to && endLsn > from;
}
