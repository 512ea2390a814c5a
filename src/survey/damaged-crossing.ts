import { say, type Message } from '../messages/message.ts';
import { formatLsn, type Lsn } from '../wal/lsn.ts';
import { BorderCheck } from '../wal/segment-border.ts';
import type { SegmentIndex } from '../wal/segment-index.ts';
import type { FoundSegment } from './inventory.ts';
import { placeOf, wholeSegment, type ReadSegmentOptions } from './read-segment.ts';
import type { SegmentContent, SegmentProof } from './segment-proof.ts';

/** A segment that holds a part of a record, and what reading it whole told. */
export interface CrossedSegment {
  readonly found: FoundSegment;
  readonly proof: SegmentProof | undefined;
}

/**
 * The one of the segments of a damaged record that is to blame: the only one whose bytes are not compared with a receipt and
 * found to be those that were pushed.
 * @returns undefined where there are several such, or none
 */
export function segmentToBlame<Segment extends CrossedSegment>(crossed: readonly Segment[]): Segment | undefined {
  const suspects = crossed.filter(
    ({ found, proof }) => found.object.receipt === undefined || proof === undefined || proof.instead !== undefined,
  );
  return suspects.length === 1 ? suspects[0] : undefined;
}

/** What is wrong where a record that crosses the border of segments is damaged, at `lsn`. */
export function describeCrossing(crossed: readonly CrossedSegment[], lsn: Lsn): Message {
  const blamed = segmentToBlame(crossed);
  if (blamed !== undefined) return say('survey.damaged-crossing-in', { name: nameOf(blamed), lsn: formatLsn(lsn) });
  const [first, ...others] = crossed.map(nameOf);
  return say('survey.damaged-crossing', { first: first ?? '-', last: others.at(-1) ?? '-', lsn: formatLsn(lsn) });
}

/** Whether `describeCrossing` says only that it is one of them. */
export function isEitherOfTwo({ key }: Message): boolean {
  return key === 'survey.damaged-crossing';
}

function nameOf({ found: { place, object } }: CrossedSegment): string {
  return `${object.file.name} (${placeOf(place, object)})`;
}

/** Follows the record that goes on from one segment of a line into the next. */
export class OpenRecord {
  /** In which it lies, in order. */
  #segments: readonly FoundSegment[] = [];

  /** The next segment of the line. */
  pass(found: FoundSegment, content: SegmentContent): void {
    if ('damage' in content || content.tail === undefined) this.#segments = [];
    else if (content.first === undefined) this.#segments = [...this.#segments, found];
    else this.#segments = [found];
  }

  /**
   * Why nothing of a damaged segment can be replayed, although its own records are sound up to the damage: it begins with the rest of
   * a record that is not, or of which that is not known. Then the WAL ends before that record.
   * @param damage of the segment
   * @returns undefined where the record is sound
   */
  async damageOfRest(
    found: FoundSegment,
    { head }: SegmentIndex,
    damage: Message,
    options: ReadSegmentOptions,
  ): Promise<Message | undefined> {
    if (head === undefined || this.#segments.length === 0) return undefined;
    const crossed: (CrossedSegment & { readonly proof: SegmentProof })[] = [];
    for (const one of [...this.#segments, found]) {
      const proof = await proofOf(one, options);
      if (proof === undefined) return damage;
      crossed.push({ found: one, proof });
    }
    const check = new BorderCheck(crossed[0]?.proof.pageMagic ?? 0);
    for (const { proof } of crossed) {
      const lsn = check.take(proof.border);
      if (lsn !== undefined) return describeCrossing(crossed, lsn);
    }
    return undefined;
  }
}

/** What is known of a segment from reading it whole; without a reader nothing is read for it. */
async function proofOf(
  { place, object, startLsn }: FoundSegment,
  { knowledge, reader, from }: ReadSegmentOptions,
): Promise<SegmentProof | undefined> {
  const known = await knowledge?.proofOf(place, object);
  if (known !== undefined || reader === undefined) return known;
  return (await reader.read(wholeSegment(place, object, startLsn, from))).proof;
}
