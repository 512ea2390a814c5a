import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { parseLsn, type Lsn } from './lsn.ts';
import type { TimelineId } from './segment.ts';

/** The file backup_label of a base backup, or what a backup history file repeats of it. */
export interface BackupLabel {
  readonly startLsn: Lsn;
  /** Name of the segment with the start; its first 8 digits are the timeline where START TIMELINE is not written. */
  readonly startSegment: string;
  readonly startTimeline: TimelineId;
  readonly checkpointLsn: Lsn;
  /** `streamed`, `pg_start_backup` or `pg_rewind`; undefined in labels that lack it. */
  readonly method: string | undefined;
  /** `primary`, `master`, `standby` or `roach_master`. */
  readonly from: string | undefined;
  /** As written, in the server's log time zone. */
  readonly startTime: string | undefined;
  readonly label: string | undefined;
  /** Set for an incremental backup, which no server starts from. */
  readonly incrementalFrom: { readonly lsn: Lsn; readonly timeline: TimelineId } | undefined;
}

/**
 * Lines end with LF only, as the servers demand. Source: read_backup_label, access/transam/xlogrecovery.c and xlog.cpp.
 * @throws BackupError `CORRUPT` when a line that recovery needs is missing or malformed
 */
export function parseBackupLabel(text: string): BackupLabel {
  return labelOf(linesOf(text));
}

function labelOf(lines: ReadonlyMap<string, string>): BackupLabel {
  const start = locationOf(lines, 'START WAL LOCATION');
  const startTimeline = lines.get('START TIMELINE');
  const incrementalLsn = lines.get('INCREMENTAL FROM LSN');
  return {
    startLsn: start.lsn,
    startSegment: start.segment,
    startTimeline:
      startTimeline === undefined
        ? Number.parseInt(start.segment.slice(0, 8), 16)
        : timelineOf('START TIMELINE', startTimeline),
    checkpointLsn: positionOf('CHECKPOINT LOCATION', required(lines, 'CHECKPOINT LOCATION')),
    method: lines.get('BACKUP METHOD'),
    from: lines.get('BACKUP FROM'),
    startTime: lines.get('START TIME'),
    label: lines.get('LABEL'),
    incrementalFrom:
      incrementalLsn === undefined
        ? undefined
        : {
            lsn: positionOf('INCREMENTAL FROM LSN', incrementalLsn),
            timeline: timelineOf('INCREMENTAL FROM TLI', required(lines, 'INCREMENTAL FROM TLI')),
          },
  };
}

/** Whether the label has a line that only PostgreSQL, from 11 on, writes. */
export function statesTimeline(label: Uint8Array | undefined): boolean {
  return label !== undefined && Buffer.from(label).includes('\nSTART TIMELINE: ');
}

/** By the words before the first `: `. The first line of a name counts: a label may contain anything but a line feed. */
function linesOf(text: string): ReadonlyMap<string, string> {
  const lines = new Map<string, string>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(': ');
    const name = colon < 0 ? '' : line.slice(0, colon);
    if (colon >= 0 && !lines.has(name)) lines.set(name, line.slice(colon + 2));
  }
  return lines;
}

function required(lines: ReadonlyMap<string, string>, name: string): string {
  const value = lines.get(name);
  if (value === undefined) throw new BackupError('CORRUPT', say('wal.label.missing-line', { name }));
  return value;
}

function locationOf(lines: ReadonlyMap<string, string>, name: string): { lsn: Lsn; segment: string } {
  const value = required(lines, name);
  const match = /^(\S+) \(file ([0-9A-F]{24})\)$/.exec(value);
  if (match === null) throw badLine(name, value);
  return { lsn: positionOf(name, match[1] ?? ''), segment: match[2] ?? '' };
}

function positionOf(name: string, value: string): Lsn {
  if (!/^[0-9A-Fa-f]{1,8}\/[0-9A-Fa-f]{1,8}$/.test(value)) throw badLine(name, value);
  return parseLsn(value);
}

function timelineOf(name: string, value: string): TimelineId {
  const timeline = /^\d{1,10}$/.test(value) ? Number(value) : 0;
  if (timeline === 0 || timeline > 0xffff_ffff) throw badLine(name, value);
  return timeline;
}

function badLine(name: string, value: string): BackupError {
  return new BackupError('CORRUPT', say('wal.label.bad-line', { text: `${name}: ${value}` }));
}
