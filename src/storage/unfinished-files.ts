import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessAbsent } from './absence.ts';
import { unfinishedPrefix } from './object-name.ts';
import type { StorageOptions } from './storage.ts';

/** What a write into a directory that is a storage has not given its name yet. */
export interface UnfinishedFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Last written, in ms since 1970. */
  readonly mtimeMs: number;
}

/**
 * All of them in a directory and below, links not followed. Runs that are at work make and remove files and folders meanwhile: what is gone is left out.
 * @throws what the system refuses, as it comes
 */
export async function* unfinishedFiles(
  directory: string,
  { signal }: StorageOptions = {},
): AsyncGenerator<UnfinishedFile, void, undefined> {
  for (const pending = [directory]; pending.length > 0;) {
    const folder = pending.pop() ?? directory;
    signal?.throwIfAborted();
    const listing = readdir(folder, { withFileTypes: true });
    for (const entry of (await (folder === directory ? listing : listing.catch(unlessAbsent))) ?? []) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) pending.push(path);
      if (!entry.isFile() || !entry.name.startsWith(unfinishedPrefix)) continue;
      const facts = await lstat(path).catch(unlessAbsent);
      if (facts !== undefined) yield { path, sizeBytes: facts.size, mtimeMs: facts.mtimeMs };
    }
  }
}
