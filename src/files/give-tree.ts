import { lchownSync } from 'node:fs';
import type { ByteString } from '../bytes/byte-string.ts';
import { systemCodeOf } from '../errors/backup-error.ts';
import { fileFailure } from './failure.ts';
import { fsPath, joinPath } from './path.ts';
import { walkTree } from './read-directory.ts';

/** Entries that could not be given away. */
export interface NotGiven {
  readonly count: number;
  readonly first: ByteString;
  /** Of the first. */
  readonly reason: unknown;
}

/** What file systems say that have no owners (FAT) or do not take ours (a server that makes root nobody), and the system to an account that may not give. */
const refusals: readonly (string | undefined)[] = ['EPERM', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/**
 * Gives one entry away, a link itself.
 * @param at another path to it, which holds whatever becomes of the directories above
 * @returns why that was refused, which is no failure of the disk; undefined: it was given
 * @throws BackupError `STORAGE_UNAVAILABLE`
 */
export function tryGive(path: ByteString, uid: number, gid: number, at = path): Error | undefined {
  try {
    lchownSync(fsPath(at), uid, gid);
    return undefined;
  } catch (error) {
    if (error instanceof Error && refusals.includes(systemCodeOf(error))) return error;
    throw fileFailure('owner', path, error);
  }
}

/**
 * Makes an account the owner of `root` and everything below it. Links are given away themselves, not followed. Goes on
 * where that is refused.
 * @returns what was refused
 * @throws BackupError `STORAGE_UNAVAILABLE`
 */
export async function giveTree(
  root: ByteString,
  { uid, gid }: { readonly uid: number; readonly gid: number },
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<NotGiven | undefined> {
  let refused: NotGiven | undefined;
  const giveOne = (path: ByteString, at = path): void => {
    const reason = tryGive(path, uid, gid, at);
    if (reason !== undefined) refused = { first: path, reason, ...refused, count: (refused?.count ?? 0) + 1 };
  };
  giveOne(root);
  for await (const { name, at } of walkTree(root, { signal })) giveOne(joinPath(root, name), at);
  return refused;
}

/** One entry, which has to be given. @throws BackupError `STORAGE_UNAVAILABLE` */
export function give(path: ByteString, uid: number, gid: number, at = path): void {
  const refusal = tryGive(path, uid, gid, at);
  if (refusal !== undefined) throw fileFailure('owner', path, refusal);
}
