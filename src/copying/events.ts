import type { EventOf, Progress } from '../events/teller.ts';

/** What a copy tells while it runs, besides its phases; of one instance after the other. Each instance comes with `instance` first. */
export type CopyNews =
  | { readonly type: 'instance'; readonly instance: string }
  /** Bytes of packs, or of segments as they are stored, that were copied in this phase, of those that will be. */
  | (Progress & { readonly totalBytes: number; readonly finished: boolean });

export type CopyEvent = EventOf<'copy', CopyNews>;

export type CopyListener = (event: CopyEvent) => void;
