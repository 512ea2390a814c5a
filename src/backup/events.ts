import type { Message } from '../messages/message.ts';
import type { ErrorFields } from '../protocol/backend-messages.ts';

/** How far a backup is. Bytes are those of the archives as the server sends them. */
export interface BackupProgress {
  readonly doneBytes: number;
  /** The server's estimate; 0 where it gave none. It may be a little below or above what comes. */
  readonly totalBytes: number;
  readonly tablespacesDone: number;
  readonly tablespaceCount: number;
  /** The file or archive being received, for people. */
  readonly current: string;
}

/** What a backup tells while it runs. Progress objects are reused: read them at once. */
export type BackupEvent =
  | { readonly type: 'progress'; readonly progress: BackupProgress }
  /** A step began or ended, for verbose output. */
  | { readonly type: 'step'; readonly sentence: Message }
  /** The server owes nothing and something else is waited for; repeated every 10 s. */
  | { readonly type: 'waiting'; readonly sentence: Message }
  | { readonly type: 'warning'; readonly sentence: Message }
  /** Something of ours that could not be taken away after a failure: the last that a user should read. */
  | { readonly type: 'left'; readonly sentence: Message }
  /**
   * What would stay on the server if the process were ended now, without a word of ours; undefined: nothing any more. Told
   * again whenever that changes.
   */
  | { readonly type: 'owed'; readonly sentence: Message | undefined }
  /** A notice of the server, shown as it was sent. */
  | { readonly type: 'notice'; readonly notice: ErrorFields };

export type BackupListener = (event: BackupEvent) => void;
