import { deleteIfAllowed } from '../storage/object-lock.ts';
import { putIfAbsent } from '../storage/small-object.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { accountAndHost } from './account.ts';
import { readMarks } from './listings.ts';
import { encodeMark, markObject, parseMarkName, type Mark, type MarkWord } from './mark.ts';
import { newId } from './names.ts';
import { refuseRemoved } from './refuse-removed.ts';

export interface MarkWords {
  /** The note itself, or why: for people. */
  readonly text?: string | undefined;
}

/**
 * Keeps retention from a backup. Durable when it resolves.
 * @param until ISO 8601 in UTC; undefined: for ever
 * @throws BackupError `BACKUP_NOT_FOUND` when it is off the catalogue
 */
export async function pinBackup(
  storage: Storage,
  backup: string,
  { until, text }: MarkWords & { readonly until?: string | undefined },
  options: StorageOptions = {},
): Promise<void> {
  const name = await putMark(storage, backup, { kind: 'pin', until }, text, options);
  try {
    await refuseRemoved(storage, backup, options);
  } catch (error) {
    // What cannot be deleted is lifted, so that it keeps nothing that is to go.
    if (!(await deleteIfAllowed(storage, name, options))) {
      await putMark(storage, backup, { kind: 'lift', lifts: [parseMarkName(name)?.id ?? ''] }, undefined, options);
    }
    throw error;
  }
}

/** Gives a backup a note in the place of those it had. */
export async function noteBackup(
  storage: Storage,
  backup: string,
  text: string,
  options: StorageOptions = {},
): Promise<void> {
  const name = await putMark(storage, backup, { kind: 'note' }, text, options);
  await liftMarks(storage, backup, 'note', { ...options, except: name });
}

/** Says that a backup is bad: it is kept, and never chosen by itself. @param text why */
export async function condemnBackup(
  storage: Storage,
  backup: string,
  { text }: MarkWords,
  options: StorageOptions = {},
): Promise<void> {
  await putMark(storage, backup, { kind: 'condemn' }, text, options);
}

/** Takes back all marks of a kind that a backup has. @returns how many those were */
export async function liftMarks(
  storage: Storage,
  backup: string,
  kind: Exclude<Mark['kind'], 'lift'>,
  { text, except, ...options }: StorageOptions & MarkWords & { readonly except?: string | undefined } = {},
): Promise<number> {
  const { found } = await readMarks(storage, { ...options, backup });
  const lifted = new Set(found.flatMap(({ content }) => (content.kind === 'lift' ? content.lifts : [])));
  const counts = (mark: Mark): boolean => mark.kind === kind && !lifted.has(mark.id) && markObject(mark) !== except;
  const lifts = found.flatMap(({ content }) => (counts(content) ? [content.id] : []));
  if (lifts.length > 0) await putMark(storage, backup, { kind: 'lift', lifts }, text, options);
  return lifts.length;
}

async function putMark(
  storage: Storage,
  backup: string,
  word: MarkWord,
  text: string | undefined,
  options: StorageOptions,
): Promise<string> {
  const mark: Mark = { ...word, id: newId(), backup, text, by: accountAndHost(), at: new Date().toISOString() };
  const name = markObject(mark);
  await putIfAbsent(storage, name, encodeMark(mark), options);
  return name;
}
