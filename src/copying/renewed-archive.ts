import type { Storage, StorageOptions } from '../storage/storage.ts';
import { walFolder } from '../wal-archive/archive-wal.ts';
import { identityName } from '../wal-archive/archive-identity.ts';
import type { Archive } from '../wal-archive/archive.ts';
import { generationName, generationNumbers, type Generation } from '../wal-archive/generation.ts';

/**
 * Names of what says whose archive it is that is missing in the target, or cannot be read there, though WAL is there: it is put anew.
 * @param found the target as `findTarget` found it
 * @param readable generations of it that can be read
 */
export async function renewedOfArchive(
  target: Storage,
  {
    source,
    found,
    readable,
  }: {
    readonly source: readonly Generation[];
    readonly found: Archive | undefined;
    readonly readable: readonly Generation[];
  },
  options: StorageOptions,
): Promise<string[]> {
  const renewed: string[] = [];
  let hasWal = false;
  const numberOf = ({ number }: Generation): number => number;
  const [known, read] = [source.map(numberOf), readable.map(numberOf)];
  for await (const number of generationNumbers(target, options)) {
    const isThere = await holdsAnything(target, walFolder(number), options);
    hasWal ||= isThere;
    if (isThere && known.includes(number) && !read.includes(number)) renewed.push(generationName(number));
  }
  return found === undefined && hasWal ? [identityName, ...renewed] : renewed;
}

async function holdsAnything(storage: Storage, folder: string, options: StorageOptions): Promise<boolean> {
  for await (const _ of storage.list(folder, options)) return true;
  return false;
}
