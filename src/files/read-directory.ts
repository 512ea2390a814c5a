import { closeSync, lstatSync, type Dirent, type Stats } from 'node:fs';
import { opendir } from 'node:fs/promises';
import type { ByteString } from '../bytes/byte-string.ts';
import { fileFailure } from './failure.ts';
import { fsPath, joinPath } from './path.ts';
import { pathInside, RealRoot } from './real-place.ts';

export type EntryType = 'file' | 'directory' | 'symlink' | 'other';

/** Something in a directory tree. */
export interface TreeEntry {
  /** Relative to the root, with `/`. */
  readonly name: ByteString;
  readonly type: EntryType;
}

/** One that a walk is at. */
export interface WalkedEntry extends TreeEntry {
  /** A path to it that holds until the next entry is asked for, whatever becomes of the directories above: for what changes it. */
  readonly at: ByteString;
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
 * a link; below it no link is followed, so that the walk cannot leave it, not even where a directory becomes one meanwhile.
 * Memory: one directory's handle and names of directories still to be read.
 * @throws BackupError `STORAGE_UNAVAILABLE`; `CORRUPT` where a directory has become a link
 */
export async function* walkTree(
  root: ByteString,
  { signal }: Abortable = {},
): AsyncGenerator<WalkedEntry, void, undefined> {
  const real = new RealRoot(root);
  const pending: ByteString[] = ['' as ByteString];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    const path = joinPath(root, directory);
    const descriptor = real.openDirectory(path);
    try {
      for await (const entry of entriesOf(path, pathInside(descriptor, path, '.'))) {
        signal?.throwIfAborted();
        const name = (directory === '' ? entry.name : `${directory}/${entry.name}`) as ByteString;
        const type = typeOf(entry);
        yield { name, type, at: pathInside(descriptor, path, entry.name) };
        if (type === 'directory') pending.push(name);
      }
    } finally {
      closeSync(descriptor);
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

/** The entries of one directory, in byte-exact names. @param at another path to it. Closes the directory when it is left early. */
export async function* entriesOf(path: ByteString, at: ByteString = path): AsyncGenerator<Dirent, void, undefined> {
  try {
    // latin1 gives one character per byte, which is what a ByteString is.
    yield* await opendir(fsPath(at), { encoding: 'latin1', bufferSize: 256 });
  } catch (error) {
    throw fileFailure('read', path, error);
  }
}

function typeOf(entry: Dirent): EntryType {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  return entry.isSymbolicLink() ? 'symlink' : 'other';
}
