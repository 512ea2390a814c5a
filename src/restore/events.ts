import type { EventOf, Progress } from '../events/teller.ts';
import type { Message } from '../messages/message.ts';

/** What the user should hear of while a backup is restored, in order, besides its phases. */
export type RestoreNews =
  | { readonly type: 'step'; readonly sentence: Message }
  /** Something that is done as asked, but should be read. */
  | { readonly type: 'warning'; readonly sentence: Message }
  /** Bytes of the backup read so far. */
  | (Progress & { readonly totalBytes: number });

export type RestoreEvent = EventOf<'restore', RestoreNews>;

export type RestoreListener = (event: RestoreEvent) => void;
