import type { ReceiverListener } from './events.ts';
import type { ReceiverStatus } from './receiver-status.ts';
import type { ReceiveRequest } from './request.ts';

/** Why a receiver ended by itself. */
export type ReceiverEnd =
  /** `endLsn` is durable, or it was told to stop. */
  | { readonly reason: 'end-position' | 'stopped' }
  /** The server ended the stream in order, and `reconnect` is false. */
  | { readonly reason: 'server-ended' };

/** A receiver that runs. Several may share a thread. */
export interface WalReceiver {
  /** As it stands now; a new object each time. */
  status(): ReceiverStatus;
  /** Settles when it has ended, its store closed; rejects with the reason when it failed. */
  readonly ended: Promise<ReceiverEnd>;
  /** Ends it: what it holds is made durable first. Resolves when `ended` has settled, and never rejects. */
  stop(): Promise<void>;
}

export interface ReceiverOptions {
  readonly onEvent?: ReceiverListener | undefined;
}

export declare function startWalReceiver(request: ReceiveRequest, options?: ReceiverOptions): WalReceiver;
