import type { EventOf, Progress } from '../events/teller.ts';
import type { Message } from '../messages/message.ts';
import type { ErrorFields } from '../protocol/backend-messages.ts';

/** What a backup tells while it runs, besides its phases: see `BackupEvent`. */
export type BackupNews =
  /**
   * Bytes are those of the tars as the server sends them; `lsn` is where the backup begins, from the phase `wal` on where it
   * ends; the total is the server's estimate.
   */
  | (Progress & {
      readonly tablespacesDone: number;
      /** The data directory counts as one. */
      readonly tablespaceCount: number;
      /** The file or tar being received, for people. */
      readonly current: string;
    })
  /** A step began or ended, for verbose output. */
  | { readonly type: 'step'; readonly sentence: Message }
  /** The server owes nothing and something else is waited for; repeated every 10 s. */
  | { readonly type: 'waiting'; readonly sentence: Message }
  | { readonly type: 'warning'; readonly sentence: Message }
  /** After a failure: what becomes of a directory of the backup. */
  | { readonly type: 'removal'; readonly sentence: Message; readonly isKept: boolean }
  /** Something of ours that could not be taken away after a failure: the last that a user should read. */
  | { readonly type: 'left'; readonly sentence: Message }
  /**
   * What would stay on the server if the process were ended now, without a word of ours; undefined: nothing any more. Told
   * again whenever that changes.
   */
  | { readonly type: 'owed'; readonly sentence: Message | undefined }
  /** A notice of the server, shown as it was sent. */
  | { readonly type: 'notice'; readonly notice: ErrorFields };

export type BackupEvent = EventOf<'backup', BackupNews>;
export type BackupProgress = Extract<BackupEvent, { type: 'progress' }>;

export type BackupListener = (event: BackupEvent) => void;
