import { lstatSync, type Dirent, type Stats } from 'node:fs';
import { opendir } from 'node:fs/promises';
import type { ByteString } from '../bytes/byte-string.ts';
import { fileFailure } from './failure.ts';
import { fsPath, joinPath } from './path.ts';

export type EntryType = 'file' | 'directory' | 'symlink' | 'other';

/** Something in a directory tree. */
export interface TreeEntry {
  /** Relative to the root, with `/`. */
  readonly name: ByteString;
  readonly type: EntryType;
}

export interface TreeEntryWithStats extends TreeEntry {
  /** As of `lstat`: links are described, not followed. */
  readonly stats: Stats;
}

interface Abortable {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Everything below `root`, in the order of the file system, each directory before what is in it. `root` itself may be
 * a link; below it no link is followed, so that the walk cannot leave it. Memory: one directory's handle and names of
 * directories still to be read.
 * @throws BackupError `STORAGE_UNAVAILABLE`
 */
export async function* walkTree(
  root: ByteString,
  { signal }: Abortable = {},
): AsyncGenerator<TreeEntry, void, undefined> {
  const pending: ByteString[] = ['' as ByteString];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    for await (const entry of entriesOf(joinPath(root, directory))) {
      signal?.throwIfAborted();
      const name = (directory === '' ? entry.name : `${directory}/${entry.name}`) as ByteString;
      const type = typeOf(entry);
      yield { name, type };
      if (type === 'directory') pending.push(name);
    }
  }
}

/** `walkTree` with the metadata of each entry. */
export async function* readDirectory(
  root: ByteString,
  options: Abortable = {},
): AsyncGenerator<TreeEntryWithStats, void, undefined> {
  for await (const entry of walkTree(root, options)) {
    const path = joinPath(root, entry.name);
    let stats: Stats;
    try {
      stats = lstatSync(fsPath(path));
    } catch (error) {
      throw fileFailure('read', path, error);
    }
    yield { ...entry, stats };
  }
}

/** The entries of one directory, in byte-exact names. Closes the directory when it is left early. */
export async function* entriesOf(path: ByteString): AsyncGenerator<Dirent, void, undefined> {
  try {
    // latin1 gives one character per byte, which is what a ByteString is.
    yield* await opendir(fsPath(path), { encoding: 'latin1', bufferSize: 256 });
  } catch (error) {
    throw fileFailure('read', path, error);
  }
}

function typeOf(entry: Dirent): EntryType {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  return entry.isSymbolicLink() ? 'symlink' : 'other';
}
