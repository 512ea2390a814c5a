import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Catalogue, DamagedCommit, ListedBackup } from './catalogue.ts';
import { isId } from './names.ts';

/** So many names are told in a sentence. */
const mostTold = 5;

/**
 * The backup that a user means: `latest`, the newest that is not condemned; or the beginning of a name or of an id.
 * @throws BackupError `BACKUP_NOT_FOUND`, also for one that is being removed; `USAGE` when several begin so; `CORRUPT` when its commit cannot be read, or may be one of those
 */
export function chooseBackup(catalogue: Catalogue, wanted: string): ListedBackup {
  if (wanted === 'latest') return latestOf(catalogue);
  const { backups, damagedCommits } = catalogue;
  const begins = (name: string): boolean => wanted !== '' && name.startsWith(wanted);
  const meant = backups.filter(({ commit }) => begins(commit.name) || begins(commit.backup));
  // Of a damaged commit only the id is known; in a name it comes behind the time.
  const idPart = /^\d{8}T\d{6}Z-([0-9a-f]+)$/.exec(wanted)?.[1];
  const damaged = damagedCommits.filter(
    ({ backup }) => begins(backup) || (idPart !== undefined && backup.startsWith(idPart)),
  );
  if (meant.length + damaged.length > 1) {
    const items = [...meant.map(({ commit }) => commit.name), ...damaged.map(({ backup }) => backup)];
    throw new BackupError('USAGE', say('repo.which-backup', { wanted }), {
      hint: say('repo.which-backup.hint', { list: { items: items.slice(0, mostTold), separator: ', ' } }),
    });
  }
  const [found] = meant;
  if (found !== undefined) return found;
  const [unread] = damaged;
  if (unread !== undefined) throw damagedCommit(unread);
  throw notFound(catalogue, wanted);
}

/**
 * Commits that cannot be read and may be of a newer backup than the one that was taken for the latest: where the storage says that they were stored before it, they are not.
 * @param chosen undefined: all of them
 */
export function unreadNewer(
  { damagedCommits }: Pick<Catalogue, 'damagedCommits'>,
  chosen: ListedBackup | undefined,
): readonly DamagedCommit[] {
  if (chosen === undefined) return damagedCommits;
  return damagedCommits.filter(({ storedAtMs }) => storedAtMs === undefined || storedAtMs >= chosen.timeMs);
}

/** What a new backup may be compared with, the best first: the newest that is neither condemned nor removed. */
export function priorCandidates({ backups }: Catalogue): ListedBackup[] {
  return backups.filter(({ isCondemned }) => !isCondemned).reverse();
}

function latestOf({ backups, damagedCommits }: Catalogue): ListedBackup {
  const newest = backups.findLast(({ isCondemned }) => !isCondemned);
  if (newest !== undefined) return newest;
  const [unread] = damagedCommits;
  if (unread !== undefined) throw damagedCommit(unread);
  if (backups.length === 0) throw new BackupError('BACKUP_NOT_FOUND', say('repo.no-backups'));
  throw new BackupError('BACKUP_NOT_FOUND', say('repo.all-condemned'), { hint: say('repo.all-condemned.hint') });
}

function damagedCommit({ backup: name }: DamagedCommit): BackupError {
  return new BackupError('CORRUPT', say('repo.damaged-commit', { name }), { hint: say('repo.damaged-commit.hint') });
}

/** None that can be read: it may be on its way out, or one of those that cannot. */
function notFound({ removed, removals, damagedCommits }: Catalogue, wanted: string): BackupError {
  const begins = (name: string): boolean => wanted !== '' && name.startsWith(wanted);
  const going = removed.find(({ commit }) => begins(commit.name) || begins(commit.backup));
  if (going !== undefined) {
    const { name, backup } = going.commit;
    const at = removals.find((removal) => removal.backup === backup)?.at;
    return new BackupError(
      'BACKUP_NOT_FOUND',
      at === undefined ? say('repo.being-removed', { name }) : say('repo.being-removed-since', { name, at }),
      { hint: say('repo.being-removed.hint') },
    );
  }
  // The time that the name of a backup begins with is in its commit alone.
  if (damagedCommits.length > 0 && /^\d[\dTZ]*-?$/.test(wanted) && !isId(wanted)) {
    const items = damagedCommits.slice(0, mostTold).map(({ backup }) => backup);
    return new BackupError(
      'CORRUPT',
      say('repo.maybe-damaged', { wanted, count: damagedCommits.length, list: { items, separator: ', ' } }),
      { hint: say('repo.maybe-damaged.hint') },
    );
  }
  return new BackupError('BACKUP_NOT_FOUND', say('repo.no-such-backup', { wanted }), {
    hint: say('repo.no-such-backup.hint'),
  });
}
