import type { SegmentLinks } from './receipt.ts';

/** A segment that was read, and found to link to what is before it. */
export interface LinkedSegment {
  /** `SEGMENT` or `SEGMENT.partial`. */
  readonly name: string;
  readonly links: SegmentLinks | undefined;
}

/** How many segments of one server may be on their way into an archive at once, at most. */
export const mostPushesAtOnce = 16;

/**
 * The place of a push among several of one server that are on their way at once. They are read, checked and sent side by side, but
 * - the object of a segment is sent only when all before it were found sound and linked, so that what is refused leaves nothing behind it either;
 * - a receipt is written only when all before it are there, so that receipts have no holes, whenever a process is killed.
 */
export interface PushTurn {
  /** The push that goes before; undefined: none does. */
  readonly before: PushAhead | undefined;
  /** Called when the segment was found sound and linked. */
  readonly onLinked: (linked: LinkedSegment) => void;
  /** Called when its receipt is written. */
  readonly onStored: () => void;
}

/** Both reject when that push fails. */
export interface PushAhead {
  /** Undefined: it is no segment. */
  readonly linked: Promise<LinkedSegment | undefined>;
  readonly stored: Promise<unknown>;
}

/** Waits until the object of a segment may be sent. @returns what goes before it; undefined: that is in the archive or unknown */
export async function beginInTurn(turn: PushTurn | undefined): Promise<LinkedSegment | undefined> {
  return turn?.before?.linked;
}

/** Waits until all that goes before is in the archive. */
export async function endInTurn(turn: PushTurn | undefined): Promise<void> {
  await turn?.before?.stored;
}
