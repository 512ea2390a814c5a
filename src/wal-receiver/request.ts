import type { SessionSettings } from '../replication/open-session.ts';
import type { Lsn } from '../wal/lsn.ts';
import type { WalStore } from './wal-store.ts';

/** A physical replication slot to stream through. */
export interface ReceiverSlot {
  readonly name: string;
  /** Make it where the server has none: on a server that was promoted, before streaming. Else a missing slot ends the receiver. */
  readonly create: boolean;
  /** Retained WAL (server's end − restart_lsn) in bytes that is worth a warning; undefined: none. */
  readonly warnBytes?: number | undefined;
  /** Retained WAL in bytes at which `onMax` happens; undefined: never. */
  readonly maxBytes?: number | undefined;
  /** `stop` ends the receiver, `drop` drops the slot as well, so that the server can remove its WAL. Default `warn`. */
  readonly onMax?: 'warn' | 'stop' | 'drop' | undefined;
}

/** What a receiver is to do. */
export interface ReceiveRequest {
  /** Where to connect. Of several the first that is a primary of the instance is taken, at each connection anew. */
  readonly sources: readonly [SessionSettings, ...SessionSettings[]];
  /** Made by `openWalDirectory` or `openWalArchive`; the receiver closes it. */
  readonly store: WalStore;
  readonly slot?: ReceiverSlot | undefined;
  /** Ends when this position is received and durable. */
  readonly endLsn?: Lsn | undefined;
  /** Make WAL durable as it comes and tell the server at once, as a synchronous standby must. Default: once a second. */
  readonly synchronous?: boolean | undefined;
  /** Longest time between two status updates in ms; 0: only when the server asks. Default 10 s; openGauss: at most 2 s. */
  readonly statusIntervalMs?: number | undefined;
  /** Connect again when a connection is lost, or cannot be made: `once-connected` only after the first could. Default `always`. */
  readonly reconnect?: 'always' | 'once-connected' | 'never' | undefined;
  /** The server holds other WAL than we have under the same names: end, or go on in a new generation. Default `stop`. */
  readonly onFork?: 'stop' | 'generation' | undefined;
  /** It cannot be known whether the server goes on where we ended, because it has removed that WAL. Default `stop`. */
  readonly onUnproved?: 'stop' | 'continue' | undefined;
  /** WAL between what we have and what the server still has is lost: end, or go on behind it. Default `stop`. */
  readonly onGap?: 'stop' | 'continue' | undefined;
}
