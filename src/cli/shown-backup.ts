import type { Lsn, PrunedRange } from '../index.ts';

/** What somebody said about a backup after it was made. */
export interface Said {
  readonly text: string | undefined;
  readonly by: string;
  /** ISO 8601 in UTC. */
  readonly at: string;
}

/** What a backup says of itself. */
export interface BackupFacts {
  readonly systemIdentifier: bigint;
  readonly product: string;
  readonly release: string;
  readonly generation: number;
  readonly timeline: number;
  readonly startLsn: Lsn;
  readonly endLsn: Lsn;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly label: string;
  readonly source: string;
  readonly prior: string | undefined;
  readonly files: number;
  readonly logicalBytes: number;
  readonly newBytes: number;
  readonly referencedBytes: number;
  readonly trust: string;
}

/** A backup as `gausskeep list` shows it. */
export interface ShownBackup {
  /** Its name, or as much of it as is known of one that cannot be read. */
  readonly id: string;
  /** Undefined: its commit cannot be read. */
  readonly facts: BackupFacts | undefined;
  readonly storedAtMs: number | undefined;
  readonly note: string | undefined;
  readonly pins: readonly (Said & { readonly until: string | undefined })[];
  readonly condemned: Said | undefined;
  /** Retention has taken it off; it goes when nobody reads it any more. */
  readonly isRemoved: boolean;
  /** The WAL that retention removed behind it: it cannot be recovered further. */
  readonly standaloneBy: PrunedRange | undefined;
  /** Until when nothing of it can be deleted by anybody, at least, ms since 1970 by the clock of the storage; undefined: it can, or that is not known. */
  readonly lockedUntilMs: number | undefined;
}

/** An instance as `gausskeep list` shows it. */
export interface ShownInstance {
  readonly name: string;
  readonly identity: { readonly systemIdentifier: bigint; readonly product: string } | undefined;
  /** Oldest first. */
  readonly backups: readonly ShownBackup[];
  /** The last segment of its WAL archive. */
  readonly newestWal:
    { readonly generation: number; readonly name: string; readonly storedAtMs: number | undefined } | undefined;
}

export type BackupState = 'damaged' | 'removed' | 'condemned' | 'complete';

/** What weighs most about a backup. `complete` says that it was committed, not that somebody has read it since. */
export function stateOf({ facts, isRemoved, condemned }: ShownBackup): BackupState {
  if (facts === undefined) return 'damaged';
  if (isRemoved) return 'removed';
  return condemned === undefined ? 'complete' : 'condemned';
}
