import type { Lsn } from '../wal/lsn.ts';
import { isTransaction, transactionMark, type TransactionMark } from './transaction.ts';
import { LineWalker, type LineItem, type LineSegment } from './wal-line.ts';

/** Which transactions to list; what is undefined does not limit. All bounds are inclusive. */
export interface TransactionRange {
  readonly fromUs?: bigint | undefined;
  readonly toUs?: bigint | undefined;
  readonly fromLsn?: Lsn | undefined;
  readonly toLsn?: Lsn | undefined;
  readonly fromXid?: bigint | undefined;
  readonly toXid?: bigint | undefined;
}

/** Every commit, abort and prepare of a line within a range, in WAL order. */
export async function* listTransactions(
  segments: AsyncIterable<LineSegment> | Iterable<LineSegment>,
  range: TransactionRange,
): AsyncGenerator<TransactionMark, void, undefined> {
  const walker = new LineWalker();
  for await (const segment of segments) yield* within(walker.step(segment), range);
}

function* within(items: readonly LineItem[], range: TransactionRange): Generator<TransactionMark, void, undefined> {
  for (const item of items) {
    if (item.kind !== 'event' || !isTransaction(item.event)) continue;
    const { timeUs, startLsn, xid } = item.event;
    if (isWithin(timeUs, range.fromUs, range.toUs) && isWithin(startLsn, range.fromLsn, range.toLsn)) {
      if (isWithin(xid, range.fromXid, range.toXid)) yield transactionMark(item.event);
    }
  }
}

function isWithin(value: bigint, lowest: bigint | undefined, highest: bigint | undefined): boolean {
  return (lowest === undefined || value >= lowest) && (highest === undefined || value <= highest);
}
