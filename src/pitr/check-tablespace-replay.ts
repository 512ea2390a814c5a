import { readdirSync } from 'node:fs';
import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { restoreRulesOf } from '../server/restore-rules.ts';
import { formatLsn } from '../wal/lsn.ts';
import type { ProvedTarget } from './prove-recovery-target.ts';
import type { PitrRequest } from './pitr-request.ts';

/**
 * A server that replays CREATE TABLESPACE does it at the place where the original had the directory: that of the original,
 * if it runs on this host, and its content is lost. PostgreSQL fails where there is no directory.
 * @throws BackupError `TARGET_NOT_EMPTY` where such a place has content outside of the restored instance;
 * `TARGET_UNREACHABLE` where a place is missing that must be there
 */
export function checkTablespaceReplay(
  { proof, identity }: Pick<ProvedTarget, 'proof' | 'identity'>,
  { allowTablespaceReplay = false, directory }: PitrRequest & { readonly directory: string },
): void {
  const { replayMakesTablespaces } = restoreRulesOf(identity.family);
  for (const event of proof.tablespaces) {
    if (event.kind !== 'tablespace-create' || event.isRelative || event.path === '') continue;
    if (event.path === directory || event.path.startsWith(`${directory}/`)) continue;
    const values = { lsn: formatLsn(event.startLsn), oid: event.oid, path: event.path };
    const state = stateOf(event.path);
    if (state === 'missing' && !replayMakesTablespaces) {
      throw new BackupError('TARGET_UNREACHABLE', say('restore-recovery.tablespace-missing', values), {
        hint: say('restore-recovery.tablespace-missing.hint', { path: event.path }),
      });
    }
    if (state !== 'filled' || allowTablespaceReplay) continue;
    throw new BackupError('TARGET_NOT_EMPTY', say('restore-recovery.tablespace', values), {
      hint: say('restore-recovery.tablespace.hint'),
    });
  }
}

/** What cannot be looked into counts as filled. */
function stateOf(path: string): 'missing' | 'empty' | 'filled' {
  try {
    return readdirSync(path).length === 0 ? 'empty' : 'filled';
  } catch (error) {
    return systemCodeOf(error) === 'ENOENT' ? 'missing' : 'filled';
  }
}
