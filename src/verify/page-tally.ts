import type { ByteString } from '../bytes/byte-string.ts';
import { originalOf } from '../incremental/incremental-file.ts';
import type { BadPage } from '../pages/page-checker.ts';
import type { UnjudgedReason } from '../pages/page-file.ts';
import type { FileContent } from './check-file.ts';

/** A file with pages that fail. */
export interface FailingFile {
  readonly path: ByteString;
  /** All pages that fail; `pages` has the first of them. */
  readonly badCount: number;
  readonly pages: readonly BadPage[];
}

/** Counts over all page files of a backup. */
export class PageTally {
  readonly counts = { files: 0, ok: 0, bad: 0, empty: 0 };
  readonly unjudged: Partial<Record<UnjudgedReason, number>> = {};
  readonly failing: FailingFile[] = [];
  /** The first incremental file. */
  incrementalFile: ByteString | undefined;

  checked(path: ByteString, { pages, badPages }: FileContent): void {
    if (originalOf(path) !== undefined) this.incrementalFile ??= path;
    if (pages === undefined) return;
    this.counts.files += 1;
    this.counts.ok += pages.ok;
    this.counts.bad += pages.bad;
    this.counts.empty += pages.empty;
    if (pages.bad > 0) this.failing.push({ path, badCount: pages.bad, pages: badPages });
  }

  leftOut(reason: UnjudgedReason): void {
    this.unjudged[reason] = (this.unjudged[reason] ?? 0) + 1;
  }
}
