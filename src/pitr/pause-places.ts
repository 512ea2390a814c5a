import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { formatLsn } from '../wal/lsn.ts';
import type { WalEvent } from '../wal/wal-event.ts';
import type { ProofRequest } from './proof-request.ts';
import type { ReplayOutcome } from './replay.ts';
import { describeTarget } from './target.ts';
import { isTransaction, transactionMark } from '../window/transaction.ts';
import { describeMark } from './unreachable.ts';

/** The refusal of a target at which the server cannot pause, with the nearest ones at which it can. */
export function noPause(
  pause: 'no' | 'impossible',
  { target, backup }: ProofRequest,
  { pausePlaces, consistentLsn }: ReplayOutcome,
): BackupError {
  if (pause === 'no') return new BackupError('USAGE', say('window.no-pause.not-asked'));
  const { before, behind } = pausePlaces;
  const places = [before, behind].filter(
    (event) => event !== undefined && (consistentLsn === undefined || event.endLsn >= consistentLsn),
  ) as WalEvent[];
  return new BackupError('TARGET_UNREACHABLE', say('window.no-pause', { target: describeTarget(target) }), {
    hint:
      places.length === 0
        ? say('window.no-pause.nowhere.hint')
        : say('window.no-pause.hint', { list: { items: places.map(describePlace), separator: '; ' } }),
    context: { backup: backup.name },
  });
}

function describePlace(event: WalEvent): Message {
  if (isTransaction(event)) {
    return say('window.place.xid', { xid: event.xid, transaction: describeMark(transactionMark(event)) });
  }
  if (event.kind === 'restore-point') {
    return say('window.place.restore-point', { lsn: formatLsn(event.startLsn), name: event.name });
  }
  return say('window.place.backup-end', { lsn: formatLsn(event.endLsn) });
}
