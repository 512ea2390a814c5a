import type { Lsn } from '../wal/lsn.ts';
import type { TimelineId } from '../wal/segment.ts';
import type { WalGap } from './wal-store.ts';

/** What a receiver is at. */
export type ReceiverState =
  /** Logs in, and finds out where to go on. */
  | 'connecting'
  /** Compares what the server has with what is held. */
  | 'comparing'
  | 'streaming'
  /** Waits before it connects again. */
  | 'waiting'
  | 'ended';

/** How a receiver stands at one moment. Positions are undefined before they are known. */
export interface ReceiverStatus {
  readonly state: ReceiverState;
  /** `host:port` of the server that is or was connected. */
  readonly server: string | undefined;
  readonly systemIdentifier: string | undefined;
  readonly timeline: TimelineId | undefined;
  /** End of the WAL that was received. */
  readonly receivedLsn: Lsn | undefined;
  /** End of the WAL that is durable here. */
  readonly durableLsn: Lsn | undefined;
  /** What the server was last told to be durable here; undefined where it is not told (no slot, not synchronous). */
  readonly acknowledgedLsn: Lsn | undefined;
  /** The server's own end of WAL, as it said last. */
  readonly serverEndLsn: Lsn | undefined;
  /** `serverEndLsn` − `durableLsn`, at least 0. */
  readonly lagBytes: number | undefined;
  /** When everything that the server had was durable here for the last time, ms since 1970: an idle server stays fresh. */
  readonly caughtUpAtMs: number | undefined;
  readonly slot: { readonly name: string; readonly retainedBytes: number | undefined } | undefined;
  /** Connections that were made because one was lost, or could not be made. */
  readonly reconnects: number;
  /** Bytes of WAL received by this receiver. */
  readonly receivedBytes: number;
  /** Gaps that this receiver met. */
  readonly gaps: readonly WalGap[];
  /** What the last failure was, for people; undefined: none since the last connection. */
  readonly problem: string | undefined;
}
