import type { Message } from '../messages/message.ts';

/** What the user should hear of while a backup is restored, in order. */
export type RestoreEvent =
  | { readonly type: 'step'; readonly sentence: Message }
  /** Something that is done as asked, but should be read. */
  | { readonly type: 'warning'; readonly sentence: Message }
  /** Bytes of the backup read so far. */
  | { readonly type: 'progress'; readonly doneBytes: number; readonly totalBytes: number };

export type RestoreListener = (event: RestoreEvent) => void;
