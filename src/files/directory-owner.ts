import { constants, type PathLike } from 'node:fs';
import { chown, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** An account as the file system counts it. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * To whom a new file in a directory is to be given: as root to the owner of the directory, for what is root's there its owner
 * can neither read nor continue. Undefined when it stays ours: for every other account, and in a directory of root.
 * @throws Error of the system when there is no such directory
 */
export async function ownerOfNewFiles(directory: string): Promise<Owner | undefined> {
  if (process.geteuid?.() !== 0) return undefined;
  const { uid, gid } = await stat(directory);
  return uid === 0 ? undefined : { uid, gid };
}

/**
 * Makes a directory for us alone in one that is there; made by root it belongs to the owner of that one, whose servers are to read it.
 * @throws Error of the system, `EEXIST` where something is there
 */
export async function makeOwnedDirectory(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 });
  const owner = await ownerOfNewFiles(dirname(path));
  if (owner !== undefined) await chown(path, owner.uid, owner.gid);
}

/**
 * Gives a directory of root below another one to the owner of that, as `ownerOfNewFiles` says: root that was ended just when it had made one left it its own, and the owner of all around could
 * not even read it. Follows no link.
 * @throws Error of the system
 */
export async function giveBackDirectory(path: PathLike, below: string): Promise<void> {
  const owner = await ownerOfNewFiles(below);
  if (owner === undefined) return;
  const made = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    const { uid } = await made.stat();
    if (uid === 0) await made.chown(owner.uid, owner.gid);
  } finally {
    await made.close();
  }
}
