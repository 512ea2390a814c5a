import type { Storage, StorageOptions } from '../storage/storage.ts';
import type { Lsn } from '../wal/lsn.ts';
import type { TimelineId } from '../wal/segment.ts';
import type { LineagePart } from './archive.ts';
import { gapsOfLineage, type RecordedGap } from './gaps.ts';

/**
 * WAL of a generation and timeline that retention removed although older backups stay: whole segments. It explains a hole, and says that
 * WAL went on there; it makes none.
 */
export interface PrunedRange {
  readonly generation: number;
  readonly timeline: TimelineId;
  readonly beginLsn: Lsn;
  /** The first position behind it. */
  readonly endLsn: Lsn;
  /** When that was decided: ISO 8601, UTC. */
  readonly at: string;
}

/** Looks which ranges there are; called when that matters. */
export type FindPruned = (options?: StorageOptions) => Promise<readonly PrunedRange[]>;

/** Ranges that go on in each other as one, with the latest of their times; ordered by generation, timeline and position. */
export function mergeRanges(ranges: readonly PrunedRange[]): PrunedRange[] {
  const ordered = ranges.toSorted(
    (a, b) => a.generation - b.generation || a.timeline - b.timeline || (a.beginLsn < b.beginLsn ? -1 : 1),
  );
  const merged: PrunedRange[] = [];
  for (const range of ordered) {
    const before = merged.at(-1);
    if (before === undefined || !isSameLine(before, range) || range.beginLsn > before.endLsn) {
      merged.push(range);
      continue;
    }
    const endLsn = range.endLsn > before.endLsn ? range.endLsn : before.endLsn;
    const at = range.at > before.at ? range.at : before.at;
    merged[merged.length - 1] = { ...before, endLsn, at };
  }
  return merged;
}

function isSameLine(a: PrunedRange, b: PrunedRange): boolean {
  return a.generation === b.generation && a.timeline === b.timeline;
}

/** What receivers noted of WAL that servers no longer had in a generation and what it inherits, and what retention removed of it. */
export async function gapsAndPruned(
  storage: Storage,
  lineage: readonly LineagePart[],
  findPruned: FindPruned | undefined,
  options: StorageOptions = {},
): Promise<RecordedGap[]> {
  const noted = await gapsOfLineage(storage, lineage, options);
  return findPruned === undefined ? noted : [...noted, ...prunedOfLineage(await findPruned(options), lineage)];
}

function prunedOfLineage(ranges: readonly PrunedRange[], lineage: readonly LineagePart[]): RecordedGap[] {
  return lineage.flatMap(({ generation, end }) =>
    mergeRanges(ranges)
      .filter((range) => range.generation === generation && (end === undefined || range.beginLsn < end))
      .map(({ timeline, beginLsn, endLsn, at }) => ({
        ...{ timeline, beginLsn, endLsn, noticedAt: at, reason: '', isPruned: true },
      })),
  );
}
