import { protocolViolation } from '../protocol/protocol-violation.ts';
import { say } from '../messages/message.ts';
import type { WalPiece } from '../replication/wal-frames.ts';
import { formatLsn, lsn, type Lsn } from '../wal/lsn.ts';
import { decodePageHeader, longPageHeaderBytes } from '../wal/page-header.ts';
import { segmentName, segmentOffset, segmentStart, type TimelineId } from '../wal/segment.ts';
import { HeldComparison } from './compare-held.ts';
import { ForkFound } from './fork-found.ts';
import type { HeldSegment, OpenSegment, ReceivedInstance, WalStore } from './wal-store.ts';

/** The timeline from which a timeline was left, and where. */
export interface TimelineOrigin {
  readonly timeline: TimelineId;
  readonly switchLsn: Lsn;
}

export interface ReceivedWalOptions {
  readonly store: WalStore;
  readonly instance: ReceivedInstance;
  readonly timeline: TimelineId;
  /** Start of a segment: the first byte that will be taken. */
  readonly startLsn: Lsn;
  /** Where the timeline began, when it begins in the first segment: what lies before is compared with the timeline it left. */
  readonly origin?: TimelineOrigin | undefined;
  /** Make everything durable as it comes. */
  readonly synchronous: boolean;
  /** More is durable. */
  readonly onDurable: (position: Lsn) => void;
  /** A segment is whole and durable. */
  readonly onSegment: (name: string, end: Lsn) => void;
  /** Something failed while nobody waited for it. */
  readonly onFailure: (error: unknown) => void;
}

interface CurrentSegment {
  readonly startLsn: Lsn;
  /** Undefined for one that is held whole: it is only compared. */
  readonly open: OpenSegment | undefined;
  /** The last time that it was made durable; rejects where that failed. */
  syncing?: Promise<void> | undefined;
  comparison: HeldComparison | undefined;
  /** How much of the segment can be compared: of another timeline only what lies before it was left. */
  readonly compareBytes: number;
}

/**
 * The WAL of one timeline on its way into a store: cut into segments, compared with what is held, written, made durable. Writing,
 * making durable and completing the segment before overlap; only what is durable without a hole is told.
 */
export class ReceivedWal {
  readonly #options: ReceivedWalOptions;
  #position: Lsn;
  #durable: Lsn;
  #current: CurrentSegment | undefined;
  #completing: Promise<void> = Promise.resolve();
  #syncing: Promise<void> | undefined;
  #closing = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: ReceivedWalOptions) {
    this.#options = options;
    this.#position = options.startLsn;
    this.#durable = options.startLsn;
  }

  /** End of what was taken. */
  get position(): Lsn {
    return this.#position;
  }

  /**
   * Takes the next bytes, as `OpenSegment.write` does: at once where there is room.
   * @throws ForkFound; BackupError `STORAGE_UNAVAILABLE`, `PROTOCOL_VIOLATION`; whatever failed meanwhile
   */
  take(piece: WalPiece): Promise<void> | undefined {
    const current = this.#current;
    const { segmentSizeBytes } = this.#options.instance;
    const { length } = piece.bytes;
    const isInside = segmentOffset(this.#position, segmentSizeBytes) + length < segmentSizeBytes;
    if (current?.open === undefined || current.comparison !== undefined || !isInside) return this.#takeInParts(piece);
    if (this.#failure !== undefined) throw this.#failure.error;
    const full = current.open.write(piece.bytes);
    // Not before the segment has all of it: what is made durable meanwhile is only what it has.
    if (full !== undefined) return full.then(() => this.#taken(length));
    this.#taken(length);
    return undefined;
  }

  #taken(length: number): void {
    this.#position = lsn(this.#position + BigInt(length));
    if (this.#options.synchronous) this.makeDurable();
  }

  async #takeInParts({ bytes }: WalPiece): Promise<void> {
    const { segmentSizeBytes } = this.#options.instance;
    for (let rest = bytes; rest.length > 0;) {
      if (this.#failure !== undefined) throw this.#failure.error;
      const offset = segmentOffset(this.#position, segmentSizeBytes);
      const part = rest.subarray(0, segmentSizeBytes - offset);
      const current = (this.#current ??= await this.#open(part));
      if (current.comparison !== undefined) await this.#compare(current, current.comparison, part, offset);
      const full = current.open?.write(part);
      if (full !== undefined) await full;
      this.#position = lsn(this.#position + BigInt(part.length));
      rest = rest.subarray(part.length);
      if (offset + part.length === segmentSizeBytes) await this.#endSegment(current);
    }
    if (this.#options.synchronous) this.makeDurable();
  }

  /** Begins to make durable what was taken, unless that goes on already: then it is done once more. Does not wait. */
  makeDurable(): void {
    if (this.#closing || this.#syncing !== undefined || this.#failure !== undefined) return;
    if (this.#durable === this.#position) return;
    this.#syncing = this.#sync()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => (this.#syncing = undefined));
  }

  /** Makes durable what was taken, and leaves the last segment as it is. @throws whatever failed */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#syncing;
    const current = this.#current;
    this.#current = undefined;
    await current?.comparison?.close();
    try {
      await this.#completing;
      await current?.open?.close();
    } catch (error) {
      this.#fail(error);
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    this.#setDurable(this.#position);
  }

  async #sync(): Promise<void> {
    do {
      const position = this.#position;
      const current = this.#current;
      await this.#completing;
      if (current !== undefined && current === this.#current) {
        current.syncing = current.open?.sync();
        await current.syncing;
      } else {
        // It ended meanwhile: completing it makes it durable.
        await this.#completing;
      }
      this.#setDurable(position);
    } while (this.#options.synchronous && !this.#closing && this.#durable !== this.#position);
  }

  /** One segment is completed while the next is written, not more. */
  async #endSegment(current: CurrentSegment): Promise<void> {
    const before = this.#completing;
    // At once: whoever finds that the segment has ended waits for this.
    this.#current = undefined;
    this.#completing = this.#complete(current, this.#position, before);
    this.#completing.catch((error: unknown) => this.#fail(error));
    await before;
  }

  async #complete(current: CurrentSegment, end: Lsn, before: Promise<void>): Promise<void> {
    const { instance, timeline, onSegment } = this.#options;
    await before;
    await current.comparison?.close();
    if (current.open === undefined) return;
    // Of this segment alone: who makes everything durable waits for the completion in turn.
    await current.syncing;
    await current.open.complete();
    this.#setDurable(end);
    onSegment(segmentName(timeline, current.startLsn, instance.segmentSizeBytes), end);
  }

  async #open(begin: Uint8Array): Promise<CurrentSegment> {
    const { store, timeline, origin, instance } = this.#options;
    const startLsn = segmentStart(this.#position, instance.segmentSizeBytes);
    this.#checkFirstPage(begin, startLsn);
    const held = await store.find({ timeline, startLsn });
    const before = held === undefined ? await this.#heldBefore(startLsn) : undefined;
    const toCompare = held ?? before;
    return {
      startLsn,
      open: held?.isWhole === true ? undefined : await store.open({ timeline, startLsn }),
      comparison: toCompare && new HeldComparison(toCompare),
      compareBytes: before === undefined || origin === undefined ? Infinity : Number(origin.switchLsn - startLsn),
    };
  }

  /** The same segment on the timeline that this one left in it. */
  async #heldBefore(startLsn: Lsn): Promise<HeldSegment | undefined> {
    const { store, instance, origin } = this.#options;
    if (origin === undefined || segmentStart(origin.switchLsn, instance.segmentSizeBytes) !== startLsn)
      return undefined;
    return store.find({ timeline: origin.timeline, startLsn });
  }

  async #compare(current: CurrentSegment, comparison: HeldComparison, part: Uint8Array, offset: number): Promise<void> {
    const compared = part.subarray(0, Math.max(0, current.compareBytes - offset));
    const at = await comparison.findDifference(compared);
    if (at !== undefined) {
      const fork = { timeline: this.#options.timeline, forkLsn: lsn(current.startLsn + BigInt(at)) };
      throw new ForkFound(fork, current.startLsn);
    }
    if (!comparison.isAtEnd && compared.length === part.length) return;
    current.comparison = undefined;
    await comparison.close();
  }

  /** What calls itself the beginning of a segment must be that of this instance and position. */
  #checkFirstPage(begin: Uint8Array, startLsn: Lsn): void {
    if (begin.length < longPageHeaderBytes) return;
    const header = decodePageHeader(begin);
    const { systemIdentifier, segmentSizeBytes } = this.#options.instance;
    if (
      header?.address === startLsn &&
      header.segment?.systemIdentifier.toString() === systemIdentifier &&
      header.segment.segmentSizeBytes === segmentSizeBytes
    ) {
      return;
    }
    throw protocolViolation(say('receiver.not-wal', { lsn: formatLsn(startLsn) }));
  }

  #setDurable(position: Lsn): void {
    if (position <= this.#durable) return;
    this.#durable = position;
    this.#options.onDurable(position);
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    this.#options.onFailure(error);
  }
}
