import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { formatUtc, type RecoveryTarget } from '../server/recovery-target.ts';
import { formatLsn, type Lsn } from '../wal/lsn.ts';
import type { WalEvent } from '../wal/wal-event.ts';
import type { WindowBackup } from '../window/recovery-window.ts';
import { describeTarget } from './target.ts';
import { isTransactionEnd } from '../window/transaction.ts';
import { LineWalker, type LineSegment } from '../window/wal-line.ts';

/** What a target names, where it lies before a backup. */
export interface EarlierEvent {
  readonly startLsn: Lsn;
  readonly timeUs: bigint;
}

type NamedTarget = Extract<RecoveryTarget, { kind: 'xid' | 'name' }>;

/**
 * The last event before `position` that the target names: the end of the transaction, the restore point.
 * @param segments of the line, from its beginning on
 */
export async function findEarlier(
  target: NamedTarget,
  position: Lsn,
  segments: AsyncIterable<LineSegment>,
): Promise<EarlierEvent | undefined> {
  const walker = new LineWalker();
  let found: EarlierEvent | undefined;
  for await (const segment of segments) {
    if (segment.startLsn >= position) break;
    for (const item of walker.step(segment)) {
      if (item.kind === 'event' && item.event.startLsn < position) found = earlier(item.event, target) ?? found;
    }
  }
  return found;
}

function earlier(event: WalEvent, target: NamedTarget): EarlierEvent | undefined {
  const isNamed =
    target.kind === 'name'
      ? event.kind === 'restore-point' && event.name === target.name
      : isTransactionEnd(event) && (event.xid === target.xid || event.xid === BigInt.asUintN(32, target.xid));
  return isNamed && 'timeUs' in event ? { startLsn: event.startLsn, timeUs: event.timeUs } : undefined;
}

/** That a backup begins behind what the target names. */
export function tooNew(backup: WindowBackup, target: NamedTarget, found: EarlierEvent): BackupError {
  const values = {
    target: describeTarget(target),
    backup: backup.name,
    time: formatUtc(found.timeUs),
    lsn: formatLsn(found.startLsn),
    start: formatLsn(backup.startLsn),
  };
  return new BackupError('TARGET_UNREACHABLE', say('window.unreachable.too-new', values), {
    hint: say('window.unreachable.too-new.hint'),
    context: { backup: backup.name },
  });
}
