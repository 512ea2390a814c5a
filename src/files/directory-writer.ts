import {
  chmodSync,
  closeSync,
  fchmodSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  type Stats,
} from 'node:fs';
import { display, type ByteString } from '../bytes/byte-string.ts';
import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { fileFailure } from './failure.ts';
import { FileWriter } from './file-writer.ts';
import { exists, NewFiles, type NewFile } from './new-file.ts';
import { fsPath, joinPath } from './path.ts';
import { RealRoot } from './real-place.ts';

/** How many directories are remembered as real ones. Forgetting costs a few lstat calls, never safety. */
const rememberedLimit = 4096;

/**
 * Creates files, directories and links below one root and never outside of it, whatever the names say: a parent is only
 * walked through when it is a directory and no link, and nothing that exists is opened, replaced or followed.
 * A directory that somebody replaces by a link while this runs is found out (`RealRoot`): before content is written to a file, and just before a
 * directory or link is made; what is left to a race there is an empty directory or a link in a wrong place.
 * Where a link below the root is meant to be followed (WAL directory, tablespace), `redirect` gives what lies below it to another writer.
 * Names are relative, with `/`. All calls are synchronous: one at a time, nothing happens behind them.
 * All methods throw BackupError: `CORRUPT` for a name that would leave the root, `OBJECT_EXISTS`, `STORAGE_UNAVAILABLE`.
 */
export class DirectoryWriter {
  readonly root: ByteString;
  readonly #directories = new Set<string>();
  readonly #redirects = new Map<string, DirectoryWriter>();
  readonly #newFiles = new NewFiles();
  readonly #real: RealRoot;

  /** @param root an existing directory; it may be a link itself */
  constructor(root: ByteString) {
    this.root = root;
    this.#real = new RealRoot(root);
  }

  /** From now on names below `name` belong to `target`, named without the part `name/`. The link itself is the caller's to make. */
  redirect(name: ByteString, target: DirectoryWriter): void {
    this.#redirects.set(name, target);
    this.#directories.clear();
  }

  /**
   * A new directory with the permission bits of `mode`; its owner gets all rights in any case, else nothing could be
   * written into it. A directory that is there already gets the mode. Missing parents are made with 0700.
   * @returns whether it is new
   */
  makeDirectory(name: ByteString, mode: number): boolean {
    const other = this.#elsewhere(name);
    if (other !== undefined) return other.writer.makeDirectory(other.name, mode);
    const path = this.#pathOf(name);
    const bits = (mode & 0o777) | 0o700;
    const isNew = this.#makeOne(path, bits);
    if (!isNew) this.#setMode(path, bits);
    this.#remember(name);
    return isNew;
  }

  /** A new file, open for writing, with the permission bits (0 … 0777) of `mode` whatever the umask. */
  openFile(name: ByteString, mode: number): FileWriter {
    const other = this.#elsewhere(name);
    if (other !== undefined) return other.writer.openFile(other.name, mode);
    const path = this.#pathOf(name);
    return new FileWriter(path, this.#newFiles.open({ path, root: this.root }, mode & 0o777));
  }

  /** Where `openFile` would make the file, after all of its parents were found or made: for who opens it elsewhere (`NewFiles`). */
  placeFile(name: ByteString): NewFile {
    const other = this.#elsewhere(name);
    return other === undefined ? { path: this.#pathOf(name), root: this.root } : other.writer.placeFile(other.name);
  }

  /** A new file with this content. */
  writeFile(name: ByteString, mode: number, content: Uint8Array): void {
    const file = this.openFile(name, mode);
    try {
      file.write(content);
    } finally {
      file.close();
    }
  }

  /**
   * A new link to `target`, which may be anything: it is never followed from here. The same link once more is accepted,
   * because openGauss sends a linked WAL directory twice.
   * @returns whether it is new
   */
  makeLink(name: ByteString, target: ByteString): boolean {
    const other = this.#elsewhere(name);
    if (other !== undefined) return other.writer.makeLink(other.name, target);
    const path = this.#pathOf(name);
    this.#real.requireParent(path);
    try {
      symlinkSync(fsPath(target), fsPath(path));
      return true;
    } catch (error) {
      if (systemCodeOf(error) !== 'EEXIST') throw fileFailure('link', path, error);
      if (linkTarget(path) === target) return false;
      throw exists(path, error);
    }
  }

  /** Removes a file or link if it is there. @returns whether it was */
  removeFile(name: ByteString): boolean {
    const other = this.#elsewhere(name);
    if (other !== undefined) return other.writer.removeFile(other.name);
    const path = joinPath(this.root, name);
    try {
      if (!this.#parentExists(name)) return false;
      this.#real.requireParent(path);
      unlinkSync(fsPath(path));
      return true;
    } catch (error) {
      if (systemCodeOf(error) === 'ENOENT') return false;
      throw fileFailure('remove', path, error);
    }
  }

  /** Finds or makes the directories above `name`, so that it is known that none of them is a link. Not for names that are redirected. */
  makeParents(name: ByteString): void {
    this.#pathOf(name);
  }

  #elsewhere(name: ByteString): { writer: DirectoryWriter; name: ByteString } | undefined {
    if (this.#redirects.size === 0) return undefined;
    for (let slash = name.indexOf('/'); slash !== -1; slash = name.indexOf('/', slash + 1)) {
      const writer = this.#redirects.get(name.slice(0, slash));
      if (writer !== undefined) return { writer, name: name.slice(slash + 1) as ByteString };
    }
    return undefined;
  }

  /** The path of a new entry, after all of its parents were found or made to be directories. */
  #pathOf(name: ByteString): ByteString {
    checkName(name, this.root);
    const slash = name.lastIndexOf('/');
    if (slash !== -1) this.#makeParents(name.slice(0, slash) as ByteString);
    return joinPath(this.root, name);
  }

  #makeParents(directory: ByteString): void {
    if (this.#directories.has(directory)) return;
    for (let slash = directory.indexOf('/'); ; slash = directory.indexOf('/', slash + 1)) {
      const part = (slash === -1 ? directory : directory.slice(0, slash)) as ByteString;
      if (!this.#directories.has(part)) {
        this.#makeOne(joinPath(this.root, part), 0o700);
        this.#remember(part);
      }
      if (slash === -1) return;
    }
  }

  /** @returns whether it is new; throws unless `path` is a real directory afterwards */
  #makeOne(path: ByteString, bits: number): boolean {
    this.#real.requireParent(path);
    try {
      mkdirSync(fsPath(path), { mode: bits });
    } catch (error) {
      if (systemCodeOf(error) !== 'EEXIST') throw fileFailure('create', path, error);
      requireDirectory(path);
      return false;
    }
    try {
      // Whatever the umask took away.
      this.#setMode(path, bits);
    } catch (error) {
      removeEmpty(path);
      throw error;
    }
    return true;
  }

  #setMode(path: ByteString, bits: number): void {
    let descriptor: number;
    try {
      descriptor = this.#real.openDirectory(path);
    } catch (error) {
      if (!(error instanceof BackupError) || systemCodeOf(error.cause) !== 'EACCES') throw error;
      // An umask can take the right to open it from its owner, who may set the mode all the same.
      chmodOf(path, bits);
      return;
    }
    try {
      fchmodSync(descriptor, bits);
    } catch (error) {
      throw fileFailure('mode', path, error);
    } finally {
      closeSync(descriptor);
    }
  }

  #parentExists(name: ByteString): boolean {
    checkName(name, this.root);
    for (let slash = name.indexOf('/'); slash !== -1; slash = name.indexOf('/', slash + 1)) {
      if (requireDirectory(joinPath(this.root, name.slice(0, slash))) === undefined) return false;
    }
    return true;
  }

  #remember(directory: string): void {
    if (this.#directories.size >= rememberedLimit) this.#directories.clear();
    this.#directories.add(directory);
  }
}

function chmodOf(path: ByteString, bits: number): void {
  try {
    chmodSync(fsPath(path), bits);
  } catch (error) {
    throw fileFailure('mode', path, error);
  }
}

function removeEmpty(path: ByteString): void {
  try {
    rmdirSync(fsPath(path));
  } catch {
    // The failure before is the one to tell.
  }
}

/** The metadata of the directory `path`; undefined when there is nothing. */
function requireDirectory(path: ByteString): Stats | undefined {
  let stats: Stats | undefined;
  try {
    stats = lstatSync(fsPath(path), { throwIfNoEntry: false });
  } catch (error) {
    throw fileFailure('read', path, error);
  }
  if (stats === undefined || stats.isDirectory()) return stats;
  if (stats.isSymbolicLink()) throw new BackupError('CORRUPT', say('files.through-link', { path: display(path) }));
  throw new BackupError('OBJECT_EXISTS', say('files.not-a-directory', { path: display(path) }));
}

/** The last fence: whoever gives names here has checked them before. */
function checkName(name: ByteString, root: ByteString): void {
  if (name !== '' && !/^\/|\0|(?:^|\/)(?:\.{0,2})(?:\/|$)/.test(name)) return;
  throw new BackupError('CORRUPT', say('files.leaves-root', { name: display(name), root: display(root) }));
}

function linkTarget(path: ByteString): ByteString | undefined {
  try {
    return readlinkSync(fsPath(path), { encoding: 'latin1' }) as ByteString;
  } catch (error) {
    if (systemCodeOf(error) === 'EINVAL') return undefined;
    throw fileFailure('read', path, error);
  }
}
