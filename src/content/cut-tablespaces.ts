import { readdirSync, statSync } from 'node:fs';
import { display, type ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { fsPath, joinPath, lastPart, parentPath } from '../files/path.ts';
import { say } from '../messages/message.ts';
import type { RestoreRules } from '../server/restore-rules.ts';
import { relativeLocation } from './backup-identity.ts';
import type { PlainLink } from './plain-tablespaces.ts';

/**
 * openGauss takes a tablespace whose path only begins like that of the data directory (/data/g2 and /data/g2_ts) for one inside
 * of it, cuts the path, and sends a link that leads nowhere. A backup that another tool took has it so.
 */

/**
 * The link of a tablespace in an archive, when it is cut.
 * @param linkName relative to the data directory
 */
export function isCutLocation(linkName: ByteString, rules: Pick<RestoreRules, 'relativeTablespaces'>): boolean {
  return rules.relativeTablespaces !== undefined && relativeLocation(`/${linkName}` as ByteString, rules) === undefined;
}

/** The fault of a tablespace whose link in the archive is cut, and whose files are in `archive`. */
export function cutInArchive(oid: number, linkName: ByteString, archive: string): BackupError {
  const where = say('content.cut-tar', { archive, oid });
  return new BackupError('CORRUPT', say('content.tablespace-cut', { oid, target: display(linkName), where }));
}

/** The fault of a plain backup's link that is cut, with the place of its files where they are in or beside the backup; undefined: it is none. */
export function cutPlainLink(
  root: ByteString,
  { oid, target, inside }: PlainLink,
  rules: Pick<RestoreRules, 'relativeTablespaces'>,
): BackupError | undefined {
  if (rules.relativeTablespaces === undefined || target === undefined || inside !== undefined) return undefined;
  if (isThere(joinPath(root, `pg_tblspc/${oid}`))) return undefined;
  const name = lastPart(target);
  const beside = joinPath(parentPath(root), lastPart(root));
  const places = [joinPath(root, name), `${beside}_${name}`, `${beside}${name}`] as ByteString[];
  const found = places.find(holdsTablespace);
  // One with a whole path belongs to a machine or a place that is not here; that is another matter.
  if (found === undefined && target.startsWith('/') && parentPath(target) !== root) return undefined;
  const where =
    found === undefined
      ? say('content.cut-nowhere', { oid })
      : say('content.cut-plain', { directory: display(found), oid });
  return new BackupError('CORRUPT', say('content.tablespace-cut', { oid, target: display(target), where }));
}

function isThere(path: ByteString): boolean {
  try {
    return statSync(fsPath(path), { throwIfNoEntry: false }) !== undefined;
  } catch {
    // There, and not to be read: whoever reads it says so.
    return true;
  }
}

function holdsTablespace(path: ByteString): boolean {
  try {
    return readdirSync(fsPath(path), { encoding: 'latin1' }).some((name) => name.startsWith('PG_'));
  } catch {
    return false;
  }
}
