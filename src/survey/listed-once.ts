import { lineageOf, readGenerations, type LineagePart } from '../wal-archive/archive.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { lsn, type Lsn } from '../wal/lsn.ts';
import { timelineAt } from '../wal/timeline-history.ts';
import type { WalLine } from '../window/recovery-window.ts';
import type { LineSegment } from '../window/wal-line.ts';
import type { WalPlace } from './wal-place.ts';

interface Range {
  readonly from: bigint;
  readonly to: bigint;
}

/**
 * Which WAL was listed already: what lies before a fork belongs to the line that it forked from, and is in every line that
 * comes from that one. Memory: a few numbers for each gap.
 */
export class ListedOnce {
  readonly #listed = new Map<string, Range[]>();

  /** A line about to be listed, after those that it may come from. */
  async begin(place: WalPlace, line: WalLine, options: StorageOptions = {}): Promise<ListedLine> {
    const { archive, generation } = place;
    const parts: readonly LineagePart[] =
      archive === undefined || generation === undefined
        ? []
        : lineageOf(await readGenerations(archive, options), generation);
    return new ListedLine(this.#listed, line, parts);
  }
}

class ListedLine {
  readonly #before: Map<string, Range[]>;
  readonly #line: WalLine;
  readonly #parts: readonly LineagePart[];
  readonly #own = new Map<string, Range[]>();

  constructor(before: Map<string, Range[]>, line: WalLine, parts: readonly LineagePart[]) {
    this.#before = before;
    this.#line = line;
    this.#parts = parts;
  }

  /** `segments` while what they hold is noted. */
  async *passing<Segment extends LineSegment>(
    segments: AsyncIterable<Segment>,
  ): AsyncGenerator<Segment, void, undefined> {
    for await (const segment of segments) {
      const { content, startLsn, segmentSizeBytes } = segment;
      if (!('damage' in content)) {
        const { end } = content;
        this.#note(startLsn, end.kind === 'partial' ? end.lsn : startLsn + BigInt(segmentSizeBytes));
      }
      yield segment;
    }
  }

  /** Whether a record was listed with an earlier line. */
  has({ endLsn }: { readonly endLsn: Lsn }): boolean {
    // It belongs to the segment in which it ends.
    const last = endLsn - 1n;
    return this.#before.get(this.#home(last))?.some(({ from, to }) => from <= last && last < to) === true;
  }

  /** The line is listed. */
  end(): void {
    for (const [home, ranges] of this.#own) {
      for (const range of ranges) addRange(this.#before, home, range);
    }
  }

  #note(from: bigint, to: bigint): void {
    const forks = [
      ...this.#line.history.map(({ switchLsn }) => switchLsn),
      ...this.#parts.flatMap(({ end }) => end ?? []),
    ];
    const borders = forks.filter((fork) => fork > from && fork < to).toSorted((a, b) => (a < b ? -1 : 1));
    let start = from;
    for (const border of [...borders, to]) {
      addRange(this.#own, this.#home(start), { from: start, to: border });
      start = border;
    }
  }

  /** The generation and the timeline on which the byte at `position` was written. */
  #home(position: bigint): string {
    const { history, timeline } = this.#line;
    const oldest = this.#parts.findLast(({ end }) => end === undefined || position < end);
    return `${oldest?.generation ?? ''}/${timelineAt(history, timeline, lsn(position))}`;
  }
}

/** Ranges come in order of position within a line, so that nearly all go on where the last one ends. */
function addRange(ranges: Map<string, Range[]>, home: string, { from, to }: Range): void {
  const list = ranges.get(home) ?? [];
  const last = list.at(-1);
  if (last !== undefined && last.from <= from && from <= last.to) {
    list[list.length - 1] = { from: last.from, to: to > last.to ? to : last.to };
  } else list.push({ from, to });
  ranges.set(home, list);
}
