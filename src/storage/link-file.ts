import { link, lstat } from 'node:fs/promises';
import { systemCodeOf } from '../errors/backup-error.ts';
import { unlessAbsent } from './absence.ts';
import type { Storage, StorageOptions } from './storage.ts';

/** A file that is to be an object as well. */
export interface FileToLink {
  /** Of the object. */
  readonly name: string;
  /** Of the file, on this host. */
  readonly path: string;
}

/**
 * `linked`: the object is the file. `present`: it was already. `other`: another object has the name. `refused`: the file system
 * does not allow it, or the file belongs to another account than the objects do. `absent`: there is no such file.
 */
export type LinkOutcome = 'linked' | 'present' | 'other' | 'refused' | 'absent';

/** A storage whose objects are files of this host. */
export interface FileStorage extends Storage {
  /** Where an object is, or would be. */
  pathOf(name: string): string;
  /**
   * Gives files names here, by hard links: nothing is copied, and what is changed in such a file is changed in the object. Durable
   * when it resolves. Nothing is ever overwritten.
   * @returns what became of each, in their order
   */
  link(files: readonly FileToLink[], options?: StorageOptions): Promise<LinkOutcome[]>;
}

/** What a system says that makes no link there: two file systems, too many names, a rule against files of others. */
const refusals: readonly string[] = ['EXDEV', 'EPERM', 'EACCES', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/** @param owner the account that files at `place` have to belong to @throws Error of the system */
export async function linkFile(path: string, place: string, owner: number | undefined): Promise<LinkOutcome> {
  const file = await lstat(path).catch(unlessAbsent);
  if (file === undefined) return 'absent';
  if (!file.isFile() || (owner !== undefined && file.uid !== owner)) return 'refused';
  try {
    await link(path, place);
    return 'linked';
  } catch (error) {
    const code = systemCodeOf(error) ?? '';
    if (refusals.includes(code)) return 'refused';
    if (code === 'ENOENT' && (await lstat(path).catch(unlessAbsent)) === undefined) return 'absent';
    if (code !== 'EEXIST') throw error;
    const there = await lstat(place);
    return there.ino === file.ino && there.dev === file.dev ? 'present' : 'other';
  }
}
