import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, unlinkSync } from 'node:fs';
import { display, type ByteString } from '../bytes/byte-string.ts';
import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { fileFailure } from './failure.ts';
import { fsPath, joinPath, lastPart, parentPath } from './path.ts';

/**
 * Where things really lie. A directory that was there a moment ago can be a link by now, made by whoever may write beside it; a path
 * goes through it. What was opened is asked instead: the kernel knows where it is. Linux tells that in /proc; where there is none,
 * nothing is compared.
 */

/**
 * Where what is open lies. @returns undefined where the kernel does not tell
 * @throws BackupError `STORAGE_UNAVAILABLE` when it fails to
 */
function placeOf(descriptor: number, path: ByteString): ByteString | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`, { encoding: 'latin1' }) as ByteString;
  } catch (error) {
    if (hasNoSuchPath(error)) return undefined;
    throw fileFailure('read', path, error);
  }
}

/** Whether a path of /proc failed because this kernel, or this container, has none. */
export function hasNoSuchPath(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].includes(systemCodeOf(error) ?? '');
}

/**
 * @param place where what is open has to lie; undefined: that is not known
 * @throws BackupError `STORAGE_UNAVAILABLE` unless it does
 */
export function requirePlace(
  descriptor: number,
  path: ByteString,
  { place, isNew }: { readonly place: ByteString | undefined; readonly isNew: boolean },
): void {
  if (place === undefined) return;
  const actual = placeOf(descriptor, path);
  if (actual === place) return;
  if (isNew && actual !== undefined) discard(descriptor, actual);
  const values = { path: display(path), actual: display(actual ?? ('?' as ByteString)) };
  throw new BackupError('STORAGE_UNAVAILABLE', say('files.moved', values), {
    hint: say('files.moved.hint'),
    retryable: false,
  });
}

/** A directory that may be a link itself, and names below it that must not lead elsewhere. */
export class RealRoot {
  readonly #root: ByteString;
  #place: ByteString | 'untold' | undefined;

  constructor(root: ByteString) {
    this.#root = root;
  }

  /**
   * Proves that what is open is what lies at that path below the root.
   * @param isNew it was made for this: where it lies elsewhere, it is removed there
   * @throws BackupError `STORAGE_UNAVAILABLE` unless it is
   */
  require(descriptor: number, path: ByteString, { isNew = false } = {}): void {
    requirePlace(descriptor, path, { place: this.placeOf(path), isNew });
  }

  /**
   * A directory below the root, or the root, open.
   * @returns the descriptor, the caller's to close
   * @throws BackupError `STORAGE_UNAVAILABLE` when it is a link, or lies elsewhere
   */
  openDirectory(path: ByteString): number {
    const follows = path === this.#root ? 0 : constants.O_NOFOLLOW;
    // Before another descriptor is taken: there may be few.
    this.placeOf(path);
    let descriptor: number;
    try {
      descriptor = openSync(fsPath(path), constants.O_RDONLY | constants.O_DIRECTORY | follows);
    } catch (error) {
      if (follows !== 0 && isLink(path)) {
        throw new BackupError('STORAGE_UNAVAILABLE', say('files.became-link', { path: display(path) }), {
          hint: say('files.moved.hint'),
          retryable: false,
          cause: error,
        });
      }
      throw fileFailure('read', path, error);
    }
    try {
      if (path !== this.#root) this.require(descriptor, path);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    return descriptor;
  }

  /** @throws BackupError unless the directory of `path` is still the one below the root */
  requireParent(path: ByteString): void {
    const parent = parentPath(path);
    if (parent.length > this.#root.length) closeSync(this.openDirectory(parent));
  }

  /** Where `path` has to be; undefined where the kernel does not tell. The root is asked for once: another one in its place is elsewhere too. */
  placeOf(path: ByteString): ByteString | undefined {
    this.#place ??= placeOfRoot(this.#root) ?? 'untold';
    if (this.#place === 'untold') return undefined;
    return joinPath(this.#place, path.slice(this.#root.length).replace(/^\/+/, ''));
  }
}

/** A path to an open directory that no link in its place can lead elsewhere, where the kernel has such paths. */
export function pathInside(descriptor: number, directory: ByteString): ByteString {
  return placeOf(descriptor, directory) === undefined ? directory : (`/proc/self/fd/${descriptor}` as ByteString);
}

function placeOfRoot(root: ByteString): ByteString | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(fsPath(root), constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    throw fileFailure('read', root, error);
  }
  try {
    return placeOf(descriptor, root);
  } finally {
    closeSync(descriptor);
  }
}

function isLink(path: ByteString): boolean {
  return lstatSync(fsPath(path), { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** Removes what is open and was made at `path`, and nothing that has got its name meanwhile. */
function discard(descriptor: number, path: ByteString): void {
  let parent: number | undefined;
  try {
    parent = openSync(fsPath(parentPath(path)), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    const held = joinPath(`/proc/self/fd/${parent}` as ByteString, lastPart(path));
    const [made, found] = [fstatSync(descriptor), lstatSync(fsPath(held))];
    if (made.ino === found.ino && made.dev === found.dev) unlinkSync(fsPath(held));
  } catch {
    // It is empty, and the error tells where it is.
  } finally {
    if (parent !== undefined) closeSync(parent);
  }
}
