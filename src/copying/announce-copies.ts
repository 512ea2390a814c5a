import type { BackupError } from '../errors/backup-error.ts';
import { openContent } from '../packs/content-reader.ts';
import { isDamage } from '../packs/damage.ts';
import type { Root } from '../packs/root.ts';
import type { Catalogue } from '../repository/catalogue.ts';
import type { Commit } from '../repository/commit.ts';
import { deleteCopyHold, putCopyHold } from '../repository/copy-hold.ts';
import { fence } from '../repository/put-commit.ts';
import { deleteHold, isLive, readHolds } from '../repository/read-holds.ts';
import { endedIn, isVoid } from '../repository/void-holds.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';

/** Where backups come from and go to: folders of the instance, and the id of the repository that they come from. */
export interface CopyWay {
  readonly source: Storage;
  readonly target: Storage;
  readonly from: string;
}

/**
 * Says in the target which backups are about to be copied, with the packs of others and the WAL that they need, so that `expire` there leaves that alone.
 * @returns the roots that cannot be read, and why: nothing is said of these
 */
export async function announceCopies(
  { source, target, from }: CopyWay,
  pending: readonly Commit[],
  options: StorageOptions,
): Promise<ReadonlyMap<string, BackupError>> {
  const unreadable = new Map<string, BackupError>();
  for (const commit of pending) {
    try {
      const { root } = await openContent(source, commit.root, options);
      await putCopyHold(target, commit, { from, owners: otherOwners(commit, root) }, options);
    } catch (error) {
      if (!isDamage(error)) throw error;
      unreadable.set(commit.backup, error);
    }
  }
  return unreadable;
}

/** Ids of the other backups that wrote packs which a backup uses. */
function otherOwners({ backup }: Pick<Commit, 'backup'>, root: Root): string[] {
  const owners = new Set(root.packs.entries.map(({ pack }) => pack.backup));
  owners.delete(backup);
  return [...owners];
}

/**
 * Which of the announced backups may not be copied now. An `expire` that had looked at the holds before they were announced may be about to delete packs of others that they need; what a backup uses that stays it
 * does not. So while one is at work a backup is copied only if all that it takes over comes of its prior, and that is in the target or copied as well.
 * @param target catalogue, read before the announcement
 * @param lost ids of backups that the target had: what they stored themselves may be about to be deleted as well
 */
export async function unsafeCopies(
  way: CopyWay,
  pending: readonly Commit[],
  { target, lost }: { readonly target: Pick<Catalogue, 'backups'>; readonly lost: ReadonlySet<string> },
  options: StorageOptions,
): Promise<ReadonlySet<string>> {
  const unsafe = new Set<string>();
  const { holds } = await readHolds(way.target, options);
  if (!holds.some((hold) => hold.kind === 'expire' && isLive(hold, Date.now()))) return unsafe;
  const known = new Map<string, Known>();
  for (const { commit } of target.backups) known.set(commit.backup, { commit, storage: way.target });
  for (const commit of pending) {
    const isSafe = !lost.has(commit.backup) && (await comesOfPrior(way.source, commit, known, options));
    if (isSafe) known.set(commit.backup, { commit, storage: way.source });
    else unsafe.add(commit.backup);
  }
  return unsafe;
}

/** A backup, and where its root can be read. */
interface Known {
  readonly commit: Commit;
  readonly storage: Storage;
}

async function comesOfPrior(
  source: Storage,
  commit: Commit,
  known: ReadonlyMap<string, Known>,
  options: StorageOptions,
): Promise<boolean> {
  const { root } = await openContent(source, commit.root, options);
  const others = root.packs.entries.filter(({ pack }) => pack.backup !== commit.backup);
  if (others.length === 0) return true;
  const prior = commit.prior === undefined ? undefined : known.get(commit.prior);
  if (prior === undefined) return false;
  try {
    const { root: before } = await openContent(prior.storage, prior.commit.root, options);
    return others.every(({ pack }) => before.packs.indexOf(pack) !== undefined);
  } catch (error) {
    if (isDamage(error)) return false;
    throw error;
  }
}

/** Takes away what copies said that came to their end; and what was said of backups that the source has no longer: nobody can commit those any more. */
export async function endOldCopies(
  { target, from }: CopyWay,
  sourceCatalogue: Catalogue,
  targetCatalogue: Catalogue,
  options: StorageOptions,
): Promise<void> {
  const ended = endedIn(targetCatalogue);
  const there = new Set(sourceCatalogue.backups.map(({ commit }) => commit.backup));
  for (const backup of sourceCatalogue.damagedBackups) there.add(backup);
  const { holds } = await readHolds(target, options);
  for (const hold of holds) {
    const { kind, run, backup, objects } = hold;
    if (isVoid(hold, ended)) await deleteHold(target, objects, options);
    else if (kind === 'copy' && run === from && !there.has(backup)) await giveUp(target, { backup, from }, options);
  }
}

/** Ids of the backups whose copy from there was announced, and not seen to come to its end. */
export async function unfinishedCopies(
  { target, from }: Pick<CopyWay, 'target' | 'from'>,
  options: StorageOptions,
): Promise<ReadonlySet<string>> {
  const { holds } = await readHolds(target, options);
  return new Set(holds.filter(({ kind, run }) => kind === 'copy' && run === from).map(({ backup }) => backup));
}

/** What is there of it is removed by `expire`. */
export async function giveUp(
  target: Storage,
  copy: { readonly backup: string; readonly from: string },
  options: StorageOptions,
): Promise<void> {
  await fence(target, copy.backup, 'the repository that it was copied from has it no longer', options);
  await deleteCopyHold(target, copy, options);
}
