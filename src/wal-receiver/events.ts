import type { EventOf } from '../events/teller.ts';
import type { Message } from '../messages/message.ts';
import type { Lsn } from '../wal/lsn.ts';
import type { TimelineId } from '../wal/segment.ts';
import type { WalGap } from './wal-store.ts';

/** What a receiver tells while it runs, besides its phases: see `ReceiverEvent`. */
export type ReceiverNews =
  /** Streaming begins, or goes on on the next timeline. */
  | { readonly type: 'started'; readonly lsn: Lsn; readonly timeline: TimelineId; readonly server: string }
  /** A segment is whole and durable; `lsn` is its end. */
  | { readonly type: 'segment'; readonly name: string; readonly lsn: Lsn; readonly timeline: TimelineId }
  /** A timeline ended at `lsn`. */
  | { readonly type: 'timeline'; readonly lsn: Lsn; readonly timeline: TimelineId }
  /** The connection is gone; it is tried again in `retryInMs`. */
  | { readonly type: 'disconnected'; readonly error: unknown; readonly retryInMs: number }
  | { readonly type: 'gap'; readonly gap: WalGap }
  /** An attempt to connect, for verbose output. */
  | { readonly type: 'step'; readonly sentence: Message }
  | { readonly type: 'warning'; readonly sentence: Message };

export type ReceiverEvent = EventOf<'receive', ReceiverNews>;
export type ReceiverListener = (event: ReceiverEvent) => void;
