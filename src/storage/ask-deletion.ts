import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { placeWords } from '../messages/place-words.ts';
import type { Storage, StorageOptions } from './storage.ts';

/** What a storage says about deletions by this account: that they are allowed, or the folder where they are not. */
export type DeletionAnswer = 'allowed' | { readonly refusedIn: string };

/**
 * Asks whether this account may delete, before anything is changed; in each folder that comes into question, as a policy may tell them apart. Nothing is written.
 * @param names of objects that are not there, one in each folder
 * @returns undefined where the storage cannot be asked: only trying tells
 */
export async function askDeletion(
  storage: Storage,
  names: readonly string[],
  options: StorageOptions = {},
): Promise<DeletionAnswer | undefined> {
  let answer: DeletionAnswer | undefined;
  for (const name of names) {
    const may = await storage.mayDelete?.(name, options);
    if (may === false) return { refusedIn: name.slice(0, name.indexOf('/') + 1) };
    if (may === true) answer = 'allowed';
  }
  return answer;
}

/** @throws BackupError `AUTHENTICATION` where this account may not delete */
export async function refuseUndeletable(
  storage: Storage,
  names: readonly string[],
  options: StorageOptions = {},
): Promise<void> {
  const answer = await askDeletion(storage, names, options);
  if (typeof answer !== 'object') return;
  const words = { place: placeWords(storage.description), folder: answer.refusedIn };
  throw new BackupError('AUTHENTICATION', say('deletion.refused', words), {
    hint: say('deletion.refused.hint'),
    context: { storage: storage.description },
  });
}
