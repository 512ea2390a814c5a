import type { Commit } from '../repository/commit.ts';
import type { PrunedRange } from '../wal-archive/pruned-range.ts';
import { positionPart } from '../wal-archive/wal-file-name.ts';
import { concerns, leastOf, type WalPosition } from '../wal-archive/wal-position.ts';
import type { Generation } from '../wal-archive/generation.ts';
import { parseSegmentName, segmentName } from '../wal/segment.ts';
import type { Lsn } from '../wal/lsn.ts';

/** What decides which WAL the target is to have. */
export interface WalWanted {
  /** Where its backups begin, those that it has and those that are about to come. None: all WAL. */
  readonly starts: readonly WalPosition[];
  /** Backups that are about to come: their own WAL, from start to end, comes whatever was removed there. */
  readonly pending: readonly Commit[];
  /** What retention removed in the target. */
  readonly pruned: readonly PrunedRange[];
}

/** Which WAL of one generation the target is to have: else what its retention removes would come back each time. */
export class NeededWal {
  readonly #floor: Lsn | undefined;
  readonly #first: string | undefined;
  readonly #own: readonly { readonly first: string; readonly last: string }[];
  readonly #pruned: readonly PrunedRange[];
  readonly #segmentSizeBytes: number;

  constructor(
    { starts, pending, pruned }: WalWanted,
    generations: readonly Generation[],
    generation: number,
    segmentSizeBytes: number,
  ) {
    const isOf = (start: WalPosition): boolean => concerns(generations, start, generation);
    const least = leastOf(starts.filter(isOf));
    const nameOf = (timeline: number, position: Lsn): string =>
      positionPart(segmentName(timeline, position, segmentSizeBytes));
    this.#floor = least?.startLsn;
    this.#first = least && nameOf(least.timeline, least.startLsn);
    this.#own = pending
      .filter(isOf)
      .map(({ timeline, startLsn, endLsn }) => ({ first: nameOf(timeline, startLsn), last: nameOf(timeline, endLsn) }));
    this.#pruned = pruned.filter((range) => range.generation === generation);
    this.#segmentSizeBytes = segmentSizeBytes;
  }

  /** @param name of a segment, or partial segment */
  needs(name: string): boolean {
    const position = positionPart(name);
    if (this.#first !== undefined && position < this.#first) return false;
    if (this.#own.some(({ first, last }) => first <= position && position <= last)) return true;
    const segment = parseSegmentName(name.slice(0, 24), this.#segmentSizeBytes);
    return !this.#pruned.some(
      ({ timeline, beginLsn, endLsn }) =>
        timeline === segment?.timeline && beginLsn <= segment.startLsn && segment.startLsn < endLsn,
    );
  }

  /** Whether what was said about WAL up to there is about WAL that may be of use. */
  concerns(endLsn: Lsn): boolean {
    return this.#floor === undefined || endLsn > this.#floor;
  }
}
