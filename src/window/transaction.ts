import type { Lsn } from '../wal/lsn.ts';
import type { TransactionEvent, WalEvent } from '../wal/wal-event.ts';

/** A transaction's end, or that it was prepared, as far as people and plans need it. */
export interface TransactionMark {
  readonly kind: TransactionEvent['kind'];
  readonly xid: bigint;
  /** Microseconds since 1970-01-01 UTC. */
  readonly timeUs: bigint;
  readonly startLsn: Lsn;
  readonly endLsn: Lsn;
  /** Name of a prepared transaction, where the record tells it. */
  readonly gid: string | undefined;
  /** How many subtransactions end with it. */
  readonly subtransactions: number;
  /** How many files its end removes: what DROP, TRUNCATE and rewrites leave. */
  readonly droppedFiles: number;
}

/** The end of a transaction. */
export type TransactionEnd = TransactionEvent & { readonly kind: Exclude<TransactionEvent['kind'], 'prepare'> };

/** An event of a transaction, a prepare included. */
export function isTransaction(event: WalEvent): event is TransactionEvent {
  return isTransactionEnd(event) || event.kind === 'prepare';
}

/** After it the transaction is over. */
export function isTransactionEnd(event: WalEvent): event is TransactionEnd {
  switch (event.kind) {
    case 'commit':
    case 'abort':
    case 'commit-prepared':
    case 'abort-prepared':
      return true;
    default:
      return false;
  }
}

export function isCommit(event: WalEvent): event is TransactionEnd {
  return event.kind === 'commit' || event.kind === 'commit-prepared';
}

export function transactionMark(event: TransactionEvent): TransactionMark {
  const { kind, xid, timeUs, startLsn, endLsn, gid, droppedFiles, subxids } = event;
  return { kind, xid, timeUs, startLsn, endLsn, gid, droppedFiles, subtransactions: subxids.length };
}
