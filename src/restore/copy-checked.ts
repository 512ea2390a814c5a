import { closeSync, constants, fchmodSync, fsync, openSync, readSync, writeSync } from 'node:fs';
import type { ByteString } from '../bytes/byte-string.ts';
import { fileFailure } from '../files/failure.ts';
import { openRegularSync } from '../files/open-regular.ts';
import { fsPath } from '../files/path.ts';
import { createChecksum, type ChecksumAlgorithm } from '../manifest/checksum.ts';

/** One file to copy and to sum up on the way. Plain data: it travels to a worker thread. */
export interface CheckedCopy {
  readonly from: ByteString;
  /** A new file; its directory is there and no link. */
  readonly to: ByteString;
  /** Permission bits, 0 … 0777. */
  readonly bits: number;
  readonly algorithm: ChecksumAlgorithm;
  /** Flush it to the disk. */
  readonly sync: boolean;
}

const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** A buffer that stays in the second cache: what was read is summed up and written from there. */
const bufferBytes = 128 * 1024;
let buffer: Buffer | undefined;

/**
 * Copies a file, blocking the thread; only the flush does not, so that the next copy can be made meanwhile.
 * @returns the checksum of what was written, lower-case hex
 * @throws BackupError `STORAGE_UNAVAILABLE`; `EEXIST` of the system when the new file is there already
 */
export async function copyChecked(copy: CheckedCopy): Promise<string> {
  const { descriptor, checksum } = writeCopy(copy);
  try {
    if (copy.sync) await flush(descriptor, copy.to);
  } finally {
    closeCopy(descriptor, copy.to);
  }
  return checksum;
}

function writeCopy({ from, to, bits, algorithm }: CheckedCopy): { descriptor: number; checksum: string } {
  const source = attempt('read', from, () => openRegularSync(fsPath(from)));
  try {
    const descriptor = openSync(fsPath(to), newFile, bits);
    try {
      attempt('mode', to, () => fchmodSync(descriptor, bits));
      const checksum = createChecksum(algorithm);
      buffer ??= Buffer.allocUnsafeSlow(bufferBytes);
      const piece = buffer;
      for (;;) {
        const count = attempt('read', from, () => readSync(source, piece, 0, bufferBytes, null));
        if (count === 0) return { descriptor, checksum: checksum.digestHex() };
        checksum.update(piece.subarray(0, count));
        for (let done = 0; done < count;) {
          done += attempt('write', to, () => writeSync(descriptor, piece, done, count - done));
        }
      }
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  } finally {
    closeSync(source);
  }
}

function attempt<Result>(action: 'read' | 'write' | 'mode', path: ByteString, call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    throw fileFailure(action, path, error);
  }
}

function flush(descriptor: number, path: ByteString): Promise<void> {
  return new Promise((resolve, reject) => {
    fsync(descriptor, (error) => {
      if (error === null) resolve();
      else reject(fileFailure('sync', path, error));
    });
  });
}

/** Some file systems report a full disk only now. */
function closeCopy(descriptor: number, path: ByteString): void {
  attempt('write', path, () => closeSync(descriptor));
}
