import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fromText } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { give } from '../files/give-tree.ts';
import { joinPath } from '../files/path.ts';
import { walkTree } from '../files/read-directory.ts';
import { say } from '../messages/message.ts';

/**
 * Refuses to make a directory the archive of a server that then could not push into it, because the archive would belong to
 * another account than the server does.
 * @param directory of the archive
 * @param source the data directory of the server, or something in it: its owner is the account of the server
 * @throws BackupError `USAGE`
 */
export async function checkArchiveOwner(directory: string, source: string): Promise<void> {
  const server = (await stat(await existing(source))).uid;
  const euid = process.geteuid?.();
  // A copy of root's says nothing: no server runs as root.
  if (euid === undefined || server === 0 || server === euid) return;
  const { uid, mode } = await stat(directory);
  const own = euid === 0 ? uid : euid;
  const canWrite = own === server || (euid === 0 && (uid === 0 || (mode & 0o022) !== 0));
  if (canWrite) return;
  throw new BackupError('USAGE', say('archive.other-owner', { directory, owner: own, server }), {
    hint: say('archive.other-owner.hint', { server }),
  });
}

/**
 * As root, gives an archive directory of root and what is in it to the account of the server, which is to push into it. The
 * directory itself goes last: until then nobody else can put anything in the way.
 * @returns the account, when something was given
 */
export async function giveArchiveToServer(directory: string, source: string): Promise<number | undefined> {
  const { uid, gid } = await stat(await existing(source));
  if (process.geteuid?.() !== 0 || uid === 0 || (await stat(directory)).uid !== 0) return undefined;
  const root = fromText(directory);
  for await (const { name, at } of walkTree(root, {})) give(joinPath(root, name), uid, gid, at);
  give(root, uid, gid);
  return uid;
}

/** `source`, or the directory that it would be in. */
async function existing(source: string): Promise<string> {
  return stat(source).then(
    () => source,
    () => dirname(source),
  );
}
