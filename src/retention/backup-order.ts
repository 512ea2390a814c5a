/** What says which of two backups of an instance is the older one. */
export interface DatedBackup {
  /** When it was made, ms since 1970. */
  readonly timeMs: number;
  /** Where its WAL begins: generation of the archive, timeline, position. */
  readonly generation: number;
  readonly timeline: number;
  readonly startLsn: bigint;
  /** Its name. */
  readonly backup: string;
}

/**
 * Oldest first. Times count in whole seconds, as what tells them may know no more (a backup label, an object store), one of
 * two dates cut and the other not; within a second WAL tells what was first, and where that is the same the rest of the times.
 */
export function compareBackups(a: DatedBackup, b: DatedBackup): number {
  return (
    Math.floor(a.timeMs / 1000) - Math.floor(b.timeMs / 1000) ||
    a.generation - b.generation ||
    a.timeline - b.timeline ||
    compare(a.startLsn, b.startLsn) ||
    a.timeMs - b.timeMs ||
    compare(a.backup, b.backup)
  );
}

function compare<T extends bigint | string>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
