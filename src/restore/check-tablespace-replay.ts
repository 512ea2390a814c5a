import { existsSync } from 'node:fs';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { formatLsn } from '../wal/lsn.ts';
import type { ProvedTarget } from './prove-target.ts';
import type { RecoveryRequest } from './recovery-request.ts';

/**
 * A server that replays CREATE TABLESPACE makes the directory anew at the place where the original had it, whatever is
 * there now: that of the original, if it runs on this host.
 * @throws BackupError `TARGET_NOT_EMPTY` where such a place exists outside of the restored instance
 */
export function checkTablespaceReplay(
  { proof }: ProvedTarget,
  { allowTablespaceReplay, directory }: RecoveryRequest & { readonly directory: string },
): void {
  if (allowTablespaceReplay === true) return;
  for (const event of proof.tablespaces) {
    if (event.kind !== 'tablespace-create' || event.isRelative || event.path === '') continue;
    const isInside = event.path === directory || event.path.startsWith(`${directory}/`);
    if (isInside || !existsSync(event.path)) continue;
    throw new BackupError(
      'TARGET_NOT_EMPTY',
      say('restore-recovery.tablespace', { lsn: formatLsn(event.startLsn), oid: event.oid, path: event.path }),
      { hint: say('restore-recovery.tablespace.hint') },
    );
  }
}
