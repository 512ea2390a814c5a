import type { PageFormat } from '../pages/page-file.ts';

/** How the pages of a file are checked. */
export interface PageRule {
  readonly format: PageFormat;
  readonly blockSizeBytes: number;
  readonly firstBlock: number;
}
