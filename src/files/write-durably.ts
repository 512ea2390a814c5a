import { randomUUID } from 'node:crypto';
import { open, rename, unlink, type FileHandle } from 'node:fs/promises';
import type { ByteSource } from '../bytes/byte-reader.ts';
import type { ByteString } from '../bytes/byte-string.ts';
import type { Owner } from './directory-owner.ts';
import { fileFailure } from './failure.ts';
import { fsPath, parentPath } from './path.ts';
import { syncDirectory } from './sync-tree.ts';

export interface WriteDurablyOptions {
  readonly signal?: AbortSignal | undefined;
  /** Permissions of the file, whatever the umask; default 0600. */
  readonly mode?: number | undefined;
  /** False leaves out the fsync calls (`--no-sync`); default true. */
  readonly sync?: boolean | undefined;
  /** To whom the file is given: see `ownerOfNewFiles`. */
  readonly owner?: Owner | undefined;
}

/**
 * Writes `source` to `path`, replacing what is there. After a crash at any moment the file is the old one or the whole
 * new one: temporary name in the same directory, write, fsync, rename, fsync of the directory. On failure nothing is left behind.
 * Pieces may be views into a reused buffer.
 * @returns the number of bytes
 * @throws BackupError `STORAGE_UNAVAILABLE`; what `source` throws
 */
export async function writeDurably(
  path: ByteString,
  source: ByteSource | Uint8Array,
  { signal, mode = 0o600, sync = true, owner }: WriteDurablyOptions = {},
): Promise<number> {
  signal?.throwIfAborted();
  // The same directory, because a rename cannot cross file systems.
  const temporary = `${path}.tmp-${randomUUID()}` as ByteString;
  const handle = await attempt('create', path, () => open(fsPath(temporary), 'wx', mode));
  let length: number;
  try {
    try {
      await attempt('mode', path, () => handle.chmod(mode));
      if (owner !== undefined) await attempt('owner', path, () => handle.chown(owner.uid, owner.gid));
      length = await writeAll(handle, path, source instanceof Uint8Array ? [source] : source, signal);
      if (sync) await attempt('sync', path, () => handle.sync());
    } finally {
      await handle.close();
    }
    await attempt('rename', path, () => rename(fsPath(temporary), fsPath(path)));
  } catch (error) {
    // The first error is the one to tell; the temporary name is recognisable should this fail too.
    await unlink(fsPath(temporary)).catch(() => undefined);
    throw error;
  }
  // Makes the rename itself durable.
  if (sync) await syncDirectory(parentPath(path));
  return length;
}

async function writeAll(
  handle: FileHandle,
  path: ByteString,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<number> {
  let length = 0;
  for await (const piece of source) {
    signal?.throwIfAborted();
    for (let done = 0; done < piece.length;) {
      const { bytesWritten } = await attempt('write', path, () => handle.write(piece, done));
      done += bytesWritten;
    }
    length += piece.length;
  }
  return length;
}

async function attempt<Result>(
  action: 'create' | 'mode' | 'owner' | 'write' | 'sync' | 'rename',
  path: ByteString,
  call: () => Promise<Result>,
): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    throw fileFailure(action, path, error);
  }
}
