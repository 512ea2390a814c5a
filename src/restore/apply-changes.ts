import { closeSync, constants, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import type { ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { fileFailure } from '../files/failure.ts';
import { fsPath } from '../files/path.ts';
import type { RealRoot } from '../files/real-place.ts';
import { blockBytes, resultBlocks, type BlockRun, type IncrementalHeader } from '../incremental/incremental-file.ts';

const existing = constants.O_RDWR | constants.O_NOFOLLOW;

/** Failures of calls on a file, with its name. */
function attemptOn(path: ByteString): <Result>(call: () => Result) => Result {
  return (call) => {
    try {
      return call();
    } catch (error) {
      throw error instanceof BackupError ? error : fileFailure('write', path, error);
    }
  };
}

/** Writes zeros over pages of a file, as far as it reaches. */
export function zeroPages(path: ByteString, pages: readonly number[], root: RealRoot): void {
  const attempt = attemptOn(path);
  const descriptor = attempt(() => openSync(fsPath(path), existing));
  try {
    root.require(descriptor, path);
    const length = attempt(() => fstatSync(descriptor)).size / blockBytes;
    const zeros = Buffer.alloc(blockBytes);
    for (const page of pages) {
      if (page < length) attempt(() => writeSync(descriptor, zeros, 0, blockBytes, page * blockBytes));
    }
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Changes a file in place into what it was when the incremental backup was taken: what lies behind the length that it was cut to is
 * gone, the blocks are put where they belong, and what nobody wrote in between reads as zeros. Source: bin/pg_combinebackup.
 * @param path a file of ours, no link
 * @param root what it lies below: nothing is written where that is not so any more
 * @returns whether it was longer before
 */
export async function applyChanges(
  path: ByteString,
  header: IncrementalHeader,
  runs: AsyncIterable<BlockRun>,
  root: RealRoot,
): Promise<boolean> {
  const attempt = attemptOn(path);
  const descriptor = attempt(() => openSync(fsPath(path), existing));
  try {
    root.require(descriptor, path);
    const { size } = attempt(() => fstatSync(descriptor));
    const cutAt = header.truncationBlocks * blockBytes;
    const isCut = size > cutAt;
    if (isCut) attempt(() => ftruncateSync(descriptor, cutAt));
    for await (const { firstBlock, pages } of runs) {
      for (let done = 0; done < pages.length;) {
        const position = firstBlock * blockBytes + done;
        done += attempt(() => writeSync(descriptor, pages, done, pages.length - done, position));
      }
    }
    const length = resultBlocks(header) * blockBytes;
    if (isCut || size !== length) attempt(() => ftruncateSync(descriptor, length));
    return isCut;
  } finally {
    closeSync(descriptor);
  }
}
