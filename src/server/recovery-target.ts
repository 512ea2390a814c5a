import type { Lsn } from '../wal/lsn.ts';
import type { TimelineId } from '../wal/segment.ts';

/**
 * Where a recovery ends. `immediate`: as soon as the backup is consistent; `latest`: at the end of the WAL.
 * Made from text by `window/target.ts`.
 */
export type RecoveryTarget =
  /** Microseconds since 1970-01-01 UTC. */
  | { readonly kind: 'time'; readonly timeUs: bigint }
  | { readonly kind: 'lsn'; readonly lsn: Lsn }
  /** As it was given; of PostgreSQL the upper half may hold the epoch. */
  | { readonly kind: 'xid'; readonly xid: bigint }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'immediate' }
  | { readonly kind: 'latest' };

/** What the server does when it has reached the target. */
export type TargetAction = 'pause' | 'promote' | 'shutdown';

/** Everything a server is told about a recovery. */
export interface RecoverySettings {
  /** The text of restore_command; undefined: all WAL has been put into the data directory. */
  readonly restoreCommand: string | undefined;
  readonly archiveCleanupCommand?: string | undefined;
  readonly recoveryEndCommand?: string | undefined;
  readonly target: RecoveryTarget;
  /** Time, xid and LSN only; undefined: the server's default, which is true. */
  readonly inclusive?: boolean | undefined;
  /** undefined: the server's default. That is `latest` on PostgreSQL 12 and later, so a restore always gives one. */
  readonly timeline: TimelineId | 'latest' | undefined;
  /** Without a meaning where the target is `latest`. */
  readonly action: TargetAction;
}

/**
 * `2026-11-20 21:28:25.980598+00`: a time in UTC as both products read it, whatever their `timezone` is. WAL can say any number: what
 * no calendar of JavaScript has, in the year 275760 and behind, is `@9223372036854775807us`.
 */
export function formatUtc(timeUs: bigint): string {
  const whole = wholeSeconds(timeUs);
  if (whole === undefined) return `@${timeUs}us`;
  const micros = microsOf(timeUs);
  const fraction = micros === 0n ? '' : `.${micros.toString().padStart(6, '0').replace(/0+$/, '')}`;
  return `${whole}${fraction}+00`;
}

/** 0 … 999999 */
export function microsOf(timeUs: bigint): bigint {
  return ((timeUs % 1_000_000n) + 1_000_000n) % 1_000_000n;
}

/** `2026-11-20 21:28:25`, undefined where there is no such date. Years behind 9999 have more digits, as servers write them. */
export function wholeSeconds(timeUs: bigint): string | undefined {
  const date = new Date(Number((timeUs - microsOf(timeUs)) / 1000n));
  if (Number.isNaN(date.getTime())) return undefined;
  return date.toISOString().replace(/^\+0*/, '').replace(/\..*/, '').replace('T', ' ');
}
