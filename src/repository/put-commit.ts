import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { damaged } from '../storage/sealed-json.ts';
import { putIfAbsent, readSmallObject } from '../storage/small-object.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { accountAndHost } from './account.ts';
import { decodeCommit, encodeCommit, encodeTombstone, isTombstone, type Commit, type Tombstone } from './commit.ts';
import { commitObject } from './names.ts';

/**
 * Makes a backup one. Durable when it resolves; what a lost answer left undecided is found out.
 * @returns false: it was there, as somebody else put it, or this very call before an answer was lost
 * @param options `bytes`: as another repository has it, of a later version it may say more
 * @throws BackupError `LOCKED` when the run was declared dead meanwhile: nothing of it is a backup
 */
export async function putCommit(
  storage: Storage,
  commit: Commit,
  { bytes = encodeCommit(commit), ...options }: StorageOptions & { readonly bytes?: Buffer | undefined } = {},
): Promise<boolean> {
  const name = commitObject(commit.backup);
  if (await putIfAbsent(storage, name, bytes, options)) return true;
  const there = await readSmallObject(storage, name, options);
  if (there?.equals(bytes) === true) return false;
  const stored = there && decodeCommit(there, commit.backup);
  if (stored === undefined || !isTombstone(stored)) throw damaged(name);
  const { by, reason } = stored;
  throw new BackupError('LOCKED', say('repo.declared-dead', { backup: commit.name, by, reason }), {
    hint: say('repo.declared-dead.hint'),
  });
}

/**
 * Sees to it that nobody can commit as `backup` any more: what was to be it is declared dead.
 * @returns the commit where it did commit before; undefined: a tombstone is there
 * @throws BackupError `CORRUPT` when what is there cannot be read
 */
export async function fence(
  storage: Storage,
  backup: string,
  reason: string,
  options: StorageOptions = {},
): Promise<Commit | undefined> {
  const name = commitObject(backup);
  const tombstone: Tombstone = { backup, by: accountAndHost(), reason, at: new Date().toISOString() };
  if (await putIfAbsent(storage, name, encodeTombstone(tombstone), options)) return undefined;
  const there = await readSmallObject(storage, name, options);
  if (there === undefined) throw damaged(name);
  const stored = decodeCommit(there, backup);
  return isTombstone(stored) ? undefined : stored;
}

/** Whether a backup has its commit. @throws BackupError `CORRUPT`, `REPOSITORY_VERSION` */
export async function isCommitted(storage: Storage, backup: string, options: StorageOptions = {}): Promise<boolean> {
  const stored = await readStored(storage, backup, options);
  return stored !== undefined && !isTombstone(stored);
}

/** Whether a tombstone is there. @throws BackupError `CORRUPT`, `REPOSITORY_VERSION` */
export async function isFenced(storage: Storage, backup: string, options: StorageOptions = {}): Promise<boolean> {
  const stored = await readStored(storage, backup, options);
  return stored !== undefined && isTombstone(stored);
}

async function readStored(
  storage: Storage,
  backup: string,
  options: StorageOptions,
): Promise<Commit | Tombstone | undefined> {
  const bytes = await readSmallObject(storage, commitObject(backup), options);
  return bytes && decodeCommit(bytes, backup);
}
