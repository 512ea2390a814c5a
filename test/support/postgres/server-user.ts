import { chownSync, existsSync, lchownSync, lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

/** The account that servers run as, in the shape that `spawn` takes; empty when it is our own account. */
export interface ServerUser {
  readonly uid?: number;
  readonly gid?: number;
}

export const runningAsRoot = process.getuid?.() === 0;

/** PostgreSQL refuses root. Then servers run as `nobody`, which every Debian has; otherwise as we do. */
export const serverUser: ServerUser = runningAsRoot ? nobody() : {};

function nobody(): ServerUser {
  const entry = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === 'nobody');
  if (entry === undefined) throw new Error('PostgreSQL does not run as root, and there is no account "nobody"');
  return { uid: Number(entry[2]), gid: Number(entry[3]) };
}

/**
 * Makes the server's account the owner of a file or of a whole directory. Of a data directory that includes the
 * tablespaces and the WAL directory, where those are links. Call it on a backup that root took, before it is started.
 */
export function giveToServerUser(path: string): void {
  const { uid, gid } = serverUser;
  if (uid === undefined || gid === undefined) return;
  giveTree(Buffer.from(path), uid, gid);
  for (const link of linksOutOf(path)) giveTree(Buffer.from(realpathSync(link)), uid, gid);
}

/** The places where a data directory may link to another directory that belongs to it. */
function linksOutOf(dataDirectory: string): string[] {
  const tablespaces = join(dataDirectory, 'pg_tblspc');
  const names = existsSync(tablespaces) ? readdirSync(tablespaces).map((name) => join(tablespaces, name)) : [];
  return [join(dataDirectory, 'pg_wal'), ...names].filter(
    (path) => existsSync(path) && lstatSync(path).isSymbolicLink(),
  );
}

/** Follows no link. Paths are bytes: a data directory can hold names that are not UTF-8. */
function giveTree(path: Buffer, uid: number, gid: number): void {
  const status = lstatSync(path);
  if (!status.isDirectory()) {
    lchownSync(path, uid, gid);
    return;
  }
  chownSync(path, uid, gid);
  for (const name of readdirSync(path, { encoding: 'buffer' })) {
    giveTree(Buffer.concat([path, Buffer.from('/'), name]), uid, gid);
  }
}

/** A directory that programs write to which go on as the account of the server, as `recover` does. */
export function givenToServerUser(directory: string): string {
  giveToServerUser(directory);
  return directory;
}
