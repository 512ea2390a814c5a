import { compareBackups, type DatedBackup } from '../retention/backup-order.ts';
import type { Lsn } from '../wal/lsn.ts';
import type { WalPosition } from '../wal-archive/wal-position.ts';

/** A backup that is there, as far as it decides what WAL stays. */
export interface WalBackup extends WalPosition {
  readonly endLsn: Lsn;
  /** By when it was there, ms since 1970: the later one of its dates. */
  readonly thereAtMs: number;
  /** It is in the catalogue, and nobody said that it is bad: a moment can be reached from it. */
  readonly counts: boolean;
  /** Somebody reads it, and may replay all that follows it. */
  readonly isRead: boolean;
}

/** What WAL stays, of all timelines: from the least of `from` on, and between the ends of each of `own`. */
export interface WalNeeds {
  readonly from: readonly WalPosition[];
  readonly own: readonly WalBackup[];
}

export interface WalWindow {
  /** Ms since 1970 from which on every moment is to be reached, by the clock of the storage. */
  readonly sinceMs: number;
  /** Lines, by `lineKey`, whose WAL was written within the window. */
  readonly living: ReadonlySet<string>;
}

export function lineKey({ generation, timeline }: Pick<WalPosition, 'generation' | 'timeline'>): string {
  return `${generation}:${timeline}`;
}

/**
 * Which WAL backups need where continuous WAL is kept for a shorter time than they are. All that follows stays of what is younger than the window, of what somebody reads, and of the backups
 * with which the window begins: of each line that was written to in the window the newest that was there when it began, and where a line has none, the newest of every line, as
 * it may come of any. Of the others their own WAL stays.
 */
export function needsInWindow(backups: readonly WalBackup[], { sinceMs, living }: WalWindow): WalNeeds {
  const newestFirst = backups.filter(({ counts }) => counts).toSorted((a, b) => compareBackups(dated(b), dated(a)));
  // Where nothing was written for longer than the window, what there is stays as it is.
  const lines = new Set([...living, ...newestFirst.slice(0, 1).map(lineKey)]);
  const bases = new Map<string, WalBackup>();
  for (const backup of newestFirst) {
    if (backup.thereAtMs <= sinceMs && !bases.has(lineKey(backup))) bases.set(lineKey(backup), backup);
  }
  const isRooted = [...lines].every((line) => bases.has(line));
  const needed = isRooted ? [...bases].flatMap(([line, base]) => (lines.has(line) ? [base] : [])) : [...bases.values()];
  const isNeeded = (backup: WalBackup): boolean =>
    backup.thereAtMs > sinceMs || backup.isRead || needed.includes(backup);
  return { from: backups.filter(isNeeded), own: backups.filter((backup) => !isNeeded(backup)) };
}

/** What begins at one position is as good. */
function dated({ thereAtMs, generation, timeline, startLsn }: WalBackup): DatedBackup {
  return { timeMs: thereAtMs, generation, timeline, startLsn, backup: '' };
}
