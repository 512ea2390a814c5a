import type { StorageOptions } from '../storage/storage.ts';
import type { WalInventory } from '../survey/inventory.ts';
import { knownIndex } from '../survey/read-segment.ts';
import { filesOfLine } from '../survey/read-line.ts';
import type { WalKnowledge } from '../survey/wal-knowledge.ts';
import type { WalLine } from '../window/recovery-window.ts';
import { lsn } from '../wal/lsn.ts';
import { segmentStart } from '../wal/segment.ts';
import { isCommit, isTransactionEnd, transactionMark } from '../window/transaction.ts';
import type { ReplayOutcome } from './replay.ts';
import type { TargetProof } from './target-proof.ts';

/** Where to look. */
export interface LostBehindOptions extends StorageOptions {
  readonly line: WalLine;
  readonly inventory: WalInventory;
  readonly knowledge: WalKnowledge;
}

/**
 * A proof, with what is lost behind a break of the line as far as indexes tell: no WAL is read for it, and what damaged or missing
 * segments held that have none is not counted.
 * @returns `proof` itself where the WAL does not break, where retention removed what follows, or where that is of another line
 */
export async function withLostBehind(
  proof: TargetProof,
  { broken, endLsn }: Pick<ReplayOutcome, 'broken' | 'endLsn'>,
  { line, inventory, ...options }: LostBehindOptions,
): Promise<TargetProof> {
  if (endLsn === undefined || (broken?.kind !== 'damaged' && broken?.kind !== 'missing')) return proof;
  let { firstLost, lostCommits, lostAborts } = proof;
  const passed = new Set<string>();
  for (const found of filesOfLine(inventory, line, endLsn)) {
    options.signal?.throwIfAborted();
    const { name } = found.object.file;
    const index = passed.has(name) ? undefined : await knownIndex(found, options);
    if (index === undefined) continue;
    passed.add(name);
    for (const event of index.events) {
      if (event.startLsn < endLsn || !isTransactionEnd(event)) continue;
      firstLost ??= transactionMark(event);
      if (isCommit(event)) lostCommits += 1;
      else lostAborts += 1;
    }
  }
  return { ...proof, firstLost, lostCommits, lostAborts };
}

/**
 * A proof of a recovery that replays no end of a transaction, with the last one before the backup as far as indexes tell: it is in the
 * backup. Reads no WAL.
 */
export async function withKeptBefore(
  proof: TargetProof,
  { line, inventory, ...options }: LostBehindOptions,
): Promise<TargetProof> {
  if (proof.lastKept !== undefined) return proof;
  const { startLsn } = proof.backup;
  const size = BigInt(inventory.segmentSizeBytes);
  const newestFirst = filesOfLine(inventory, line, lsn(0n))
    .filter((found) => found.startLsn <= startLsn)
    .reverse();
  let expected = segmentStart(startLsn, inventory.segmentSizeBytes);
  for (const found of newestFirst) {
    options.signal?.throwIfAborted();
    // Another file of the same segment, or a hole: what lay there may have been later.
    if (found.startLsn > expected) continue;
    const index = found.startLsn === expected ? await knownIndex(found, options) : undefined;
    if (index === undefined) return proof;
    const last = index.events.findLast((event) => event.startLsn < startLsn && isTransactionEnd(event));
    if (last !== undefined && isTransactionEnd(last)) return { ...proof, endedBefore: transactionMark(last) };
    expected = lsn(expected - size);
  }
  return proof;
}
