import type { Finding } from './findings.ts';

/** What a verification tells while it runs. */
export type VerifyEvent =
  | { readonly type: 'finding'; readonly finding: Finding }
  /** Bytes whose content was checked, of those that will be; then bytes of WAL. `finished` comes once for each, last. */
  | {
      readonly type: 'progress' | 'wal-progress';
      readonly doneBytes: number;
      readonly totalBytes: number;
      readonly finished: boolean;
    };

export type VerifyListener = (event: VerifyEvent) => void;
