import { lchownSync } from 'node:fs';
import type { ByteString } from '../bytes/byte-string.ts';
import { fileFailure } from './failure.ts';
import { fsPath, joinPath } from './path.ts';
import { walkTree } from './read-directory.ts';

/**
 * Makes an account the owner of `root` and everything below it. Links are given away themselves, not followed.
 * @throws BackupError `STORAGE_UNAVAILABLE`
 */
export async function giveTree(
  root: ByteString,
  { uid, gid }: { readonly uid: number; readonly gid: number },
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  give(root, uid, gid);
  for await (const { name } of walkTree(root, { signal })) give(joinPath(root, name), uid, gid);
}

/** One entry. */
export function give(path: ByteString, uid: number, gid: number): void {
  try {
    lchownSync(fsPath(path), uid, gid);
  } catch (error) {
    throw fileFailure('owner', path, error);
  }
}
