import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { BackupError } from '../errors/backup-error.ts';
import type { Archive } from '../wal-archive/archive.ts';
import { grownBytesOf, openFiles, openFolder } from '../wal-archive/open-folder.ts';
import type { WalObject, WalSource } from '../wal-archive/wal-source.ts';

/**
 * Removes beginnings of segments that are there whole: what a kill left between the two names of a segment, and what
 * archive_command was quicker with. One with other content stays, for nothing else has it.
 */
export async function removeLeftovers(
  directory: string,
  { storage }: Archive,
  generation: number,
  source: WalSource,
): Promise<void> {
  const folder = openFolder(generation);
  for (const { kind, name, segment } of await openFiles(storage, generation)) {
    if (kind !== 'partial') continue;
    const stored = folder + name;
    const whole = await source.find(segment);
    if (whole === undefined) continue;
    if (whole.storedName === folder + segment) {
      const [one, other] = await Promise.all([stored, whole.storedName].map((file) => lstat(join(directory, file))));
      if (one?.ino === other?.ino && one?.dev === other?.dev) await storage.delete(stored);
      continue;
    }
    if (await isBeginningOf(() => storage.get(stored), whole)) await storage.delete(stored);
  }
}

/** Not of one that is damaged: then the beginning is worth something. */
async function isBeginningOf(read: () => ByteSource, whole: WalObject): Promise<boolean> {
  try {
    const length = await grownBytesOf(read());
    return (await digestUpTo(read(), length)) === (await digestUpTo(whole.read(), length));
  } catch (error) {
    if (error instanceof BackupError && error.code === 'CORRUPT') return false;
    throw error;
  }
}

async function digestUpTo(source: ByteSource, length: number): Promise<string> {
  const hash = createHash('sha256');
  let left = length;
  for await (const piece of source) {
    hash.update(piece.subarray(0, left));
    left -= Math.min(left, piece.length);
    if (left === 0) break;
  }
  return hash.digest('hex');
}
