import type { RecoveryTarget } from '../server/recovery-target.ts';
import type { WalEvent } from '../wal/wal-event.ts';

/**
 * What a server is told so that it pauses behind this record, where its WAL ends: openGauss stops at ends of transactions
 * (not at those of prepared ones) and at records of the XLOG manager. undefined: at nothing that it could be told.
 */
export function pauseTargetAt(event: WalEvent): RecoveryTarget | undefined {
  if (event.kind === 'commit' || event.kind === 'abort') return { kind: 'xid', xid: event.xid };
  if (event.kind === 'restore-point' || event.kind === 'backup-end') return { kind: 'lsn', lsn: event.startLsn };
  return undefined;
}
