import type { Message } from '../messages/message.ts';
import type { OpenedArchive } from '../wal-archive/push-segment.ts';
import type { PushTurn } from '../wal-archive/push-turn.ts';
import type { PushSpool } from './push-spool.ts';
import type { PushReport } from './push-wal.ts';

/** An archive that is kept open. */
export interface PushTarget {
  /** What there is now. Undefined: no archive yet. */
  readonly look: () => Promise<OpenedArchive | undefined>;
  /** Puts one file into it, as `pushWal`. */
  readonly push: (
    path: string,
    how?: PushHow,
  ) => Promise<{ readonly report: PushReport; readonly notes: readonly Message[] }>;
}

export interface PushHow {
  /** Undefined: it becomes an archive by this push. */
  readonly opened: OpenedArchive | undefined;
  readonly turn: PushTurn;
}

export interface PusherRequest {
  readonly spool: PushSpool;
  /** The archive, for people. */
  readonly archive: string;
  /** Absolute, by its name in the data directory. */
  readonly walDirectory: string;
  readonly dataDirectory: string;
  /** How many files at once. */
  readonly atOnce: number;
  readonly open: () => Promise<PushTarget>;
}
