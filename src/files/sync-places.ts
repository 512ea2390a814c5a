import { statSync } from 'node:fs';
import { release } from 'node:os';
import type { ByteString } from '../bytes/byte-string.ts';
import { fsPath, parentPath } from './path.ts';
import { syncFileSystem, tellsFailedWrites, type SyncMethod } from './sync-file-system.ts';
import { syncDirectory, syncTree } from './sync-tree.ts';

export interface SyncPlacesOptions {
  /** Undefined: whole file systems where each place is one, which concerns nobody else then; file by file elsewhere. */
  readonly method: SyncMethod | undefined;
  readonly signal: AbortSignal;
}

/**
 * Makes everything durable that was written below these directories, and their names: file by file, or whole file systems. No other
 * file system may be mounted within.
 * @throws BackupError `STORAGE_UNAVAILABLE`
 */
export async function syncPlaces(
  directories: readonly ByteString[],
  { method, signal }: SyncPlacesOptions,
): Promise<void> {
  const mayChoose = method === undefined && tellsFailedWrites(process.platform, release());
  const asWhole = method === 'syncfs' || (mayChoose && directories.every(isFileSystem));
  for (const path of directories) {
    signal.throwIfAborted();
    const isFlushed = asWhole && (await syncFileSystem(path));
    // The name of a place lies in another file system where it is a mount point.
    if (isFlushed) await syncDirectory(parentPath(path));
    else await syncTree(path, { signal });
  }
}

/** Whether a file system is mounted there; what cannot be looked at counts as part of a larger one. */
function isFileSystem(path: ByteString): boolean {
  try {
    return statSync(fsPath(path)).dev !== statSync(fsPath(parentPath(path))).dev;
  } catch {
    return false;
  }
}
