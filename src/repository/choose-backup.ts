import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Catalogue, ListedBackup } from './catalogue.ts';

/**
 * The backup that a user means: `latest`, the newest that is not condemned; or the beginning of a name.
 * @throws BackupError `BACKUP_NOT_FOUND`; `USAGE` when several names begin so; `CORRUPT` when its commit cannot be read
 */
export function chooseBackup(catalogue: Catalogue, wanted: string): ListedBackup {
  const { backups, damagedBackups } = catalogue;
  if (wanted === 'latest') {
    const newest = backups.findLast(({ condemned }) => condemned === undefined);
    if (newest !== undefined) return newest;
    throw new BackupError('BACKUP_NOT_FOUND', say(backups.length === 0 ? 'repo.no-backups' : 'repo.all-condemned'));
  }
  const names = [...backups.map(({ commit }) => commit.backup), ...damagedBackups];
  const meant = names.filter((name) => wanted !== '' && name.startsWith(wanted));
  const [name, ...others] = meant;
  if (name === undefined) {
    throw new BackupError('BACKUP_NOT_FOUND', say('repo.no-such-backup', { wanted }), {
      hint: say('repo.no-such-backup.hint'),
    });
  }
  if (others.length > 0) {
    const list = { items: meant.slice(0, 5), separator: ', ' };
    throw new BackupError('USAGE', say('repo.which-backup', { wanted, count: meant.length }), {
      hint: say('repo.which-backup.hint', { list }),
    });
  }
  const found = backups.find(({ commit }) => commit.backup === name);
  if (found !== undefined) return found;
  throw new BackupError('CORRUPT', say('repo.damaged-commit', { name }), { hint: say('repo.damaged-commit.hint') });
}

/** The backup that a new one is compared with: the newest that is neither condemned nor named by a removal. */
export function choosePrior({ backups, removals }: Catalogue): ListedBackup | undefined {
  const going = new Set(removals.flatMap((removal) => removal.backups));
  return backups.findLast(({ commit, condemned }) => condemned === undefined && !going.has(commit.backup));
}
