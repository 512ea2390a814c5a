import { pageChecksum, soundPages } from './page-checksum.ts';
import { decodePageHeader } from './page-header.ts';
import type { PageFormat } from './page-file.ts';

/** A page that fails. */
export interface BadPage {
  /** Number in its fork, over all segment files. */
  readonly block: number;
  /** From its header, which may be as damaged as the rest. */
  readonly lsn: bigint;
  readonly stored: number;
  /** What the stored checksum should be; undefined when the header says "empty" and the page is not. */
  readonly computed: number | undefined;
}

export interface PageCounts {
  readonly ok: number;
  readonly bad: number;
  /** Allocated, never initialised: nothing to check. */
  readonly empty: number;
  /** Bytes after the last whole page. */
  readonly partialBytes: number;
}

export interface PageCheckerOptions {
  readonly format: PageFormat;
  /** Bytes of a page, from pg_control: a power of two, 1 KiB … 32 KiB. */
  readonly blockSizeBytes: number;
  /** Block number of the first page. */
  readonly firstBlock: number;
  readonly onBadPage: (page: BadPage) => void;
}

/** openGauss: a page of a bulk load that is still being built has this flag in an otherwise empty header. */
const logicalPageFlag = 0x10;

/**
 * Checks the pages of one file that arrives in pieces of any size. Holds one page at most.
 * An empty page has no checksum: in PostgreSQL its `upper` is 0 and the server refuses it unless all of it is zero; in
 * openGauss all header fields but the checksum are 0 (PageIsVerified and CheckPageZeroCases in storage/page/bufpage).
 */
export class PageChecker {
  readonly #format: PageFormat;
  readonly #size: number;
  readonly #firstBlock: number;
  readonly #onBadPage: (page: BadPage) => void;
  /** Collects a page that comes in parts, or that is judged by itself. */
  readonly #page: Uint8Array;
  readonly #pageWords: Int32Array;
  #filled = 0;
  #index = 0;
  #ok = 0;
  #bad = 0;
  #empty = 0;

  constructor({ format, blockSizeBytes, firstBlock, onBadPage }: PageCheckerOptions) {
    this.#format = format;
    this.#size = blockSizeBytes;
    this.#firstBlock = firstBlock;
    this.#onBadPage = onBadPage;
    this.#page = new Uint8Array(blockSizeBytes);
    this.#pageWords = new Int32Array(this.#page.buffer);
  }

  update(piece: Uint8Array): void {
    let position = 0;
    while (position < piece.length) {
      const whole = this.#filled === 0 ? this.#wholePages(piece, position) : 0;
      if (whole > 0) {
        position += whole;
        continue;
      }
      const taken = Math.min(this.#size - this.#filled, piece.length - position);
      this.#page.set(piece.subarray(position, position + taken), this.#filled);
      this.#filled += taken;
      position += taken;
      if (this.#filled === this.#size) {
        this.#check(this.#page, this.#pageWords, 0);
        this.#filled = 0;
      }
    }
  }

  finish(): PageCounts {
    return { ok: this.#ok, bad: this.#bad, empty: this.#empty, partialBytes: this.#filled };
  }

  /** Checks the whole pages that begin at `position`; returns their bytes. */
  #wholePages(piece: Uint8Array, position: number): number {
    const size = this.#size;
    const end = position + Math.floor((piece.length - position) / size) * size;
    let at = position;
    // Behind a page that is not sound few are tried at once: where every page is empty, nothing is looked at in vain.
    let run = end - position;
    while (at < end) {
      const tried = piece.subarray(at, Math.min(end, at + run));
      const sound = soundPages(tried, size, this.#firstBlock + this.#index) ?? 0;
      this.#ok += sound;
      this.#index += sound;
      at += sound * size;
      run *= 2;
      if (sound * size === tried.length) continue;
      this.#page.set(piece.subarray(at, at + size));
      this.#check(this.#page, this.#pageWords, 0);
      at += size;
      run = size;
    }
    return end - position;
  }

  #check(page: Uint8Array, words: Int32Array, start: number): void {
    const block = this.#firstBlock + this.#index;
    this.#index += 1;
    if (this.#isEmpty(words, start)) {
      if (this.#isAllowedEmpty(words, start)) this.#empty += 1;
      else this.#fail(page, block, undefined);
      return;
    }
    const computed = pageChecksum(words, start, this.#size / 4, block);
    const stored = (words[start + 2] ?? 0) & 0xffff;
    if (stored === computed) this.#ok += 1;
    else this.#fail(page, block, computed);
  }

  /** Whether the header says that the page was never initialised. */
  #isEmpty(words: Int32Array, start: number): boolean {
    const flags = (words[start + 2] ?? 0) >>> 16;
    const lowerAndUpper = words[start + 3] ?? 0;
    if (this.#format === 'postgresql') return lowerAndUpper >>> 16 === 0;
    return (
      words[start] === 0 &&
      words[start + 1] === 0 &&
      (flags & ~logicalPageFlag) === 0 &&
      lowerAndUpper === 0 &&
      words[start + 4] === 0
    );
  }

  #isAllowedEmpty(words: Int32Array, start: number): boolean {
    if (this.#format === 'opengauss' && (words[start + 2] ?? 0) >>> 16 !== 0) return true;
    const end = start + this.#size / 4;
    for (let index = start; index < end; index++) {
      if (words[index] !== 0) return false;
    }
    return true;
  }

  #fail(page: Uint8Array, block: number, computed: number | undefined): void {
    this.#bad += 1;
    const { lsn, checksum } = decodePageHeader(page);
    this.#onBadPage({ block, lsn, stored: checksum, computed });
  }
}
