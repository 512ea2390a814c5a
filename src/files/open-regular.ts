import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';

/**
 * Opening a named pipe waits for its other end, and no signal ends that wait; reading a device may never end. So a file
 * that somebody else made is opened without waiting, and read only when it is a regular one. Links are followed.
 */
const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** Largest file that `readRegular` takes unless told, in bytes: what it reads is settings, labels and marks. */
const usualLimit = 64 * 1024 * 1024;

/**
 * A regular file, open for reading.
 * @param path as `fs` takes it
 * @throws BackupError `STORAGE_UNAVAILABLE` for anything that is there and is no regular file; else as `fs` throws
 */
export async function openRegular(path: string | Buffer): Promise<FileHandle> {
  const handle = await open(path, flags).catch((error: unknown) => {
    throw withoutReader(path, error);
  });
  try {
    if (!(await handle.stat()).isFile()) throw notRegular(path);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** `openRegular` that blocks the thread. @returns a descriptor, the caller's to close */
export function openRegularSync(path: string | Buffer): number {
  let descriptor: number;
  try {
    descriptor = openSync(path, flags);
  } catch (error) {
    throw withoutReader(path, error);
  }
  try {
    if (!fstatSync(descriptor).isFile()) throw notRegular(path);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/**
 * The content of a small regular file.
 * @param limit bytes; a larger one is not read
 * @throws BackupError `STORAGE_UNAVAILABLE` as `openRegular`, `CORRUPT` when it is larger; else as `fs` throws
 */
export function readRegular(path: string | Buffer, limit: number = usualLimit): Buffer {
  const descriptor = openRegularSync(path);
  try {
    const pieces: Buffer[] = [];
    let total = 0;
    // Most are small, and some are read many times a second: memory of 64 KiB for each had the garbage collector come by. Files of the kernel have no size.
    const wanted = Math.min(64 * 1024, Math.max(1024, fstatSync(descriptor).size + 1));
    for (;;) {
      const piece = Buffer.allocUnsafe(Math.min(wanted, limit + 1 - total));
      const count = readSync(descriptor, piece, 0, piece.length, null);
      if (count === 0) return Buffer.concat(pieces);
      total += count;
      if (total > limit) throw new BackupError('CORRUPT', say('files.too-large', { path: textOf(path), limit }));
      pieces.push(piece.subarray(0, count));
    }
  } finally {
    closeSync(descriptor);
  }
}

/** A socket refuses to be opened at all: that is no regular file either. */
function withoutReader(path: string | Buffer, error: unknown): unknown {
  return error instanceof Error && 'code' in error && error.code === 'ENXIO' ? notRegular(path) : error;
}

function notRegular(path: string | Buffer): BackupError {
  return new BackupError('STORAGE_UNAVAILABLE', say('files.not-regular', { path: textOf(path) }), {
    hint: say('files.not-regular.hint'),
    retryable: false,
  });
}

function textOf(path: string | Buffer): string {
  return path.toString();
}
