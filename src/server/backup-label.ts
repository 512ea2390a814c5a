import { display, fromBytes } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { parseLsn, type Lsn } from '../wal/lsn.ts';
import type { TimelineId } from '../wal/segment.ts';

/** What a `backup_label` says: where recovery of this backup begins. Source: access/transam/xlog.c (xlogbackup.c since 16). */
export interface BackupLabel {
  /** Where replay begins: the redo position of the checkpoint. */
  readonly startLsn: Lsn;
  /** Name of the segment that holds `startLsn`; its first eight digits are the timeline. */
  readonly startSegment: string;
  readonly timeline: TimelineId;
  /** Where the checkpoint record is. */
  readonly checkpointLsn: Lsn;
  /** `streamed` by BASE_BACKUP, `pg_start_backup` by the function. */
  readonly method: string | undefined;
  /** `primary` or `master`, `standby`, `roach_master`. */
  readonly from: string | undefined;
  /** In the time zone of the server's log. */
  readonly startTime: string | undefined;
  readonly label: string | undefined;
  /** PostgreSQL 11 and later write a line for the timeline; nobody else does. */
  readonly statesTimeline: boolean;
  /** PostgreSQL 17 and later: the start of the backup that this one is a difference to. */
  readonly incrementalFrom: Lsn | undefined;
}

/** A label has ten lines at most; one of them is up to 1 KiB long. */
const longestLabelBytes = 64 * 1024;

/** @throws BackupError `CORRUPT` unless the lines that every server reads are there */
export function parseBackupLabel(bytes: Uint8Array): BackupLabel {
  const text = display(fromBytes(bytes.subarray(0, longestLabelBytes)));
  const start = /^START WAL LOCATION: ([0-9A-F]{1,8}\/[0-9A-F]{1,8}) \(file ([0-9A-F]{24})\)$/m.exec(text);
  const checkpoint = /^CHECKPOINT LOCATION: ([0-9A-F]{1,8}\/[0-9A-F]{1,8})$/m.exec(text);
  if (start?.[1] === undefined || start[2] === undefined || checkpoint?.[1] === undefined) {
    throw new BackupError('CORRUPT', say('server.bad-backup-label'), { hint: say('server.bad-backup-label.hint') });
  }
  const incrementalFrom = /^INCREMENTAL FROM LSN: ([0-9A-F]{1,8}\/[0-9A-F]{1,8})$/m.exec(text)?.[1];
  return {
    startLsn: parseLsn(start[1]),
    startSegment: start[2],
    timeline: Number.parseInt(start[2].slice(0, 8), 16),
    checkpointLsn: parseLsn(checkpoint[1]),
    method: lineOf(text, 'BACKUP METHOD'),
    from: lineOf(text, 'BACKUP FROM'),
    startTime: lineOf(text, 'START TIME'),
    label: lineOf(text, 'LABEL'),
    statesTimeline: lineOf(text, 'START TIMELINE') !== undefined,
    incrementalFrom: incrementalFrom === undefined ? undefined : parseLsn(incrementalFrom),
  };
}

function lineOf(text: string, name: string): string | undefined {
  return new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1];
}
