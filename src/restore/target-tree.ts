import {
  chmodSync,
  closeSync,
  fchmodSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readSync,
  unlinkSync,
  writeSync,
  constants,
} from 'node:fs';
import { copyFile } from 'node:fs/promises';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { forEachPiece } from '../bytes/ready-source.ts';
import { display, type ByteString } from '../bytes/byte-string.ts';
import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import { DirectoryWriter } from '../files/directory-writer.ts';
import { fileFailure } from '../files/failure.ts';
import { fsPath, joinPath, parentPath } from '../files/path.ts';
import { readDirectory } from '../files/read-directory.ts';
import { RealRoot } from '../files/real-place.ts';
import { removeTree } from '../files/remove-tree.ts';
import { replaceLink } from '../files/replace-link.ts';
import { readIncrementalFile, type IncrementalHeader } from '../incremental/incremental-file.ts';
import { say } from '../messages/message.ts';
import { applyChanges, zeroPages } from './apply-changes.ts';

/** What became of a file: written anew, changed in part, or found to be the same. */
export type FileOutcome = 'written' | 'updated' | 'unchanged';

export interface TargetTreeOptions {
  /** Something is there: what is the same stays. */
  readonly delta: boolean;
  readonly modeMask: number;
  /** What is written is flushed in the end: begin with large files before. Default false. */
  readonly sync?: boolean | undefined;
  /** The same directory as an earlier backup of a chain left it, which a later one is applied to. */
  readonly before?: TargetTree | undefined;
  /** Know what was brought, for a later backup of a chain. Default: in a delta only. */
  readonly isTracked?: boolean | undefined;
}

/**
 * One directory that a restore fills: the data directory or that of a tablespace. In a `delta` it compares what is there,
 * writes the pieces that differ, and knows what it has to remove. Never follows a link.
 */
export class TargetTree {
  readonly root: ByteString;
  readonly #writer: DirectoryWriter;
  readonly #real: RealRoot;
  readonly #delta: boolean;
  readonly #modeMask: number;
  readonly #sync: boolean;
  /** What the pass before brought here, where this one goes over it. */
  readonly #before: TargetTree | undefined;
  readonly #isTracked: boolean;
  /** Names that belong here; where that is wanted. */
  readonly #listed = new Set<ByteString>();

  constructor(root: ByteString, { delta, modeMask, before, sync = false, isTracked = delta }: TargetTreeOptions) {
    this.root = root;
    this.#writer = new DirectoryWriter(root);
    this.#real = new RealRoot(root);
    this.#delta = delta || before !== undefined;
    this.#modeMask = modeMask;
    this.#sync = sync;
    this.#before = before;
    this.#isTracked = isTracked || this.#delta;
  }

  async makeDirectory(name: ByteString, mode: number): Promise<void> {
    if (this.#delta) await this.#clear(name, 'directory');
    this.#writer.makeDirectory(name, mode & this.#modeMask);
    this.keep(name);
  }

  /** Makes the directories above `name`, none of them through a link. */
  makeParents(name: ByteString): void {
    this.#attempt(name, () => this.#writer.makeParents(name));
  }

  async makeLink(name: ByteString, target: ByteString): Promise<void> {
    if (this.#delta) {
      const path = joinPath(this.root, name);
      const isLink = lstatSync(fsPath(path), { throwIfNoEntry: false })?.isSymbolicLink() === true;
      if (!isLink) await this.#clear(name, 'nothing');
      this.#real.requireParent(path);
      replaceLink(path, target, this.root);
    } else this.#attempt(name, () => this.#writer.makeLink(name, target));
    this.keep(name);
  }

  /** Writes a file with the permissions of its source, less what the data directory's do not allow. */
  async writeFile(name: ByteString, mode: number, content: ByteSource): Promise<FileOutcome> {
    const bits = mode & this.#modeMask & 0o777;
    if (this.#delta) {
      const same = await this.#clear(name, 'file');
      if (same) this.keep(name);
      if (same) return this.#update(name, bits, content);
    }
    this.keep(name);
    const file = this.#attempt(name, () => this.#writer.openFile(name, bits));
    if (this.#sync) file.writeAtClose();
    try {
      await forEachPiece(content, this.#sync ? (piece) => file.writeFlushed(piece) : (piece) => file.write(piece));
    } finally {
      await file.closeFlushed();
    }
    return 'written';
  }

  /** A copy of a local file, made by the kernel. Not for a delta. */
  async copyFile(name: ByteString, mode: number, from: ByteString): Promise<void> {
    const slash = name.lastIndexOf('/');
    // Proves that every directory above is one and no link.
    if (slash !== -1) this.#writer.makeParents(name);
    const path = joinPath(this.root, name);
    const bits = mode & this.#modeMask & 0o777;
    this.keep(name);
    this.#real.requireParent(path);
    try {
      await copyFile(fsPath(from), fsPath(path), constants.COPYFILE_EXCL);
      if (bits !== (mode & 0o777)) chmodSync(fsPath(path), bits);
    } catch (error) {
      if (systemCodeOf(error) === 'EEXIST') throw this.#twice(name, error);
      throw fileFailure('write', path, error);
    }
  }

  /** Makes way for a file that is copied by somebody else. Not for a delta. @returns where it goes, by its path and by the kernel, and its permission bits */
  placeFor(
    name: ByteString,
    mode: number,
  ): { readonly path: ByteString; readonly real: ByteString | undefined; readonly bits: number } {
    // Proves that every directory above is one and no link.
    this.#writer.makeParents(name);
    this.keep(name);
    const path = joinPath(this.root, name);
    return { path, real: this.#real.placeOf(path), bits: mode & this.#modeMask & 0o777 };
  }

  /** The error for a file that is there already. */
  twice(name: ByteString): BackupError {
    return this.#twice(name, undefined);
  }

  /**
   * Applies the changes that an incremental backup has of a file which the backup before brought.
   * @param path of the incremental file, for people
   * @throws BackupError `CORRUPT` for a file that was not brought, or changes that no server writes
   */
  async changeFile(
    name: ByteString,
    path: ByteString,
    content: ByteSource,
  ): Promise<{ readonly header: IncrementalHeader; readonly isCut: boolean }> {
    const { header, runs } = await readIncrementalFile(path, content);
    if (this.#before?.has(name) !== true) throw withoutOriginal(name, path);
    this.#writer.makeParents(name);
    this.keep(name);
    return { header, isCut: await applyChanges(joinPath(this.root, name), header, runs, this.#real) };
  }

  /** Makes pages of a file that was changed read as zeros, as far as they are there. */
  clearPages(name: ByteString, pages: readonly number[]): void {
    zeroPages(joinPath(this.root, name), pages, this.#real);
  }

  /** Whether a name belongs here. */
  has(name: ByteString): boolean {
    return this.#listed.has(name);
  }

  /** Removes what passes before brought and this one does not have. */
  async removeGone(): Promise<void> {
    const gone = new Set<ByteString>();
    for (let tree = this.#before; tree !== undefined; tree = tree.#before) {
      for (const name of tree.#listed) if (!this.#listed.has(name)) gone.add(name);
    }
    for (const name of gone) if (!gone.has(parentPath(name))) await this.remove(name);
  }

  /** Marks a name, with all directories above it, as belonging here. */
  keep(name: ByteString): void {
    if (!this.#isTracked) return;
    for (let part = name; part !== '.' && !this.#listed.has(part); part = parentPath(part)) this.#listed.add(part);
  }

  /** Removes what does not belong here. @returns how many entries */
  async removeUnlisted({ signal }: { readonly signal: AbortSignal }): Promise<number> {
    const unlisted: ByteString[] = [];
    for await (const { name } of readDirectory(this.root, { signal })) {
      if (!this.#listed.has(name) && (!name.includes('/') || this.#listed.has(parentPath(name)))) unlisted.push(name);
    }
    for (const name of unlisted) await this.remove(name);
    return unlisted.length;
  }

  /** Removes an entry and what is in it, if it is there. */
  async remove(name: ByteString): Promise<void> {
    const path = joinPath(this.root, name);
    const stats = lstatSync(fsPath(path), { throwIfNoEntry: false });
    if (stats === undefined) return;
    this.#real.requireParent(path);
    if (stats.isDirectory()) await removeTree(path, { keepRoot: false });
    else unlink(path);
  }

  /** Makes way for an entry. @returns whether a file that can be changed in place is there */
  async #clear(name: ByteString, wanted: 'directory' | 'file' | 'nothing'): Promise<boolean> {
    this.#writer.makeParents(name);
    const path = joinPath(this.root, name);
    const stats = lstatSync(fsPath(path), { throwIfNoEntry: false });
    if (stats === undefined) return false;
    if (wanted === 'directory' && stats.isDirectory()) return false;
    // A file with a second name somewhere else would be changed there too.
    if (wanted === 'file' && stats.isFile() && stats.nlink === 1) return true;
    await this.remove(name);
    return false;
  }

  /** Compares piece by piece and writes those that differ. */
  async #update(name: ByteString, bits: number, content: ByteSource): Promise<FileOutcome> {
    const path = joinPath(this.root, name);
    let descriptor: number;
    this.#real.requireParent(path);
    try {
      chmodSync(fsPath(path), bits | 0o600);
      descriptor = openSync(fsPath(path), constants.O_RDWR | constants.O_NOFOLLOW);
    } catch (error) {
      throw fileFailure('write', path, error);
    }
    try {
      this.#real.require(descriptor, path);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    let position = 0;
    let changed = false;
    let there = Buffer.alloc(0);
    try {
      for await (const piece of content) {
        if (there.length < piece.length) there = Buffer.allocUnsafeSlow(piece.length);
        const count = readSync(descriptor, there, 0, piece.length, position);
        if (count !== piece.length || there.compare(piece, 0, piece.length, 0, count) !== 0) {
          for (let done = 0; done < piece.length;) {
            done += writeSync(descriptor, piece, done, piece.length - done, position + done);
          }
          changed = true;
        }
        position += piece.length;
      }
      if (lstatSync(fsPath(path)).size !== position) {
        ftruncateSync(descriptor, position);
        changed = true;
      }
      if (bits !== (bits | 0o600)) fchmodSync(descriptor, bits);
    } catch (error) {
      throw fileFailure('write', path, error);
    } finally {
      closeSync(descriptor);
    }
    return changed ? 'updated' : 'unchanged';
  }

  /** The directory had nothing that is not ours: only the backup itself can name a thing twice. */
  #attempt<Result>(name: ByteString, call: () => Result): Result {
    try {
      return call();
    } catch (error) {
      if (error instanceof BackupError && error.code === 'OBJECT_EXISTS') throw this.#twice(name, error);
      throw error;
    }
  }

  #twice(name: ByteString, cause: unknown): BackupError {
    return new BackupError('CORRUPT', say('restore.twice', { name: display(name) }), { cause });
  }
}

function withoutOriginal(name: ByteString, path: ByteString): BackupError {
  const values = { path: display(name), name: display(path) };
  return new BackupError('CORRUPT', say('incremental.no-original', values));
}

function unlink(path: ByteString): void {
  try {
    unlinkSync(fsPath(path));
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw fileFailure('remove', path, error);
  }
}
