import type { Message } from '../messages/message.ts';
import type { Lsn } from '../wal/lsn.ts';
import type { TimelineId } from '../wal/segment.ts';
import type { TimelineHistoryEntry } from '../wal/timeline-history.ts';
import type { LineBreak } from './wal-line.ts';

/** One line of WAL that a server could replay: a timeline with its parents, in one generation of an archive. */
export interface WalLine {
  /** Undefined where there are none: directories of other tools. */
  readonly generation: number | undefined;
  readonly timeline: TimelineId;
  /** The parents of the timeline, oldest first. */
  readonly history: readonly TimelineHistoryEntry[];
}

/** What a backup says of itself that matters here. */
export interface WindowBackup {
  /** For people: the path of its folder. */
  readonly name: string;
  readonly label: string | undefined;
  /** Where replay begins. */
  readonly startLsn: Lsn;
  readonly checkpointLsn: Lsn;
  readonly timeline: TimelineId;
  /** Where it is consistent, when the backup itself tells; else the WAL does. */
  readonly stopLsn: Lsn | undefined;
}

/** A run of segments that link to each other. Times are microseconds since 1970-01-01 UTC. */
export interface Stretch {
  readonly firstSegment: string;
  readonly lastSegment: string;
  readonly segments: number;
  /** The first whole record, or where its segment begins. */
  readonly startLsn: Lsn;
  /** End of the last whole record. */
  readonly endLsn: Lsn;
  readonly commits: number;
  readonly aborts: number;
  /** Of the first and last end of a transaction. */
  readonly firstTimeUs: bigint | undefined;
  readonly lastTimeUs: bigint | undefined;
  /** How many records may be events and cannot be told from the indexes. */
  readonly unread: number;
  readonly end: LineBreak;
}

export interface RestorePoint {
  readonly name: string;
  /** Start and end of its record. */
  readonly startLsn: Lsn;
  readonly endLsn: Lsn;
  readonly timeUs: bigint;
  /** A point of this name comes earlier in the line: a recovery by name stops at that one. */
  readonly isRepeated: boolean;
}

/** What a backup makes reachable together with the WAL of a line. */
export interface BackupRange {
  readonly backup: WindowBackup;
  /** The earliest point; undefined when the WAL does not reach it. */
  readonly consistentLsn: Lsn | undefined;
  /** Of the last transaction that ended before it, or of the checkpoint that the backup begins with. */
  readonly consistentTimeUs: bigint | undefined;
  /** The latest point, and the time of the last commit or abort before it. */
  readonly endLsn: Lsn | undefined;
  readonly endTimeUs: bigint | undefined;
  /** Why nothing can be reached. */
  readonly problem: Message | undefined;
}

export interface LineWindow {
  readonly line: WalLine;
  readonly segmentSizeBytes: number;
  readonly stretches: readonly Stretch[];
  /** What lies between the stretches. */
  readonly gaps: readonly LineBreak[];
  readonly restorePoints: readonly RestorePoint[];
  readonly backups: readonly BackupRange[];
}
