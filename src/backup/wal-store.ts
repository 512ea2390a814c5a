import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { fromText } from '../bytes/byte-string.ts';
import { systemCodeOf } from '../errors/backup-error.ts';
import { gzipMembers } from '../compression/gzip-members.ts';
import type { FileAction } from '../errors/system-failure.ts';
import { fileFailure } from '../files/failure.ts';
import type { Member } from '../tar/member.ts';
import { encodeMembers } from '../tar/encode-members.ts';

/** Where streamed WAL goes: segment files of a WAL directory, or one tar file. */
export type WalTarget =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'tar'; readonly path: string; readonly gzip: { readonly level: number | undefined } | undefined };

export interface WalStoreOptions {
  readonly sync: boolean;
  readonly signal: AbortSignal;
  /** Everything handed out by `members` so far is stored (and durable, with `sync`). */
  readonly onStored: () => Promise<void>;
}

/**
 * Stores the members of a WAL stream. All writes are asynchronous: the thread goes on answering the server while the disk
 * is slow.
 * @throws BackupError `STORAGE_UNAVAILABLE`; what `members` throws
 */
export async function storeWal(
  members: AsyncIterable<Member>,
  place: WalTarget,
  options: WalStoreOptions,
): Promise<void> {
  if (place.kind === 'tar') {
    const bytes = encodeMembers(members);
    const packed =
      place.gzip === undefined ? bytes : gzipMembers(bytes, { level: place.gzip.level, signal: options.signal });
    await storeFile(place.path, packed, 0o600, options);
    await options.onStored();
    return;
  }
  const made = new Set<string>([place.path]);
  for await (const { header, content } of members) {
    const path = join(place.path, header.name);
    const directory = dirname(path);
    if (!made.has(directory)) {
      await makeDirectory(directory);
      made.add(directory);
    }
    await storeFile(path, content, header.mode, options);
    await options.onStored();
  }
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw fileFailure('create', fromText(path), error);
  }
}

async function storeFile(path: string, content: ByteSource, mode: number, { sync }: WalStoreOptions): Promise<void> {
  const attempt = async <Result>(action: FileAction, call: () => Promise<Result>): Promise<Result> => {
    try {
      return await call();
    } catch (error) {
      throw fileFailure(action, fromText(path), error);
    }
  };
  const handle: FileHandle = await attempt('create', () => open(path, 'wx', mode));
  try {
    await attempt('mode', () => handle.chmod(mode));
    for await (const piece of content) {
      for (let done = 0; done < piece.length;) {
        const { bytesWritten } = await attempt('write', () => handle.write(piece, done));
        done += bytesWritten;
      }
    }
    if (sync) await attempt('sync', () => handle.sync());
  } finally {
    await handle.close();
  }
}
