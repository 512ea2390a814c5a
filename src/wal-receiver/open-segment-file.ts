import { constants, type Stats } from 'node:fs';
import { open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { display, type ByteString } from '../bytes/byte-string.ts';
import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import type { Compression } from '../compression/detect.ts';
import { createFlushingEncoder, flushingBlockBytes } from '../compression/flushing-encoder.ts';
import type { Owner } from '../files/directory-owner.ts';
import { fileFailure } from '../files/failure.ts';
import { renameToNew } from '../files/name-new.ts';
import { fsPath, parentPath } from '../files/path.ts';
import { syncDirectoryApart } from '../files/sync-tree.ts';
import { say } from '../messages/message.ts';
import type { OpenSegment } from './wal-store.ts';
import { CompressedFile } from './compressed-file.ts';
import { SharedBuffers } from './gathered-bytes.ts';
import { WriteBehindFile, writeBytes, type SegmentSink } from './write-behind-file.ts';

/** Buffers of the segments of one store, of which one is written after another. */
export interface SegmentBuffers {
  readonly write: SharedBuffers;
  readonly compress: SharedBuffers;
}

export function segmentBuffers(): SegmentBuffers {
  return { write: new SharedBuffers(writeBytes), compress: new SharedBuffers(flushingBlockBytes) };
}

export interface SegmentCompression {
  readonly method: Compression;
  /** As the codec counts: see `createFlushingEncoder`. */
  readonly level?: number | undefined;
}

export interface SegmentFileOptions {
  /** Where it grows: made, or taken over when it is there, and then overwritten from its beginning; with `compression` emptied. */
  readonly path: ByteString;
  /** Its name when it is whole, in the same directory. Never replaces a file. */
  readonly wholePath: ByteString;
  readonly segmentSizeBytes: number;
  /** False: nothing is flushed to disk. */
  readonly sync: boolean;
  /** To whom a new file is given: see `ownerOfNewFiles`. */
  readonly owner?: Owner | undefined;
  readonly compression?: SegmentCompression | undefined;
  readonly buffers?: SegmentBuffers | undefined;
}

/**
 * A growing segment in a file. Not compressed it is of the size of the segment, as pg_receivewal has it: zeros where nothing
 * was written yet, which take no space in the file system. Compressed, all that was synced can be decompressed.
 * @throws BackupError `STORAGE_UNAVAILABLE`, also for what is no regular file; `CORRUPT` when there is a longer one;
 *   `CONFIG_INVALID` for a level that the codec does not have or when its package is not installed
 */
export async function openSegmentFile(options: SegmentFileOptions): Promise<SegmentFile> {
  const { path, sync, compression, buffers = segmentBuffers() } = options;
  const encoder = compression && (await createFlushingEncoder(compression.method, compression.level));
  const { handle, stats } = await openOwnFile(path, options.owner);
  try {
    if (encoder === undefined) await pad(handle, stats, options);
    else if (stats.size > 0) await resize(handle, path, 0);
    // Also for one that is there: who made it may not have come to this.
    if (sync) await syncDirectoryApart(parentPath(path));
  } catch (error) {
    encoder?.close();
    await handle.close();
    throw error;
  }
  const file = new WriteBehindFile(path, handle, buffers.write);
  return new SegmentFile(encoder === undefined ? file : new CompressedFile(file, encoder, buffers.compress), options);
}

async function pad(handle: FileHandle, { size }: Stats, options: SegmentFileOptions): Promise<void> {
  const { path, segmentSizeBytes } = options;
  if (size > segmentSizeBytes) {
    const values = { path: display(path), size, expected: segmentSizeBytes };
    throw new BackupError('CORRUPT', say('wal-directory.partial-size', values), {
      hint: say('wal-directory.partial-size.hint'),
    });
  }
  // One that an earlier run was killed over may be shorter.
  if (size < segmentSizeBytes) await resize(handle, path, segmentSizeBytes);
}

async function resize(handle: FileHandle, path: ByteString, sizeBytes: number): Promise<void> {
  try {
    await handle.truncate(sizeBytes);
  } catch (error) {
    throw fileFailure('write', path, error);
  }
}

/**
 * Opens a file of our own to be written, without waiting and without following a link, or makes it with mode 0600.
 * @returns with the facts of the file, of size 0 for one that was made
 * @throws BackupError `STORAGE_UNAVAILABLE`
 */
async function openOwnFile(
  path: ByteString,
  owner: Owner | undefined,
): Promise<{ readonly handle: FileHandle; readonly stats: Stats }> {
  const handle = await openOrMake(path);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw notRegular(path);
    // A run may have been killed before it gave away what it made.
    if (owner !== undefined && stats.uid !== owner.uid) await handle.chown(owner.uid, owner.gid);
    return { handle, stats };
  } catch (error) {
    await handle.close();
    throw fileFailure('owner', path, error);
  }
}

async function openOrMake(path: ByteString): Promise<FileHandle> {
  const flags = constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
  try {
    return await open(fsPath(path), flags | constants.O_CREAT | constants.O_EXCL, 0o600);
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw unusable(path, error);
  }
  try {
    return await open(fsPath(path), flags);
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

/** A segment that grows in one file. */
export class SegmentFile implements OpenSegment {
  readonly #sink: SegmentSink;
  readonly #options: SegmentFileOptions;
  #path: ByteString;
  #isComplete = false;

  constructor(sink: SegmentSink, options: SegmentFileOptions) {
    this.#sink = sink;
    this.#options = options;
    this.#path = options.path;
  }

  /** Bytes of the segment taken so far. */
  get length(): number {
    return this.#sink.length;
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    const { segmentSizeBytes } = this.#options;
    if (this.#sink.length + bytes.length > segmentSizeBytes) throw new RangeError('more WAL than its segment has');
    return this.#sink.write(bytes);
  }

  sync(): Promise<void> {
    return this.#options.sync ? this.#sink.sync() : this.#sink.flush();
  }

  async complete(): Promise<void> {
    const { wholePath, segmentSizeBytes } = this.#options;
    if (this.#sink.length !== segmentSizeBytes) throw new RangeError('the segment is not whole');
    await this.#sink.end();
    await this.close();
    await renameToNew(this.#path, wholePath);
    this.#isComplete = true;
    await this.#syncDirectory();
  }

  async close(): Promise<void> {
    if (this.#isComplete) return;
    try {
      await this.sync();
    } finally {
      await this.#sink.close();
    }
  }

  /** Goes on under another name of the same directory, in the place of what is there. @throws BackupError `STORAGE_UNAVAILABLE` */
  async replace(path: ByteString): Promise<void> {
    try {
      await rename(fsPath(this.#path), fsPath(path));
    } catch (error) {
      throw fileFailure('rename', this.#path, error);
    }
    this.#path = path;
    await this.#syncDirectory();
  }

  /** Closes and removes it. @throws BackupError `STORAGE_UNAVAILABLE` */
  async discard(): Promise<void> {
    // What it could not write nobody wants.
    await this.#sink.close().catch(() => undefined);
    this.#isComplete = true;
    await removeFile(this.#path);
  }

  async #syncDirectory(): Promise<void> {
    if (this.#options.sync) await syncDirectoryApart(parentPath(this.#options.wholePath));
  }
}

/** @throws BackupError `STORAGE_UNAVAILABLE` */
export async function removeFile(path: ByteString): Promise<void> {
  try {
    await unlink(fsPath(path));
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw fileFailure('remove', path, error);
  }
}
