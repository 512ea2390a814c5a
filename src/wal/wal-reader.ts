import { crc32cWindow } from '../bytes/crc32c.ts';
import type { WalFormat } from './formats/format.ts';
import { lsn, type Lsn } from './lsn.ts';
import {
  decodePageHeader,
  findPageProblem,
  longPageHeaderBytes,
  pageFlag,
  shortPageHeaderBytes,
  walPageBytes,
  type PageHeader,
  type PageProblem,
  type SegmentIdentity,
} from './page-header.ts';
import { PendingRecord } from './pending-record.ts';
import { RecordScanner, type DamageListener, type PageMemory, type PageOutcome } from './record-scanner.ts';
import type { SegmentBorder } from './segment-border.ts';
import { defaultSegmentSizeBytes, isSegmentSize, type TimelineId } from './segment.ts';
import type { EndReason, WalEnd } from './wal-end.ts';
import { joinLsn, setLsn, splitLsn, type SplitLsn, type WalRecord } from './wal-record.ts';

/** Which records get their CRC checked: each, or only those that are visited (the others are passed by their length). */
export type CrcCheck = 'every-record' | 'visited-records';

export interface WalReaderOptions {
  /** Where to begin. The first record visited is the first that begins here or after. */
  readonly start: Lsn;
  readonly check: CrcCheck;
  /** Called for each record that `keeps` names, in order. False ends the reading. */
  readonly visit: (record: WalRecord) => boolean;
  /** Which records are visited, by resource manager and info byte. Default all. Asked once for each pair. */
  readonly keeps?: ((rmid: number, info: number, format: WalFormat) => boolean) | undefined;
  /** Called when a page overwrites a record that was never completed (a crash and restart of the server). */
  readonly abandoned?: ((startLsn: Lsn) => void) | undefined;
  /**
   * Called for each record that is not visited and whose CRC is wrong, with the last record before it; then reading goes on.
   * Needs `every-record`. Without it such a record is the end.
   */
  readonly damaged?: DamageListener | undefined;
  /** Bytes of the rest of a record with which the reading begins that are collected. Default 0. */
  readonly headLimitBytes?: number | undefined;
  /** Refuse WAL of another instance. Default: the first long page header decides. */
  readonly systemIdentifier?: bigint | undefined;
  /** Default: what the first long page header says. */
  readonly segmentSizeBytes?: number | undefined;
  /** Pages of an earlier timeline are refused. Default 0. */
  readonly earliestTimeline?: TimelineId | undefined;
}

/** The rest of a record with which a reading, or the segment last begun, began. */
export interface HeadOfReading {
  readonly totalBytes: number;
  /** Its bytes once they have been read, if its beginning was not and it is within `headLimitBytes`. */
  readonly bytes: Uint8Array | undefined;
  /** Whether the reader has seen the beginning of the record, so that it was visited. */
  readonly isKnown: boolean;
}

/** A record whose end has not been seen. `startLsn` is undefined when its beginning has not been seen either. */
export interface UnfinishedRecord {
  readonly startLsn: Lsn | undefined;
  readonly remainingBytes: number;
  /** Whether it may be one that `keeps` names: not, when its header has been seen and says otherwise. */
  readonly mayBeKept: boolean;
  /** What has been seen of it, if it may be kept and its beginning was seen. A copy. */
  readonly bytes: Uint8Array | undefined;
}

/**
 * Reads WAL records from bytes that are pushed into it, in pieces of any size; the first byte is the first byte of the
 * page that contains `start`. Accepts and refuses as the servers do (XLogReadRecord, access/transam/xlogreader.c).
 * Memory: one page, plus a visited record that crosses pages. Uses the `crc32cWindow` of the thread during `push`.
 */
export class WalReader {
  readonly #options: WalReaderOptions;
  /** Address of the next page. */
  readonly #page: SplitLsn;
  #scanner: RecordScanner | undefined;
  #format: WalFormat | undefined;
  #segment: SegmentIdentity | undefined;
  #magic = 0;
  #timeline: TimelineId;
  #head: PendingRecord | undefined;
  #isHeadKnown = false;
  #isFirstPage = true;
  #toNextSegment = false;
  #end: WalEnd | undefined;
  // Bytes that do not make a whole page yet.
  readonly #rest = new Uint8Array(walPageBytes);
  #restBytes = 0;

  constructor(options: WalReaderOptions) {
    this.#options = options;
    this.#page = splitLsn(lsn(options.start - (options.start % BigInt(walPageBytes))));
    this.#timeline = options.earliestTimeline ?? 0;
  }

  /** Format of the WAL, known from the first page on. */
  get format(): WalFormat | undefined {
    return this.#format;
  }

  /** Magic number of the last page read, 0 before. */
  get pageMagic(): number {
    return this.#magic;
  }

  /** Timeline of the last page read. */
  get timeline(): TimelineId {
    return this.#timeline;
  }

  /** What the first long page header said. */
  get segment(): SegmentIdentity | undefined {
    return this.#segment;
  }

  /** Whether the last record was a segment switch: what follows it up to the next segment is padding. */
  get isAfterSwitch(): boolean {
    return this.#toNextSegment;
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** The first record at or after `start` (or the segment last begun), and the one that it says it follows. */
  get first(): { readonly startLsn: Lsn; readonly previousLsn: Lsn } | undefined {
    return this.#scanner?.first;
  }

  /** The last whole record. */
  get last(): { readonly startLsn: Lsn; readonly endLsn: Lsn } | undefined {
    return this.#scanner?.last;
  }

  /** Whole records, those before `start` on its page included. */
  get recordCount(): number {
    return this.#scanner?.recordCount ?? 0;
  }

  /** What the first page began with, if that was the rest of a record. */
  get head(): HeadOfReading | undefined {
    const head = this.#head;
    if (head === undefined) return undefined;
    const isWhole = head.isKept === true && head.remainingBytes === 0;
    return {
      totalBytes: head.totalBytes,
      bytes: isWhole ? head.collected() : undefined,
      isKnown: this.#isHeadKnown,
    };
  }

  get unfinished(): UnfinishedRecord | undefined {
    const pending = this.#scanner?.pending;
    if (pending === undefined) return undefined;
    const { isStartKnown, remainingBytes } = pending;
    const mayBeKept = !isStartKnown || pending.isKept !== false;
    return {
      startLsn: isStartKnown ? joinLsn(pending.start) : undefined,
      remainingBytes,
      mayBeKept,
      bytes: isStartKnown && mayBeKept ? pending.collected() : undefined,
    };
  }

  /** What was read of records that lie in it only in part. Only with `damaged`, and before `beginSegment`. */
  get border(): SegmentBorder {
    const { rest, totalBytes = 0 } = this.#head ?? {};
    const pending = this.#scanner?.pending;
    return {
      head: rest && { totalBytes, seenBytes: rest.bytes, prefix: rest.prefix.slice(0, rest.bytes), crc: rest.crc },
      tail: pending?.isStartKnown === true ? pending.beginning() : undefined,
    };
  }

  /** The bytes that come next are those of the next segment: the padding after a switch is not pushed. */
  skipToNextSegment(): void {
    this.#skipToSegment(this.#segmentSizeBytes());
    this.#restBytes = 0;
    this.#toNextSegment = false;
  }

  /** From now on `first` and `head` tell of the segment that begins with the bytes that come next. */
  beginSegment(startLsn: Lsn): void {
    this.#scanner?.seekFirst(startLsn);
    const pending = this.#scanner?.pending;
    this.#isHeadKnown = pending?.isStartKnown === true;
    this.#head = pending === undefined ? undefined : new PendingRecord(0).begin(pending.remainingBytes);
  }

  /** Reads what is in `bytes`, which stay the caller's. @returns false when the end was found: no more is wanted */
  push(bytes: Uint8Array): boolean {
    let position = 0;
    if (this.#restBytes > 0) {
      position = Math.min(bytes.length, walPageBytes - this.#restBytes);
      this.#rest.set(bytes.subarray(0, position), this.#restBytes);
      this.#restBytes += position;
      if (this.#restBytes < walPageBytes) return this.#end === undefined;
      this.#restBytes = 0;
      this.#readPages(this.#rest, walPageBytes);
    }
    const whole = position + Math.floor((bytes.length - position) / walPageBytes) * walPageBytes;
    if (whole > position) this.#readPages(bytes.subarray(position, whole), walPageBytes);
    this.#rest.set(bytes.subarray(whole));
    this.#restBytes = bytes.length - whole;
    return this.#end === undefined;
  }

  /** Says that there are no more bytes. Records that lie wholly in an incomplete last page are read. */
  finish(): WalEnd {
    if (this.#end === undefined && this.#restBytes > 0) {
      this.#rest.fill(0, this.#restBytes);
      this.#readPages(this.#rest, this.#restBytes);
    }
    this.#restBytes = 0;
    const inRecord = this.#scanner?.pending !== undefined;
    return this.#end ?? this.#stop({ kind: 'input-ended', inRecord }, this.#startOfPending());
  }

  /** @param lastPageBytes valid bytes of the last of the `pages`, which are whole in memory */
  #readPages(pages: Uint8Array, lastPageBytes: number): void {
    for (let position = 0; position < pages.length && this.#isOpen(); position += loadedBytes) {
      const piece = pages.subarray(position, position + loadedBytes);
      const from = this.#toNextSegment ? this.#skipToSegment(piece.length) : 0;
      if (from === piece.length) continue;
      const memory = loadWindow(piece);
      for (let base = from; base < piece.length && this.#isOpen(); base += walPageBytes) {
        if (this.#toNextSegment && this.#skipToSegment(walPageBytes) > 0) continue;
        this.#readPage(memory, base, base + walPageBytes < piece.length ? walPageBytes : lastPageBytes);
        setLsn(this.#page, this.#page, walPageBytes);
      }
    }
  }

  /** Passes the padding after a segment switch. @returns how many of `length` bytes */
  #skipToSegment(length: number): number {
    const segmentSize = this.#segmentSizeBytes();
    const skipped = Math.min(length, (segmentSize - (this.#page.low % segmentSize)) % segmentSize);
    this.#toNextSegment = skipped === length;
    setLsn(this.#page, this.#page, skipped);
    return skipped;
  }

  #isOpen(): boolean {
    return this.#end === undefined;
  }

  #segmentSizeBytes(): number {
    return this.#segment?.segmentSizeBytes ?? this.#options.segmentSizeBytes ?? defaultSegmentSizeBytes;
  }

  #readPage(memory: PageMemory, base: number, availableBytes: number): void {
    const flags = this.#checkPage(memory, base, availableBytes);
    const scanner = this.#scanner;
    if (flags === undefined || scanner === undefined) return;
    const page = { address: this.#page, timeline: this.#timeline, base, availableBytes, memory };
    const headerBytes = (flags & pageFlag.longHeader) !== 0 ? longPageHeaderBytes : shortPageHeaderBytes;
    const continues = (flags & pageFlag.firstIsContinuation) !== 0;
    const remaining = (memory.words[(base + 16) >> 2] ?? 0) >>> 0;
    if (this.#isFirstPage && continues && remaining > 0) {
      this.#head = scanner.beginForeign(remaining, remaining <= (this.#options.headLimitBytes ?? 0));
    }
    const { pending } = scanner;
    let outcome: PageOutcome;
    if (pending === undefined) {
      if (continues && !this.#isFirstPage) {
        this.#stop({ kind: 'unexpected-continuation' }, this.#page);
        return;
      }
      outcome = scanner.scan(page, headerBytes);
    } else if ((flags & pageFlag.firstOverwritesContinuation) !== 0) {
      const overwritten = scanner.abandonPending();
      if (overwritten !== undefined) this.#options.abandoned?.(overwritten);
      outcome = scanner.scan(page, headerBytes);
    } else if (continues) {
      outcome = scanner.continuePending(page, headerBytes, remaining);
    } else {
      this.#stop({ kind: 'no-continuation' }, this.#startOfPending());
      return;
    }
    this.#isFirstPage = false;
    if (outcome === 'next-segment') this.#toNextSegment = true;
    else if (outcome !== 'next-page') this.#end = { ...outcome, last: this.last };
  }

  /** @returns the flags of the page, or undefined when it does not belong to this WAL: the end is set then */
  #checkPage({ words, bytes }: PageMemory, base: number, availableBytes: number): number | undefined {
    const at = base >> 2;
    const first = words[at] ?? 0;
    const flags = first >>> 16;
    const { high, low } = this.#page;
    const isOrdinary =
      (first & 0xffff) === this.#magic &&
      (flags & ~(pageFlag.firstIsContinuation | pageFlag.blocksRemovable)) === 0 &&
      (words[at + 1] ?? 0) >>> 0 === this.#timeline &&
      (words[at + 2] ?? 0) >>> 0 === low &&
      (words[at + 3] ?? 0) >>> 0 === high &&
      low % this.#segmentSizeBytes() !== 0 &&
      availableBytes === walPageBytes;
    return isOrdinary ? flags : this.#checkPageFully(bytes.subarray(base, base + availableBytes));
  }

  #checkPageFully(page: Uint8Array): number | undefined {
    const pending = this.#scanner?.pending;
    const at = this.#startOfPending();
    const header = decodePageHeader(page);
    if (header === undefined) {
      this.#stop({ kind: 'input-ended', inRecord: pending !== undefined }, at);
      return undefined;
    }
    const problem = this.#findProblem(header);
    if (problem !== undefined) {
      this.#stop({ ...problem, pageAddress: joinLsn(this.#page) }, at);
      return undefined;
    }
    this.#timeline = header.timeline;
    return header.flags;
  }

  #findProblem(header: PageHeader): PageProblem | undefined {
    const { format, segment } = header;
    if (format === undefined) return { kind: 'bad-magic', actual: header.magic };
    const problem = findPageProblem(header, {
      format: this.#format ?? format,
      address: joinLsn(this.#page),
      earliestTimeline: this.#timeline,
      segmentSizeBytes: this.#segment?.segmentSizeBytes ?? this.#options.segmentSizeBytes,
      systemIdentifier: this.#segment?.systemIdentifier ?? this.#options.systemIdentifier,
    });
    if (problem !== undefined) return problem;
    if (segment !== undefined && !isSegmentSize(segment.segmentSizeBytes)) {
      return { kind: 'other-segment-size', expected: this.#segmentSizeBytes(), actual: segment.segmentSizeBytes };
    }
    this.#segment ??= segment;
    this.#magic = header.magic;
    this.#format ??= format;
    this.#scanner ??= this.#openScanner(format);
    return undefined;
  }

  /** Where the record began that is not complete, else the page that comes next: the end, if that is here. */
  #startOfPending(): SplitLsn {
    const pending = this.#scanner?.pending;
    return pending?.isStartKnown === true ? pending.start : this.#page;
  }

  #openScanner(format: WalFormat): RecordScanner {
    const { start, check, visit, keeps, damaged } = this.#options;
    return new RecordScanner({
      format,
      start,
      checksEvery: check === 'every-record',
      damaged,
      visit,
      keeps: (rmid, info) => keeps?.(rmid, info, format) ?? true,
      segmentSizeBytes: this.#segmentSizeBytes(),
    });
  }

  #stop(reason: EndReason, at: SplitLsn): WalEnd {
    this.#end = { reason, lsn: joinLsn(at), last: this.last };
    return this.#end;
  }
}

/** Bytes that are brought to the window at once: they stay in the second cache. */
const loadedBytes = 128 * 1024;

let windowMemory: PageMemory | undefined;

function loadWindow(pages: Uint8Array): PageMemory {
  const window = crc32cWindow();
  window.load(pages);
  return (windowMemory ??= {
    bytes: window.bytes,
    words: window.words,
    view: new DataView(window.bytes.buffer, window.bytes.byteOffset, window.bytes.length),
    isWindow: true,
  });
}
