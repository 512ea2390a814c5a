import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { parseLsn, type Lsn } from './lsn.ts';
import type { TimelineId } from './segment.ts';

/** A timeline that was left: from `switchLsn` on the WAL is that of the next entry, or of the timeline itself. */
export interface TimelineHistoryEntry {
  readonly timeline: TimelineId;
  readonly switchLsn: Lsn;
  /** The server's words, for people. */
  readonly reason: string;
}

/**
 * The parents of a timeline, oldest first. A line is the number, the LSN and the reason, separated by blanks or tabs;
 * empty lines and those that begin with `#` are comments. Source: readTimeLineHistory, access/transam/timeline.c.
 * @param timeline the one that the file is named after: it cannot be its own parent
 * @throws BackupError `CORRUPT`
 */
export function parseTimelineHistory(text: string, timeline: TimelineId): TimelineHistoryEntry[] {
  const entries: TimelineHistoryEntry[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const match = /^(\d{1,10})\s+([0-9A-Fa-f]{1,8}\/[0-9A-Fa-f]{1,8})(?:\s+(.*))?$/.exec(trimmed);
    const parent = Number(match?.[1]);
    if (match === null || parent === 0 || parent > 0xffff_ffff) {
      throw new BackupError('CORRUPT', say('wal.history.bad-line', { line: index + 1, text: line }), {
        hint: say('wal.history.bad-line.hint'),
      });
    }
    const last = entries.at(-1);
    if (last !== undefined && parent <= last.timeline) {
      throw new BackupError('CORRUPT', say('wal.history.not-increasing', { line: index + 1 }));
    }
    entries.push({ timeline: parent, switchLsn: parseLsn(match[2] ?? ''), reason: match[3] ?? '' });
  }
  const last = entries.at(-1);
  if (last !== undefined && last.timeline >= timeline) {
    throw new BackupError('CORRUPT', say('wal.history.own-timeline', { timeline, actual: last.timeline }));
  }
  return entries;
}

/**
 * The timeline to whose segments the WAL at `position` belongs on the way to `timeline`. At a switch position itself
 * that is the newer one.
 */
export function timelineAt(history: readonly TimelineHistoryEntry[], timeline: TimelineId, position: Lsn): TimelineId {
  return history.find((entry) => position < entry.switchLsn)?.timeline ?? timeline;
}
