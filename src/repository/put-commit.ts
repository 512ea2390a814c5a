import { hostname, userInfo } from 'node:os';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { damaged } from '../storage/sealed-json.ts';
import { putIfAbsent, readSmallObject } from '../storage/small-object.ts';
import type { StorageOptions } from '../storage/storage.ts';
import {
  decodeCommit,
  encodeCommit,
  encodeTombstone,
  isTombstone,
  largestCommit,
  type Commit,
  type Tombstone,
} from './commit.ts';
import type { Instance } from './instance.ts';
import { encodeMark, marksFolder, type Mark, type MarkWord } from './mark.ts';
import { commitObject, newId } from './names.ts';

/**
 * Makes a backup one. Durable when it resolves; what a lost answer left undecided is found out.
 * @throws BackupError `LOCKED` when the run was declared dead meanwhile: nothing of it is a backup
 */
export async function putCommit(
  { storage }: Pick<Instance, 'storage'>,
  commit: Commit,
  options: StorageOptions = {},
): Promise<void> {
  const bytes = encodeCommit(commit);
  if (bytes.length > largestCommit) throw new BackupError('INTERNAL', say('repo.commit-too-large'));
  const name = commitObject(commit.backup);
  if (await putIfAbsent(storage, name, bytes, options)) return;
  const there = await readSmallObject(storage, name, { ...options, limit: largestCommit });
  if (there?.equals(bytes) === true) return;
  const stored = there && decodeCommit(there, commit.backup);
  if (stored === undefined || !isTombstone(stored)) throw damaged(name);
  const { declaredBy, reason } = stored;
  throw new BackupError('LOCKED', say('repo.declared-dead', { backup: commit.backup, declaredBy, reason }), {
    hint: say('repo.declared-dead.hint'),
  });
}

/**
 * Declares the run dead that announced `backup`: it can never commit under that name. @returns false when it did commit
 * @throws BackupError `CORRUPT` when what is there cannot be read
 */
export async function putTombstone(
  { storage }: Pick<Instance, 'storage'>,
  tombstone: Tombstone,
  options: StorageOptions = {},
): Promise<boolean> {
  const name = commitObject(tombstone.backup);
  if (await putIfAbsent(storage, name, encodeTombstone(tombstone), options)) return true;
  const there = await readSmallObject(storage, name, { ...options, limit: largestCommit });
  if (there === undefined) throw damaged(name);
  return isTombstone(decodeCommit(there, tombstone.backup));
}

/** Says something about a backup, durably. @param text the note, or why */
export async function putMark(
  { storage }: Pick<Instance, 'storage'>,
  backup: string,
  word: MarkWord & { readonly text?: string | undefined },
  options: StorageOptions = {},
): Promise<void> {
  const mark: Mark = { ...word, text: word.text, backup, by: accountAndHost(), at: new Date().toISOString() };
  await putIfAbsent(storage, `${marksFolder(backup)}${newId()}.json`, encodeMark(mark), options);
}

/** `account@host`, for people. */
export function accountAndHost(): string {
  return `${userInfo().username}@${hostname()}`;
}
