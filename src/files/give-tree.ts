import { lchownSync } from 'node:fs';
import type { ByteString } from '../bytes/byte-string.ts';
import { systemCodeOf } from '../errors/backup-error.ts';
import { fileFailure } from './failure.ts';
import { fsPath, joinPath } from './path.ts';
import { walkTree } from './read-directory.ts';

/** What a file system would not give away: none of its entries, as of FAT or of a server that makes root nobody, or some. */
export interface NotGiven {
  readonly count: number;
  readonly first: ByteString;
  readonly reason: unknown;
}

/** What they say that have no owners, or do not take ours. */
const refusals: readonly (string | undefined)[] = ['EPERM', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/** Whether a file system refused to give away, which is no failure of it. */
export function refusesOwners(error: unknown): boolean {
  return refusals.includes(systemCodeOf(error));
}

/**
 * Makes an account the owner of `root` and everything below it. Links are given away themselves, not followed. Goes on
 * where the file system refuses.
 * @returns what it refused
 * @throws BackupError `STORAGE_UNAVAILABLE`
 */
export async function giveTree(
  root: ByteString,
  { uid, gid }: { readonly uid: number; readonly gid: number },
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<NotGiven | undefined> {
  let refused: NotGiven | undefined;
  const giveOne = (path: ByteString): void => {
    try {
      lchownSync(fsPath(path), uid, gid);
    } catch (error) {
      if (!refusesOwners(error)) throw fileFailure('owner', path, error);
      refused = { first: path, reason: error, ...refused, count: (refused?.count ?? 0) + 1 };
    }
  };
  giveOne(root);
  for await (const { name } of walkTree(root, { signal })) giveOne(joinPath(root, name));
  return refused;
}

/** One entry. */
export function give(path: ByteString, uid: number, gid: number): void {
  try {
    lchownSync(fsPath(path), uid, gid);
  } catch (error) {
    throw fileFailure('owner', path, error);
  }
}
