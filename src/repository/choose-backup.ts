import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Catalogue, ListedBackup } from './catalogue.ts';

/**
 * The backup that a user means: `latest`, the newest that is not condemned; or the beginning of a name or of an id.
 * @throws BackupError `BACKUP_NOT_FOUND`; `USAGE` when several begin so; `CORRUPT` when its commit cannot be read
 */
export function chooseBackup({ backups, damagedBackups }: Catalogue, wanted: string): ListedBackup {
  if (wanted === 'latest') {
    const newest = backups.findLast(({ isCondemned }) => !isCondemned);
    if (newest !== undefined) return newest;
    throw new BackupError('BACKUP_NOT_FOUND', say(backups.length === 0 ? 'repo.no-backups' : 'repo.all-condemned'));
  }
  const begins = (name: string): boolean => wanted !== '' && name.startsWith(wanted);
  const meant = backups.filter(({ commit }) => begins(commit.name) || begins(commit.backup));
  // Of a damaged commit only the id is known; in a name it comes last.
  const damaged = damagedBackups.filter((id) => begins(id) || (wanted.endsWith(id) && wanted !== ''));
  if (meant.length + damaged.length > 1) {
    const items = [...meant.map(({ commit }) => commit.name), ...damaged].slice(0, 5);
    throw new BackupError('USAGE', say('repo.which-backup', { wanted }), {
      hint: say('repo.which-backup.hint', { list: { items, separator: ', ' } }),
    });
  }
  const [found] = meant;
  if (found !== undefined) return found;
  const [name] = damaged;
  if (name !== undefined) {
    throw new BackupError('CORRUPT', say('repo.damaged-commit', { name }), { hint: say('repo.damaged-commit.hint') });
  }
  throw new BackupError('BACKUP_NOT_FOUND', say('repo.no-such-backup', { wanted }), {
    hint: say('repo.no-such-backup.hint'),
  });
}

/** What a new backup may be compared with, the best first: the newest that is neither condemned nor removed. */
export function priorCandidates({ backups }: Catalogue): ListedBackup[] {
  return backups.filter(({ isCondemned }) => !isCondemned).reverse();
}
