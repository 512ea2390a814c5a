import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { PrunedRange } from '../wal-archive/pruned-range.ts';
import { describePruned } from '../window/noted-gap.ts';
import type { ProvedTarget } from './prove-recovery-target.ts';

/**
 * The other half of the handshake with retention, which says what it removes, looks for holds, and removes: to be called with what it has said once a hold on the backup is there.
 * @throws BackupError `WAL_MISSING` when WAL that the recovery needs is among that
 */
export function refusePruned({ backup, segments }: ProvedTarget, ranges: readonly PrunedRange[]): void {
  for (const { timeline, startLsn, found } of segments) {
    const { generation } = found.object;
    const range = ranges.find(
      (one) =>
        one.generation === generation && one.timeline === timeline && one.beginLsn <= startLsn && one.endLsn > startLsn,
    );
    if (range === undefined) continue;
    const pruned = describePruned({ ...range, noticedAt: range.at });
    throw new BackupError('WAL_MISSING', say('pruned.meanwhile', { backup: backup.name, pruned }), {
      hint: say('pruned.meanwhile.hint'),
    });
  }
}
