import type { StopRules } from '../server/stop-rules.ts';
import type { StorageOptions } from '../storage/storage.ts';
import type { ReadLineSegment } from '../survey/read-line.ts';
import { isTransaction } from '../window/transaction.ts';
import { locateRecord } from './locate-record.ts';
import type { ProofRequest } from './proof-request.ts';
import type { ReplayOutcome, ReplayStop } from './replay.ts';

/**
 * The outcome of a replay with the stop that a server really makes which is told `immediate`: it becomes consistent behind a
 * record, and looks for its target right there only if that record is one of a transaction, else when it has read the next one
 * (recoveryStopsAfter and recoveryStopsBefore in PostgreSQL's xlogrecovery.c, xlog.c before 15; the same from 10 to 18).
 * Where WAL ends there, such a server does not stop but comes to the end of the WAL: from 13 on it fails then.
 * @param read the line, from one before the consistency on; it is read only where the WAL goes on
 * @returns `outcome`; without a stop where the server would not make one
 */
export async function withImmediateStop(
  { target, supply, rules }: Pick<ProofRequest, 'target' | 'supply' | 'rules'>,
  outcome: ReplayOutcome,
  read: () => AsyncIterable<ReadLineSegment>,
  options: StorageOptions,
): Promise<ReplayOutcome> {
  // WAL that ends there needs no stop.
  if (target.kind !== 'immediate' || supply === 'exact' || outcome.stop === undefined) return outcome;
  const stop = afterTransaction(outcome) ?? (await beforeNext(outcome, rules, read, options));
  return { ...outcome, stop };
}

/** Where the record with which the backup became consistent is that of a transaction, the first phase of one included. */
function afterTransaction({ lastMark, consistentLsn }: ReplayOutcome): ReplayStop | undefined {
  if (lastMark === undefined || !isTransaction(lastMark) || lastMark.endLsn !== consistentLsn) return undefined;
  const { startLsn, endLsn } = lastMark;
  return { how: 'after', record: { startLsn, endLsn }, event: lastMark, lsn: endLsn };
}

async function beforeNext(
  { consistentLsn, endLsn }: ReplayOutcome,
  rules: StopRules,
  read: () => AsyncIterable<ReadLineSegment>,
  options: StorageOptions,
): Promise<ReplayStop | undefined> {
  if (consistentLsn === undefined || endLsn === undefined || endLsn <= consistentLsn) return undefined;
  const record = await locateRecord(read(), consistentLsn, rules, options);
  // What lies behind a hole is not replayed.
  if (record === undefined || record.endLsn > endLsn) return undefined;
  return { how: 'before', record, event: undefined, lsn: consistentLsn };
}
