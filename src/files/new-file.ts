import { closeSync, constants, fchmodSync, fstatSync, openSync } from 'node:fs';
import { display, type ByteString } from '../bytes/byte-string.ts';
import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { fileFailure } from './failure.ts';
import { fsPath } from './path.ts';
import { RealRoot } from './real-place.ts';

const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** A file that is to be made below a directory which may be a link itself. */
export interface NewFile {
  readonly path: ByteString;
  readonly root: ByteString;
}

/** Opens new files with exact permission bits, and asks what came of them (umask, default ACL) only once for each mode. */
export class NewFiles {
  readonly #needsChmod = new Map<number, boolean>();
  readonly #roots = new Map<ByteString, RealRoot>();

  /**
   * @param bits 0 … 0777
   * @returns a descriptor open for writing
   * @throws BackupError `OBJECT_EXISTS`; `STORAGE_UNAVAILABLE`, also where a directory above it was replaced by a link
   */
  open({ path, root }: NewFile, bits: number): number {
    let descriptor: number;
    try {
      descriptor = openSync(fsPath(path), newFile, bits);
    } catch (error) {
      if (systemCodeOf(error) === 'EEXIST') throw exists(path, error);
      throw fileFailure('create', path, error);
    }
    try {
      this.#rootOf(root).require(descriptor, path, { isNew: true });
      this.#applyMode(descriptor, bits);
    } catch (error) {
      closeSync(descriptor);
      throw fileFailure('mode', path, error);
    }
    return descriptor;
  }

  #rootOf(root: ByteString): RealRoot {
    const known = this.#roots.get(root);
    if (known !== undefined) return known;
    const made = new RealRoot(root);
    this.#roots.set(root, made);
    return made;
  }

  #applyMode(descriptor: number, bits: number): void {
    const known = this.#needsChmod.get(bits);
    if (known === false) return;
    if (known === undefined) {
      const got = fstatSync(descriptor).mode & 0o7777;
      this.#needsChmod.set(bits, got !== bits);
      if (got === bits) return;
    }
    fchmodSync(descriptor, bits);
  }
}

/** The error for a name that is taken. */
export function exists(path: ByteString, cause: unknown): BackupError {
  return new BackupError('OBJECT_EXISTS', say('files.exists', { path: display(path) }), { cause });
}
