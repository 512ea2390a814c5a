import { rmdir, unlink } from 'node:fs/promises';
import { systemCodeOf } from '../errors/backup-error.ts';
import type { ByteString } from '../bytes/byte-string.ts';
import { fileFailure } from './failure.ts';
import { fsPath, joinPath } from './path.ts';
import { walkTree } from './read-directory.ts';

export interface RemoveTreeOptions {
  readonly keepRoot: boolean;
  /** Entries of `root` itself that go when all else is gone: they tell what the rest is, should this be killed. */
  readonly last?: ((name: string) => boolean) | undefined;
}

/**
 * Removes everything below `root`, and `root` itself unless `keepRoot`. Links are removed, not followed. Goes on after a
 * failure, so that as much as possible is gone. What is not there any more is no failure. Takes no signal: it is what runs
 * after one.
 * @throws BackupError `STORAGE_UNAVAILABLE` the first failure, at the end
 */
export async function removeTree(root: ByteString, { keepRoot, last }: RemoveTreeOptions): Promise<void> {
  const failures: unknown[] = [];
  const attempt = async (path: ByteString, remove: (path: string | Buffer) => Promise<void>, at = path) => {
    try {
      await remove(fsPath(at));
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') failures.push(fileFailure('remove', path, error));
    }
  };
  const directories: ByteString[] = [];
  const atLast: ByteString[] = [];
  try {
    for await (const entry of walkTree(root)) {
      const path = joinPath(root, entry.name);
      if (entry.type === 'directory') directories.push(path);
      else if (last?.(entry.name) === true) atLast.push(path);
      else await attempt(path, unlink, entry.at);
    }
  } catch (error) {
    failures.push(error);
  }
  // The walk gives each directory before what is in it.
  for (const path of directories.reverse()) await attempt(path, rmdir);
  for (const path of atLast) await attempt(path, unlink);
  if (!keepRoot) await attempt(root, rmdir);
  if (failures.length > 0) throw failures[0];
}
