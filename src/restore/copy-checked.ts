import { closeSync, constants, fchmodSync, fdatasync, fsync, openSync, readSync, writeSync } from 'node:fs';
import type { ByteString } from '../bytes/byte-string.ts';
import { systemCodeOf } from '../errors/backup-error.ts';
import { fileFailure } from '../files/failure.ts';
import { openRegularSync } from '../files/open-regular.ts';
import { fsPath } from '../files/path.ts';
import { requirePlace } from '../files/real-place.ts';
import { writeAtClose } from '../files/write-at-close.ts';
import { createChecksum, type Checksum, type ChecksumAlgorithm } from '../manifest/checksum.ts';

/** One file to copy and to sum up on the way. Plain data: it travels to a worker thread. */
export interface CheckedCopy {
  readonly from: ByteString;
  /** A new file; its directory is there and no link. */
  readonly to: ByteString;
  /** Where the kernel has to see it; undefined where it does not tell. */
  readonly place: ByteString | undefined;
  /** Permission bits, 0 … 0777. */
  readonly bits: number;
  readonly algorithm: ChecksumAlgorithm;
  /** Flush it to the disk. */
  readonly sync: boolean;
  /** It is flushed by somebody else, later: the kernel may begin to write it. */
  readonly writesAtClose?: boolean | undefined;
}

const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** A buffer that stays in the second cache: what was read is summed up and written from there. */
const bufferBytes = 128 * 1024;
let buffer: Buffer | undefined;

/** A large file is flushed while it grows, so that its end has not all of it to wait for. */
const flushedBytes = 32 * 1024 * 1024;

/**
 * Copies a file and flushes it, blocking the thread but for the flush: the next copy can be made meanwhile.
 * @returns the checksum of what was written, lower-case hex
 * @throws BackupError `STORAGE_UNAVAILABLE`; `EEXIST` of the system when the new file is there already
 */
export async function copyChecked(copy: CheckedCopy): Promise<string> {
  const opened = openCopy(copy);
  let flushing: Promise<void> | undefined;
  try {
    while (copyPieces(copy, opened, flushedBytes)) {
      await flushing;
      flushing = flush(fdatasync, opened.target, copy.to);
      flushing.catch(() => undefined);
    }
    await flushing;
    await flush(fsync, opened.target, copy.to);
  } catch (error) {
    await flushing?.catch(() => undefined);
    abandon(opened);
    throw error;
  }
  closeCopy(copy, opened);
  return opened.checksum.digestHex();
}

/** The same without a flush. */
export function copyNow(copy: CheckedCopy): string {
  const opened = openCopy(copy);
  try {
    copyPieces(copy, opened, Infinity);
  } catch (error) {
    abandon(opened);
    throw error;
  }
  closeCopy(copy, opened);
  return opened.checksum.digestHex();
}

interface OpenedCopy {
  readonly source: number;
  readonly target: number;
  readonly checksum: Checksum;
}

function openCopy({ from, to, place, bits, algorithm, writesAtClose }: CheckedCopy): OpenedCopy {
  const source = attempt('read', from, () => openRegularSync(fsPath(from)));
  let target: number | undefined;
  try {
    const opened = openNew(to, bits);
    target = opened;
    requirePlace(opened, to, { place, isNew: true });
    attempt('mode', to, () => fchmodSync(opened, bits));
    if (writesAtClose === true) writeAtClose(opened);
    return { source, target, checksum: createChecksum(algorithm) };
  } catch (error) {
    if (target !== undefined) closeSync(target);
    closeSync(source);
    throw error;
  }
}

/** A name that is taken is the caller's to judge. */
function openNew(path: ByteString, bits: number): number {
  try {
    return openSync(fsPath(path), newFile, bits);
  } catch (error) {
    throw systemCodeOf(error) === 'EEXIST' ? error : fileFailure('create', path, error);
  }
}

/** Copies about `limit` bytes more. @returns whether there can be others */
function copyPieces({ from, to }: CheckedCopy, { source, target, checksum }: OpenedCopy, limit: number): boolean {
  buffer ??= Buffer.allocUnsafeSlow(bufferBytes);
  const piece = buffer;
  for (let copied = 0; copied < limit;) {
    const count = attempt('read', from, () => readSync(source, piece, 0, bufferBytes, null));
    if (count === 0) return false;
    checksum.update(piece.subarray(0, count));
    for (let done = 0; done < count;) {
      done += attempt('write', to, () => writeSync(target, piece, done, count - done));
    }
    copied += count;
  }
  return true;
}

function attempt<Result>(action: 'read' | 'write' | 'mode', path: ByteString, call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    throw fileFailure(action, path, error);
  }
}

function flush(call: typeof fsync, descriptor: number, path: ByteString): Promise<void> {
  return new Promise((resolve, reject) => {
    call(descriptor, (error) => {
      if (error === null) resolve();
      else reject(fileFailure('sync', path, error));
    });
  });
}

/** Some file systems report a full disk only now. */
function closeCopy({ to }: CheckedCopy, { source, target }: OpenedCopy): void {
  try {
    attempt('write', to, () => closeSync(target));
  } finally {
    closeSync(source);
  }
}

/** After a failure, which is the one to tell. */
function abandon({ source, target }: OpenedCopy): void {
  for (const descriptor of [source, target]) {
    try {
      closeSync(descriptor);
    } catch {
      // Nobody uses it any more.
    }
  }
}
