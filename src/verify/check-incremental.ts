import { BackupError } from '../errors/backup-error.ts';
import { blockBytes, decodeHead, fixedHeadBytes, headBytes } from '../incremental/incremental-file.ts';
import { say, type Message } from '../messages/message.ts';
import { PageChecker, type BadPage, type PageCounts } from '../pages/page-checker.ts';
import type { PageRule } from './page-rule.ts';

/** Checks an incremental file that arrives in pieces: its head, its length, and the pages in it by the numbers that it gives them. */
export class IncrementalCheck {
  readonly #name: string;
  readonly #pages: PageRule | undefined;
  readonly #onBadPage: (page: BadPage) => void;
  readonly #counts = { ok: 0, bad: 0, empty: 0, partialBytes: 0 };
  #head = Buffer.alloc(0);
  #headBytes: number | undefined;
  #blocks: Uint32Array | undefined;
  /** Position among the pages, in bytes. */
  #position = 0;
  #checker: PageChecker | undefined;
  #fault: Message | undefined;

  /** @param pages how pages are checked; undefined: not @param name for the findings */
  constructor(name: string, pages: PageRule | undefined, onBadPage: (page: BadPage) => void) {
    this.#name = name;
    this.#pages = pages;
    this.#onBadPage = onBadPage;
  }

  update(bytes: Uint8Array): void {
    if (this.#fault !== undefined) return;
    try {
      this.#take(bytes);
    } catch (error) {
      if (!(error instanceof BackupError)) throw error;
      this.#fault = error.sentence;
    }
  }

  /** @returns what is wrong with it as an incremental file, and what its pages are */
  finish(): { readonly fault: Message | undefined; readonly pages: PageCounts | undefined } {
    const expected = (this.#blocks?.length ?? 0) * blockBytes;
    if (this.#blocks === undefined) this.#fault ??= say('incremental.no-head', { path: this.#name });
    else if (this.#position < expected) {
      this.#fault ??= say('incremental.ends', { path: this.#name, actual: this.#position, expected });
    }
    return { fault: this.#fault, pages: this.#pages === undefined ? undefined : this.#counts };
  }

  #take(bytes: Uint8Array): void {
    const rest = this.#blocks === undefined ? this.#takeHead(bytes) : bytes;
    if (this.#blocks === undefined || rest.length === 0) return;
    const left = this.#blocks.length * blockBytes - this.#position;
    if (rest.length > left) this.#fault = say('incremental.too-long', { path: this.#name });
    this.#takePages(this.#blocks, rest.subarray(0, Math.min(left, rest.length)));
  }

  /** @returns what is behind the head */
  #takeHead(bytes: Uint8Array): Uint8Array {
    const missing = (this.#headBytes ?? fixedHeadBytes) - this.#head.length;
    this.#head = Buffer.concat([this.#head, bytes.subarray(0, missing)]);
    const rest = bytes.subarray(Math.min(missing, bytes.length));
    if (this.#head.length < fixedHeadBytes) return rest;
    if (this.#headBytes === undefined) {
      this.#headBytes = headBytes(this.#name, this.#head);
      if (this.#headBytes > fixedHeadBytes) return this.#takeHead(rest);
    }
    if (this.#head.length === this.#headBytes) this.#blocks = decodeHead(this.#name, this.#head).blocks;
    return rest;
  }

  #takePages(blocks: Uint32Array, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const inPage = this.#position % blockBytes;
      if (inPage === 0) this.#checker = this.#checkerOf(blocks[this.#position / blockBytes] ?? 0);
      const piece = bytes.subarray(done, done + blockBytes - inPage);
      this.#checker?.update(piece);
      done += piece.length;
      this.#position += piece.length;
      if (this.#position % blockBytes === 0) this.#count();
    }
  }

  #checkerOf(block: number): PageChecker | undefined {
    if (this.#pages === undefined) return undefined;
    const { firstBlock } = this.#pages;
    return new PageChecker({ ...this.#pages, firstBlock: firstBlock + block, onBadPage: this.#onBadPage });
  }

  #count(): void {
    const { ok, bad, empty } = this.#checker?.finish() ?? { ok: 0, bad: 0, empty: 0 };
    this.#counts.ok += ok;
    this.#counts.bad += bad;
    this.#counts.empty += empty;
  }
}
