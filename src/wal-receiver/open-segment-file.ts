import { constants, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { display, type ByteString } from '../bytes/byte-string.ts';
import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import type { Owner } from '../files/directory-owner.ts';
import { fileFailure } from '../files/failure.ts';
import { renameToNew } from '../files/name-new.ts';
import { fsPath, parentPath } from '../files/path.ts';
import { syncDirectoryApart } from '../files/sync-tree.ts';
import { say } from '../messages/message.ts';
import type { OpenSegment } from './wal-store.ts';
import { WriteBehindFile, type WriteBuffers } from './write-behind-file.ts';

export interface SegmentFileOptions {
  /** Where it grows: made, or taken over when it is there, and then overwritten from its beginning. */
  readonly path: ByteString;
  /** Its name when it is whole, in the same directory. Never replaces a file. */
  readonly wholePath: ByteString;
  readonly segmentSizeBytes: number;
  /** False: nothing is flushed to disk. */
  readonly sync: boolean;
  /** To whom a new file is given: see `ownerOfNewFiles`. */
  readonly owner?: Owner | undefined;
  /** Shared by the segments of one store. */
  readonly buffers?: WriteBuffers | undefined;
}

/**
 * A growing segment in a file of the size of the segment, as pg_receivewal has it: zeros where nothing was written yet.
 * The space behind what was written is not taken from the file system.
 * @throws BackupError `STORAGE_UNAVAILABLE`, also for what is no regular file; `CORRUPT` when there is a longer one
 */
export async function openSegmentFile(options: SegmentFileOptions): Promise<OpenSegment> {
  const { path, segmentSizeBytes, sync } = options;
  const { handle, stats } = await openOwnFile(path, options.owner);
  try {
    if (stats.size > segmentSizeBytes) {
      const values = { path: display(path), size: stats.size, expected: segmentSizeBytes };
      throw new BackupError('CORRUPT', say('wal-directory.partial-size', values), {
        hint: say('wal-directory.partial-size.hint'),
      });
    }
    // One that an earlier run was killed over may be shorter.
    if (stats.size < segmentSizeBytes) {
      await handle.truncate(segmentSizeBytes).catch((error: unknown) => {
        throw fileFailure('write', path, error);
      });
    }
    // Also for one that is there: who made it may not have come to this.
    if (sync) await syncDirectoryApart(parentPath(path));
  } catch (error) {
    await handle.close();
    throw error;
  }
  return new SegmentFile(new WriteBehindFile(path, handle, options.buffers), options);
}

/**
 * Opens a file of our own to be written, without waiting and without following a link, or makes it with mode 0600.
 * @returns with the facts of the file, of size 0 for one that was made
 * @throws BackupError `STORAGE_UNAVAILABLE`
 */
export async function openOwnFile(
  path: ByteString,
  owner: Owner | undefined,
): Promise<{ readonly handle: FileHandle; readonly stats: Stats }> {
  const { handle, isNew } = await openOrMake(path);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw notRegular(path);
    if (isNew && owner !== undefined) await handle.chown(owner.uid, owner.gid);
    return { handle, stats };
  } catch (error) {
    await handle.close();
    throw fileFailure('owner', path, error);
  }
}

async function openOrMake(path: ByteString): Promise<{ readonly handle: FileHandle; readonly isNew: boolean }> {
  const flags = constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
  try {
    return { handle: await open(fsPath(path), flags | constants.O_CREAT | constants.O_EXCL, 0o600), isNew: true };
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw unusable(path, error);
  }
  try {
    return { handle: await open(fsPath(path), flags), isNew: false };
  } catch (error) {
    throw unusable(path, error);
  }
}

function unusable(path: ByteString, error: unknown): Error {
  const code = systemCodeOf(error);
  if (code === 'ELOOP') {
    return new BackupError('STORAGE_UNAVAILABLE', say('files.through-link', { path: display(path) }), {
      retryable: false,
      cause: error,
    });
  }
  // A pipe that nobody reads, a socket; a directory.
  if (code === 'ENXIO' || code === 'EISDIR') return notRegular(path);
  return fileFailure('create', path, error);
}

function notRegular(path: ByteString): BackupError {
  return new BackupError('STORAGE_UNAVAILABLE', say('files.not-regular', { path: display(path) }), {
    hint: say('files.not-regular.hint'),
    retryable: false,
  });
}

class SegmentFile implements OpenSegment {
  readonly #file: WriteBehindFile;
  readonly #options: SegmentFileOptions;
  #isComplete = false;

  constructor(file: WriteBehindFile, options: SegmentFileOptions) {
    this.#file = file;
    this.#options = options;
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    const { segmentSizeBytes } = this.#options;
    if (this.#file.length + bytes.length > segmentSizeBytes) throw new RangeError('more WAL than its segment has');
    return this.#file.write(bytes);
  }

  sync(): Promise<void> {
    return this.#options.sync ? this.#file.sync() : this.#file.flush();
  }

  async complete(): Promise<void> {
    const { path, wholePath, segmentSizeBytes, sync } = this.#options;
    if (this.#file.length !== segmentSizeBytes) throw new RangeError('the segment is not whole');
    await this.close();
    await renameToNew(path, wholePath);
    this.#isComplete = true;
    if (sync) await syncDirectoryApart(parentPath(wholePath));
  }

  async close(): Promise<void> {
    if (this.#isComplete) return;
    try {
      await this.sync();
    } finally {
      await this.#file.close();
    }
  }
}
