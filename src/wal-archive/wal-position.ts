import type { Lsn } from '../wal/lsn.ts';
import type { TimelineId } from '../wal/segment.ts';
import { lineageOf } from './archive.ts';
import type { Generation } from './generation.ts';

/** A place on a line of WAL. */
export interface WalPosition {
  readonly generation: number;
  readonly timeline: TimelineId;
  readonly startLsn: Lsn;
}

/** Whether a backup that starts there can reach WAL of the generation, or lies in one that comes of it. */
export function concerns(
  generations: readonly Generation[],
  { generation, startLsn }: WalPosition,
  number: number,
): boolean {
  const isOnLine = lineageOf(generations, number).some(
    (part) => part.generation === generation && (part.end === undefined || startLsn < part.end),
  );
  return isOnLine || lineageOf(generations, generation).some((part) => part.generation === number);
}

export function leastOf(starts: readonly WalPosition[]): WalPosition | undefined {
  return starts.toSorted((a, b) => (a.startLsn < b.startLsn ? -1 : 1))[0];
}
