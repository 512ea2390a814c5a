import { closeSync, lstatSync, type Dir, type Dirent, type Stats } from 'node:fs';
import { opendir } from 'node:fs/promises';
import type { ByteString } from '../bytes/byte-string.ts';
import { systemCodeOf } from '../errors/backup-error.ts';
import { fileFailure } from './failure.ts';
import { fsPath, joinPath } from './path.ts';
import { pathInside, RealRoot } from './real-place.ts';

export type EntryType = 'file' | 'directory' | 'symlink' | 'other';

/** latin1 gives one character per byte, which is what a ByteString is. */
const inBytes = { encoding: 'latin1', bufferSize: 256 } as const;

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
    const held = await holdDirectory(real, path);
    try {
      for await (const entry of entriesIn(held.entries, path)) {
        signal?.throwIfAborted();
        const name = (directory === '' ? entry.name : `${directory}/${entry.name}`) as ByteString;
        const type = typeOf(entry);
        yield { name, type, at: joinPath(held.at, entry.name) };
        if (type === 'directory') pending.push(name);
      }
    } finally {
      if (held.descriptor !== undefined) closeSync(held.descriptor);
    }
  }
}

interface HeldDirectory {
  readonly entries: Dir;
  /** Its path, as it holds while the descriptor is open. */
  readonly at: ByteString;
  readonly descriptor: number | undefined;
}

/** Opens a directory that is proved to be the one below the root, and keeps it; where descriptors are at their limit, it is only proved. */
async function holdDirectory(real: RealRoot, path: ByteString): Promise<HeldDirectory> {
  const descriptor = real.openDirectory(path);
  const at = pathInside(descriptor, path);
  try {
    return { entries: await opendir(fsPath(at), inBytes), at, descriptor };
  } catch (error) {
    closeSync(descriptor);
    if (!['EMFILE', 'ENFILE'].includes(systemCodeOf(error) ?? '')) throw fileFailure('read', path, error);
  }
  try {
    return { entries: await opendir(fsPath(path), inBytes), at: path, descriptor: undefined };
  } catch (error) {
    throw fileFailure('read', path, error);
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
    yield* await opendir(fsPath(path), inBytes);
  } catch (error) {
    throw fileFailure('read', path, error);
  }
}

async function* entriesIn(entries: Dir, path: ByteString): AsyncGenerator<Dirent, void, undefined> {
  try {
    yield* entries;
  } catch (error) {
    throw fileFailure('read', path, error);
  }
}

function typeOf(entry: Dirent): EntryType {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  return entry.isSymbolicLink() ? 'symlink' : 'other';
}
