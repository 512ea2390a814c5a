import { existsSync, lstatSync, readlinkSync, realpathSync, unlinkSync } from 'node:fs';
import { display, type ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { fileFailure } from '../files/failure.ts';
import { fsPath, joinPath, parentPath } from '../files/path.ts';
import { say } from '../messages/message.ts';
import type { RestorePlan } from './plan.ts';
import type { PlacedTablespace } from './plan-tablespaces.ts';

/**
 * Proves that each link of the restored directory leads where the plan says, and into no other instance.
 * @returns the tablespaces with a link
 * @throws BackupError `CORRUPT`
 */
export function checkLinks({ directory, tablespaces }: RestorePlan): PlacedTablespace[] {
  const own = realPath(directory);
  const linked = tablespaces.filter(({ link }) => link !== undefined);
  for (const { oid, directory: wanted } of linked) {
    const path = joinPath(directory, `pg_tblspc/${oid}`);
    const target = readlinkSync(fsPath(path), { encoding: 'latin1' }) as ByteString;
    const real = realPath(path);
    const values = { path: display(path), target: display(target) };
    if (real !== realPath(wanted)) throw new BackupError('CORRUPT', say('restore.link-elsewhere', values));
    for (let above = real; above !== own && above !== '/'; above = parentPath(above)) {
      if (!existsSync(fsPath(joinPath(above, 'PG_VERSION')))) continue;
      throw new BackupError('TARGET_NOT_EMPTY', say('restore.link-in-instance', values));
    }
  }
  return linked;
}

/** A delta writes WAL into the directory itself, never through a link. What the link leads to stays as it is. */
export function removeForeignLinks(directory: ByteString, walDirectory: string): void {
  const path = joinPath(directory, walDirectory);
  if (lstatSync(fsPath(path), { throwIfNoEntry: false })?.isSymbolicLink() !== true) return;
  try {
    unlinkSync(fsPath(path));
  } catch (error) {
    throw fileFailure('remove', path, error);
  }
}

function realPath(path: ByteString): ByteString {
  try {
    return realpathSync.native(fsPath(path), { encoding: 'latin1' }) as ByteString;
  } catch (error) {
    throw fileFailure('read', path, error);
  }
}
