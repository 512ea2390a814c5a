import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fromText } from '../bytes/byte-string.ts';
import { systemCodeOf } from '../errors/backup-error.ts';
import { fileFailure } from '../files/failure.ts';
import { say } from '../messages/message.ts';
import { unfinishedPrefix } from '../storage/object-name.ts';
import type { StorageOptions } from '../storage/storage.ts';
import type { Findings } from './finding.ts';

/**
 * Names what writes into a directory have not finished: the storage does not list it, and it takes room.
 * @throws BackupError `STORAGE_UNAVAILABLE`, `AUTHENTICATION` where a directory cannot be read
 */
export async function checkUnfinished(directory: string, findings: Findings, options: StorageOptions): Promise<void> {
  let [count, bytes] = [0, 0];
  for (const pending = [directory]; pending.length > 0;) {
    const path = pending.pop() ?? '';
    options.signal?.throwIfAborted();
    for (const entry of await unlessGone(path, readdir(path, { withFileTypes: true }))) {
      const child = join(path, entry.name);
      if (entry.isDirectory()) pending.push(child);
      if (!entry.isFile() || !entry.name.startsWith(unfinishedPrefix)) continue;
      for (const { size } of await unlessGone(child, lstat(child))) [count, bytes] = [count + 1, bytes + size];
    }
  }
  if (count > 0) findings.note('', say('repo-check.unfinished', { count, bytes }), say('repo-check.unfinished.action'));
}

/** Runs that are at work make and remove files and folders meanwhile. */
async function unlessGone<Found>(path: string, looked: Promise<Found | Found[]>): Promise<Found[]> {
  try {
    return [await looked].flat() as Found[];
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return [];
    throw fileFailure('read', fromText(path), error);
  }
}
