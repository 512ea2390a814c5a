import { crc32cRange, crc32cWindow, type PassedRecords } from '../bytes/crc32c.ts';
import type { WalFormat } from './formats/format.ts';
import { lsn, type Lsn } from './lsn.ts';
import { overwrittenBy } from './overwritten-record.ts';
import { walPageBytes } from './page-header.ts';
import { PendingRecord } from './pending-record.ts';
import { restPrefixBytes } from './segment-border.ts';
import type { TimelineId } from './segment.ts';
import type { EndReason } from './wal-end.ts';
import { joinLsn, RecordCursor, setLsn, splitLsn, type SplitLsn, type WalRecord } from './wal-record.ts';

/** Memory that holds pages, seen in three ways. `isWindow`: it is the `crc32cWindow`. */
export interface PageMemory {
  readonly bytes: Uint8Array;
  /** Aligned to 4 bytes, little-endian as every machine that we run on. */
  readonly words: Int32Array;
  readonly view: DataView;
  readonly isWindow: boolean;
}

/** The page that is being scanned. */
export interface PageToScan {
  readonly address: SplitLsn;
  readonly timeline: TimelineId;
  /** Where it begins in `memory`. */
  readonly base: number;
  /** Valid bytes of it; less than a page only at the end of the input. */
  readonly availableBytes: number;
  readonly memory: PageMemory;
}

/** What comes after a page: the next one, the next segment (after a switch), or nothing. */
export type PageOutcome = 'next-page' | 'next-segment' | { readonly reason: EndReason; readonly lsn: Lsn };

export interface ScannerOptions {
  readonly format: WalFormat;
  readonly start: Lsn;
  readonly checksEvery: boolean;
  /** Told of a record with a wrong CRC that nobody visits, in place of ending there. */
  readonly damaged?: DamageListener | undefined;
  readonly visit: (record: WalRecord) => boolean;
  readonly keeps: (rmid: number, info: number) => boolean;
  readonly segmentSizeBytes: number;
}

/** A record by its place. */
export interface RecordPlace {
  readonly startLsn: Lsn;
  readonly endLsn: Lsn;
}

/** Told where a damaged record begins, and of the last whole record before it. */
export type DamageListener = (at: Lsn, last: RecordPlace | undefined) => void;

const switchInfo = 0x40;

/**
 * Finds the records of pages whose headers have been checked, one page after the other. Works on 32-bit words without
 * allocating: most records are passed by their length, link and, where asked, CRC.
 */
export class RecordScanner {
  readonly #options: ScannerOptions;
  readonly #startsAt: SplitLsn;
  readonly #cursor: RecordCursor;
  /** By `rmid << 8 | info`: 1 passed over, 2 kept, 0 not asked yet. */
  readonly #keeps = new Uint8Array(65_536);
  readonly #last: { start: SplitLsn; end: SplitLsn } = { start: { high: 0, low: 0 }, end: { high: 0, low: 0 } };
  #recordCount = 0;
  #first: { startLsn: Lsn; previousLsn: Lsn } | undefined;
  #firstFrom: SplitLsn;
  /** Used for every record of this reading that crosses pages. */
  readonly #own: PendingRecord;
  #pending: PendingRecord | undefined;
  #overwritten: Lsn | undefined;
  readonly #window = crc32cWindow();
  /** Kinds that are known to concern nobody: `#keeps` is 1, and it is no switch. */
  readonly #passRules;
  readonly #passed: PassedRecords = { position: 0, count: 0, lastPosition: 0 };

  constructor(options: ScannerOptions) {
    this.#options = options;
    this.#startsAt = splitLsn(options.start);
    this.#firstFrom = this.#startsAt;
    this.#cursor = new RecordCursor(options.format);
    this.#own = new PendingRecord(options.format.header.sizeBytes);
    const { checksEvery: checksCrc, format } = options;
    this.#passRules = { passedKinds: new Uint8Array(65_536), edition: 0, header: format.header, checksCrc };
  }

  get pending(): PendingRecord | undefined {
    return this.#pending;
  }

  get recordCount(): number {
    return this.#recordCount;
  }

  get first(): { readonly startLsn: Lsn; readonly previousLsn: Lsn } | undefined {
    return this.#first;
  }

  get last(): { readonly startLsn: Lsn; readonly endLsn: Lsn } | undefined {
    if (this.#recordCount === 0) return undefined;
    return { startLsn: joinLsn(this.#last.start), endLsn: joinLsn(this.#last.end) };
  }

  /** From now on `first` is the first record that begins at `from` or after. */
  seekFirst(from: Lsn): void {
    this.#first = undefined;
    this.#firstFrom = splitLsn(from);
  }

  /** The page begins with the last `remainingBytes` of a record that is not known. */
  beginForeign(remainingBytes: number, isKept: boolean): PendingRecord {
    this.#pending = new PendingRecord(0).begin(remainingBytes);
    this.#pending.isKept = isKept;
    if (this.#options.damaged !== undefined) {
      this.#pending.rest = { prefix: new Uint8Array(Math.min(restPrefixBytes, remainingBytes)), crc: 0, bytes: 0 };
    }
    return this.#pending;
  }

  /** The page begins with another record in place of the rest of the pending one. @returns where that one began */
  abandonPending(): Lsn | undefined {
    this.#overwritten = this.#pending?.isStartKnown === true ? joinLsn(this.#pending.start) : undefined;
    this.#pending = undefined;
    return this.#overwritten;
  }

  /** Takes the rest of the pending record, which begins at `offset` in the page, and the records behind it. */
  continuePending(page: PageToScan, offset: number, remainingBytes: number): PageOutcome {
    const pending = this.#pending;
    if (pending === undefined) return this.scan(page, offset);
    const at = pending.isStartKnown ? pending.start : page.address;
    if (remainingBytes === 0 || remainingBytes !== pending.remainingBytes) {
      return ends({ kind: 'wrong-continuation-length', expected: pending.remainingBytes, actual: remainingBytes }, at);
    }
    const taken = Math.min(remainingBytes, walPageBytes - offset);
    if (offset + taken > page.availableBytes) return ends({ kind: 'input-ended', inRecord: true }, at);
    const problem = this.#take(pending, page, offset, taken);
    if (problem !== undefined) return ends(problem, at);
    if (pending.remainingBytes > 0) return 'next-page';
    const next = offset + aligned(taken);
    return this.#complete(pending, page, next) ?? this.scan(page, next);
  }

  /** Visits the records that begin at `offset` in the page or after. */
  scan(page: PageToScan, offset: number): PageOutcome {
    const { header, longestRecordBytes, lastResourceManager } = this.#options.format;
    const { base, memory } = page;
    const { words } = memory;
    const kindWord = header.infoOffset >> 2;
    const prevWord = header.prevOffset >> 2;
    const lastKind = (lastResourceManager << 8) | 0xff;
    const { start, end } = this.#last;
    let position = offset;
    while (position < walPageBytes) {
      position = this.#pass(page, position);
      if (position >= walPageBytes) break;
      const at = (base + position) >> 2;
      const total = (words[at] ?? 0) >>> 0;
      if (position + 4 > page.availableBytes) {
        return this.#endsAt(page, position, { kind: 'input-ended', inRecord: false });
      }
      if (total < header.sizeBytes || total > longestRecordBytes) {
        return this.#endsAt(page, position, badLength(total, header.sizeBytes));
      }
      if (position + total > page.availableBytes) return this.#begin(page, position, total);
      const kind = (words[at + kindWord] ?? 0) & 0xffff;
      const linkLow = (words[at + prevWord] ?? 0) >>> 0;
      const linkHigh = (words[at + prevWord + 1] ?? 0) >>> 0;
      const isKept = this.#isKept(kind);
      if (linkLow !== start.low || linkHigh !== start.high || kind > lastKind || this.#recordCount === 0) {
        const problem = this.#findHeaderProblem(kind, linkHigh, linkLow, page.address, position);
        if (problem !== undefined) return this.#endsAt(page, position, problem);
      }
      if (isKept || this.#options.checksEvery) {
        const problem = this.#findChecksumProblem(memory, base + position, total);
        if (problem !== undefined) {
          if (isKept || this.#options.damaged === undefined) return this.#endsAt(page, position, problem);
          this.#options.damaged(lsn(joinLsn(page.address) + BigInt(position)), this.last);
        }
      }
      start.low = page.address.low + position;
      start.high = page.address.high;
      const recordOffset = base + position;
      position += aligned(total);
      setLsn(end, page.address, position);
      this.#recordCount++;
      if (isKept || this.#concerns(kind)) {
        const outcome = this.#found(memory, recordOffset, total, kind, page);
        if (outcome !== undefined) return outcome;
      }
    }
    return 'next-page';
  }

  /** Passes records that concern nobody. @returns where the first begins that is to be looked at */
  #pass(page: PageToScan, position: number): number {
    if (!page.memory.isWindow || page.availableBytes < walPageBytes || this.#recordCount === 0) return position;
    if (this.#first === undefined || this.#overwritten !== undefined) return position;
    const { start, end } = this.#last;
    const passed = this.#passed;
    this.#window.passRecords(this.#passRules, page.base, position, { link: start, address: page.address }, passed);
    if (passed.count === 0) return position;
    start.low = page.address.low + passed.lastPosition;
    start.high = page.address.high;
    setLsn(end, page.address, passed.position);
    this.#recordCount += passed.count;
    return passed.position;
  }

  /** A record begins that does not end in the bytes of the page. */
  #begin(page: PageToScan, offset: number, totalBytes: number): PageOutcome {
    const pending = this.#own.begin(totalBytes, page.address, offset);
    this.#pending = pending;
    if (page.availableBytes < walPageBytes) return ends({ kind: 'input-ended', inRecord: true }, pending.start);
    const problem = this.#take(pending, page, offset, walPageBytes - offset);
    return problem === undefined ? 'next-page' : ends(problem, pending.start);
  }

  /** Adds `length` bytes at `offset` of the page to the pending record. */
  #take(pending: PendingRecord, page: PageToScan, offset: number, length: number): EndReason | undefined {
    const { memory } = page;
    const from = page.base + offset;
    const to = from + length;
    pending.seenBytes += length;
    let body = from;
    if (!pending.hasWholeHeader()) {
      body = pending.takeHeader(memory.bytes, from, to);
      if (!pending.hasWholeHeader()) return undefined;
      const problem = this.#judgeHeader(pending);
      if (problem !== undefined) return problem;
    }
    if (pending.rest !== undefined) pending.takeRest(memory.bytes, from, to);
    if (pending.isKept === true) pending.collect(memory.bytes.subarray(body, to));
    if (pending.isStartKnown && (pending.isKept === true || this.#options.checksEvery)) {
      pending.bodyCrc = memory.isWindow
        ? this.#window.crc(body, to - body, pending.bodyCrc)
        : crc32cRange(memory.bytes, body, to, pending.bodyCrc);
    }
    return undefined;
  }

  /** The header of the pending record is complete: it is checked, and decides whether the record is kept. */
  #judgeHeader({ header, start }: PendingRecord): EndReason | undefined {
    const { infoOffset, prevOffset } = this.#options.format.header;
    const kind = header.getUint16(infoOffset, true);
    this.#own.isKept = this.#isKept(kind);
    const linkLow = header.getUint32(prevOffset, true);
    const linkHigh = header.getUint32(prevOffset + 4, true);
    return this.#findHeaderProblem(kind, linkHigh, linkLow, start, 0);
  }

  /** All bytes of the pending record are there; it ends at `offset` of the page. */
  #complete(pending: PendingRecord, page: PageToScan, offset: number): PageOutcome | undefined {
    this.#pending = undefined;
    if (!pending.isStartKnown) return undefined;
    const { header } = pending;
    const { crcOffset, infoOffset } = this.#options.format.header;
    if (pending.isKept === true || this.#options.checksEvery) {
      const actual = crc32cRange(pending.headerPart(crcOffset), 0, crcOffset, pending.bodyCrc);
      const expected = header.getUint32(crcOffset, true);
      if (actual !== expected) {
        const { damaged } = this.#options;
        if (pending.isKept === true || damaged === undefined) {
          return ends({ kind: 'bad-checksum', expected, actual }, pending.start);
        }
        damaged(joinLsn(pending.start), this.last);
      }
    }
    setLsn(this.#last.start, pending.start, 0);
    setLsn(this.#last.end, page.address, offset);
    this.#recordCount++;
    const kind = header.getUint16(infoOffset, true);
    if (pending.isKept !== true && !this.#concerns(kind)) return undefined;
    const bytes = pending.collected();
    const memory = { bytes, words: noWords, view: viewOf(bytes), isWindow: false };
    return this.#found(memory, 0, pending.totalBytes, kind, page);
  }

  /** Whether a record is looked at although nobody asked for its kind. */
  #concerns(kind: number): boolean {
    return this.#first === undefined || this.#overwritten !== undefined || isSwitch(kind);
  }

  /** A record that may concern somebody, complete and checked, is in `memory`. */
  #found(
    memory: PageMemory,
    offset: number,
    totalBytes: number,
    kind: number,
    page: PageToScan,
  ): PageOutcome | undefined {
    const { start, end } = this.#last;
    const overwritten = this.#overwritten;
    this.#overwritten = undefined;
    if (overwritten !== undefined && overwrittenBy(memory.view, offset, kind, this.#options.format) !== overwritten) {
      return ends({ kind: 'wrong-overwrite' }, start);
    }
    if (isSwitch(kind))
      setLsn(end, page.address, this.#options.segmentSizeBytes - (page.address.low % this.#options.segmentSizeBytes));
    const cursor = this.#cursor;
    setLsn(cursor.start, start, 0);
    setLsn(cursor.end, end, 0);
    cursor.memory = memory.bytes;
    cursor.view = memory.view;
    cursor.offset = offset;
    cursor.totalBytes = totalBytes;
    cursor.rmid = kind >>> 8;
    cursor.info = kind & 0xff;
    cursor.timeline = page.timeline;
    if (this.#first === undefined && !isBefore(start, this.#firstFrom)) {
      this.#first = { startLsn: cursor.startLsn, previousLsn: cursor.previousLsn };
    }
    const isVisited = this.#keeps[kind] === 2 && !isBefore(start, this.#startsAt);
    if (isVisited && !this.#options.visit(cursor)) {
      return ends({ kind: 'stopped' }, end);
    }
    return isSwitch(kind) ? 'next-segment' : undefined;
  }

  #isKept(kind: number): boolean {
    const known = this.#keeps[kind];
    if (known !== 0) return known === 2;
    const isKept = this.#options.keeps(kind >>> 8, kind & 0xff);
    this.#keeps[kind] = isKept ? 2 : 1;
    if (!isKept && !isSwitch(kind)) {
      this.#passRules.passedKinds[kind] = 1;
      this.#passRules.edition += 1;
    }
    return isKept;
  }

  #findHeaderProblem(
    kind: number,
    linkHigh: number,
    linkLow: number,
    page: SplitLsn,
    offset: number,
  ): EndReason | undefined {
    const { lastResourceManager, firstCustomResourceManager } = this.#options.format;
    const rmid = kind >>> 8;
    if (rmid > lastResourceManager && rmid < firstCustomResourceManager) {
      return { kind: 'bad-resource-manager', actual: rmid };
    }
    const link = { high: linkHigh, low: linkLow };
    if (this.#recordCount > 0) {
      const { start } = this.#last;
      if (link.high === start.high && link.low === start.low) return undefined;
      return { kind: 'wrong-previous-link', expected: joinLsn(start), actual: joinLsn(link) };
    }
    if (isBefore(link, { high: page.high, low: page.low + offset })) return undefined;
    return { kind: 'wrong-previous-link', expected: undefined, actual: joinLsn(link) };
  }

  #findChecksumProblem(memory: PageMemory, offset: number, totalBytes: number): EndReason | undefined {
    const { sizeBytes, crcOffset } = this.#options.format.header;
    const expected = (memory.words[(offset + crcOffset) >> 2] ?? 0) >>> 0;
    const actual = memory.isWindow
      ? this.#window.recordCrc(offset, sizeBytes, crcOffset, totalBytes)
      : crc32cRange(
          memory.bytes,
          offset,
          offset + crcOffset,
          crc32cRange(memory.bytes, offset + sizeBytes, offset + totalBytes),
        );
    return actual === expected ? undefined : { kind: 'bad-checksum', expected, actual };
  }

  #endsAt(page: PageToScan, offset: number, reason: EndReason): PageOutcome {
    return ends(reason, { high: page.address.high, low: page.address.low + offset });
  }
}

const noWords = new Int32Array(0);

function ends(reason: EndReason, at: SplitLsn): PageOutcome {
  return { reason, lsn: joinLsn(at) };
}

function badLength(actual: number, headerBytes: number): EndReason {
  return actual === 0 ? { kind: 'zero-length', headerBytes } : { kind: 'bad-length', headerBytes, actual };
}

function aligned(bytes: number): number {
  return (bytes + 7) & ~7;
}

function isSwitch(kind: number): boolean {
  return (kind & 0xfff0) === switchInfo;
}

function isBefore(left: SplitLsn, right: SplitLsn): boolean {
  return left.high < right.high || (left.high === right.high && left.low < right.low);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
