import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { askSlot } from '../replication/ask-slot.ts';
import { timelineHistory } from '../replication/identify.ts';
import type { ReplicationSession, SessionSettings } from '../replication/open-session.ts';
import { formatLsn, lsn, type Lsn } from '../wal/lsn.ts';
import { segmentStart, type TimelineId } from '../wal/segment.ts';
import { parseTimelineHistory } from '../wal/timeline-history.ts';
import { contentLength } from './compare-held.ts';
import type { TimelineOrigin } from './received-wal.ts';
import type { HeldSegment, SegmentPosition, WalStore } from './wal-store.ts';

/** Where reception goes on. */
export interface ResumePoint extends SegmentPosition {
  /** End of what is held: what the server sends up to here is compared. Undefined: nothing is held. */
  readonly heldEndLsn: Lsn | undefined;
  /** Where the first segment begins that is not held whole: what is asked for at the latest. */
  readonly firstWantedLsn: Lsn;
  /** The server, a primary, has no WAL from here on although we do: it was recovered to an earlier moment. */
  readonly serverEndLsn: Lsn | undefined;
  readonly origin: TimelineOrigin | undefined;
}

/** So much of a segment that is not whole tells whose it is; with less, the segment before is compared as well. In bytes. */
const tellingBytes = 8192;

export interface ResumeRequest {
  readonly session: ReplicationSession;
  /** Where the session leads, to ask about the slot. */
  readonly source: SessionSettings;
  readonly store: WalStore;
  readonly segmentSizeBytes: number;
  /** The slot to stream through. */
  readonly slot: string | undefined;
  /** The server makes WAL itself: nothing can be there that it does not have. */
  readonly isPrimary: boolean;
  readonly signal: AbortSignal;
}

/**
 * Where to go on: at the newest segment that is held, compared as far as it goes; on a later timeline of the server where that left
 * ours; where nothing is held at the slot, else at the end of the server's WAL.
 * @throws BackupError `SYSTEM_MISMATCH` (kind `other-line`) when the server's timeline does not come from ours
 */
export async function findResumePoint(request: ResumeRequest): Promise<ResumePoint> {
  const { session, store, segmentSizeBytes } = request;
  const newest = await store.newest();
  if (newest === undefined) return firstStart(request);
  const { timeline } = session.system;
  const heldEndLsn = await endOf(newest, segmentSizeBytes);
  const goesOnIn = await firstGrowing(newest, request);
  const firstWantedLsn = newest.isWhole ? heldEndLsn : goesOnIn.startLsn;
  const at = { firstWantedLsn, heldEndLsn, serverEndLsn: undefined, origin: undefined };
  if (session.capabilities.walStream.timelines && timeline !== newest.timeline) {
    const next = await followTimelines(newest.timeline, firstWantedLsn, request);
    if (next !== undefined) {
      const growing = await store.find({ timeline: next.timeline, startLsn: next.firstWantedLsn });
      const nextEnd = growing === undefined ? next.firstWantedLsn : await endOf(growing, segmentSizeBytes);
      return { ...at, ...next, heldEndLsn: nextEnd };
    }
  }
  const startLsn = await comparisonStart(goesOnIn, request);
  const { flushLsn } = session.system;
  const isBehind = request.isPrimary && timeline === newest.timeline && flushLsn < heldEndLsn;
  if (!isBehind) return { ...at, timeline: newest.timeline, startLsn };
  const earlier = segmentStart(flushLsn < startLsn ? flushLsn : startLsn, segmentSizeBytes);
  return { ...at, timeline: newest.timeline, startLsn: earlier, serverEndLsn: flushLsn };
}

/** Nothing is held: the slot keeps WAL from somewhere, or the server's end of WAL is the beginning. */
async function firstStart({ session, source, slot, segmentSizeBytes, signal }: ResumeRequest): Promise<ResumePoint> {
  const { timeline, flushLsn } = session.system;
  const kept = slot === undefined ? undefined : await askSlot(session, source, slot, { signal });
  const position = kept?.restartLsn ?? flushLsn;
  const startLsn = segmentStart(position, segmentSizeBytes);
  const start = { timeline: kept?.restartTimeline ?? timeline, startLsn, firstWantedLsn: startLsn };
  return { ...start, heldEndLsn: undefined, serverEndLsn: undefined, origin: undefined };
}

async function endOf(held: HeldSegment, segmentSizeBytes: number): Promise<Lsn> {
  return lsn(held.startLsn + BigInt(held.isWhole ? segmentSizeBytes : await contentLength(held)));
}

/**
 * A segment is completed while the next one is begun: a kill in between leaves two that are not whole, and then it is the first
 * of them with which reception goes on.
 */
async function firstGrowing(newest: HeldSegment, { store, segmentSizeBytes }: ResumeRequest): Promise<HeldSegment> {
  let first = newest;
  while (!first.isWhole && first.startLsn >= BigInt(segmentSizeBytes)) {
    const before = await store.find({
      timeline: first.timeline,
      startLsn: lsn(first.startLsn - BigInt(segmentSizeBytes)),
    });
    if (before === undefined || before.isWhole) return first;
    first = before;
  }
  return first;
}

/** The segment to begin the comparison with: the one that goes on, or the one before where that does not tell much. */
async function comparisonStart(goesOnIn: HeldSegment, { store, segmentSizeBytes }: ResumeRequest): Promise<Lsn> {
  const { startLsn, timeline } = goesOnIn;
  const length = (await endOf(goesOnIn, segmentSizeBytes)) - startLsn;
  if (length >= BigInt(tellingBytes) || startLsn < BigInt(segmentSizeBytes)) return startLsn;
  const before = { timeline, startLsn: lsn(startLsn - BigInt(segmentSizeBytes)) };
  return (await store.find(before))?.isWhole === true ? before.startLsn : startLsn;
}

/**
 * On which timeline to go on, where the server is on another one than we were. Undefined: on ours, up to where it was left.
 * @throws BackupError `SYSTEM_MISMATCH`
 */
async function followTimelines(
  ours: TimelineId,
  wanted: Lsn,
  { session, store, segmentSizeBytes, signal }: ResumeRequest,
): Promise<(SegmentPosition & { readonly origin: TimelineOrigin; readonly firstWantedLsn: Lsn }) | undefined> {
  const { timeline } = session.system;
  if (timeline < ours) throw timelineBehind(ours, timeline, wanted);
  const { content } = await timelineHistory(session.connection, session.capabilities, timeline, { signal });
  const history = parseTimelineHistory(content, timeline);
  const index = history.findIndex((entry) => entry.timeline === ours);
  const left = history[index];
  if (left === undefined) {
    throw otherTimeline(say('receiver.timeline-elsewhere', { ours, theirs: timeline, lsn: formatLsn(wanted) }));
  }
  if (left.switchLsn > wanted) return undefined;
  const next = history[index + 1]?.timeline ?? timeline;
  await keepHistory(session, store, next, signal);
  const origin = { timeline: ours, switchLsn: left.switchLsn };
  const begin = segmentStart(left.switchLsn, segmentSizeBytes);
  return {
    timeline: next,
    origin,
    ...(await behindWhole({ timeline: next, startLsn: begin }, store, segmentSizeBytes)),
  };
}

/** The server is on an earlier timeline than the WAL that is held. @param held a position of that WAL */
export function timelineBehind(ours: TimelineId, theirs: TimelineId, held: Lsn): BackupError {
  return otherTimeline(say('receiver.timeline-behind', { ours, theirs, lsn: formatLsn(held) }));
}

function otherTimeline(sentence: Message): BackupError {
  return new BackupError('SYSTEM_MISMATCH', sentence, { hint: say('receiver.other-line.hint'), kind: 'other-line' });
}

/** The last of the whole segments that are held from a position on, and the first that is not. */
async function behindWhole(
  { timeline, startLsn }: SegmentPosition,
  store: WalStore,
  segmentSizeBytes: number,
): Promise<{ readonly startLsn: Lsn; readonly firstWantedLsn: Lsn }> {
  let last = startLsn;
  let wanted = startLsn;
  while ((await store.find({ timeline, startLsn: wanted }))?.isWhole === true) {
    last = wanted;
    wanted = lsn(wanted + BigInt(segmentSizeBytes));
  }
  return { startLsn: last, firstWantedLsn: wanted };
}

/** Stores the history of a timeline before anything of the timeline is. */
export async function keepHistory(
  { connection, capabilities }: ReplicationSession,
  store: WalStore,
  timeline: TimelineId,
  signal: AbortSignal,
): Promise<void> {
  if (timeline === 1) return;
  const { content } = await timelineHistory(connection, capabilities, timeline, { signal });
  await store.putHistory(timeline, content);
}
