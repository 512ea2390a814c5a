import type { EventOf, Progress } from '../events/teller.ts';
import type { Finding } from './findings.ts';

/** What a verification tells while it runs, besides its phases. */
export type VerifyNews =
  | { readonly type: 'finding'; readonly finding: Finding }
  /** Bytes whose content was checked, of those that will be; in the phase `wal` bytes of WAL. `finished` comes once for each, last. */
  | (Progress & { readonly totalBytes: number; readonly finished: boolean });

export type VerifyEvent = EventOf<'verify', VerifyNews>;

export type VerifyListener = (event: VerifyEvent) => void;
