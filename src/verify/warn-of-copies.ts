import { lstatSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { display, type ByteString } from '../bytes/byte-string.ts';
import type { PlainLink } from '../content/plain-tablespaces.ts';
import { fsPath, joinPath, parentPath } from '../files/path.ts';
import { say } from '../messages/message.ts';
import type { Findings } from './findings.ts';

/** Neighbours that are looked at: a folder of more backups is not read to its end. */
const mostNeighbours = 1000;

/**
 * Warns of tablespaces that this backup shares with another, as `cp -a` leaves them: the files of a copy are its own, the
 * links lead to where the original has its tablespaces; and of tablespaces that lie in the backup's own directory. What lies beside the backup is looked at, nothing further away.
 */
export function warnOfCopies(root: ByteString, tablespaces: readonly PlainLink[], findings: Findings): void {
  for (const { oid, target, inside } of tablespaces) {
    if (target === undefined) continue;
    const path = `pg_tblspc/${oid}`;
    if (inside !== undefined) {
      if (realPath(joinPath(root, path)) === realPath(joinPath(root, inside))) continue;
      findings.warning(say('verify.link-of-another', { path, target: display(target) }));
      continue;
    }
    const [real, own] = [realPath(joinPath(root, path)), realPath(root)];
    if (real !== undefined && own !== undefined && real.startsWith(`${own}/`)) {
      findings.warning(say('verify.link-into-backup', { path, oid, target: display(target) }));
      continue;
    }
    const other = neighbourWith(root, path, target);
    if (other === undefined) continue;
    findings.warning(say('verify.link-shared', { path, target: display(target), other: display(other) }));
  }
}

/** A directory beside the backup with the same link. */
function neighbourWith(root: ByteString, path: string, target: ByteString): ByteString | undefined {
  const own = realPath(root);
  if (own === undefined) return undefined;
  const parent = parentPath(own);
  for (const name of namesIn(parent).slice(0, mostNeighbours)) {
    const neighbour = joinPath(parent, name);
    if (neighbour !== own && linkTarget(joinPath(neighbour, path)) === target) return neighbour;
  }
  return undefined;
}

function namesIn(path: ByteString): string[] {
  try {
    return readdirSync(fsPath(path), { encoding: 'latin1' });
  } catch {
    return [];
  }
}

function linkTarget(path: ByteString): ByteString | undefined {
  try {
    if (lstatSync(fsPath(path), { throwIfNoEntry: false })?.isSymbolicLink() !== true) return undefined;
    return readlinkSync(fsPath(path), { encoding: 'latin1' }) as ByteString;
  } catch {
    return undefined;
  }
}

function realPath(path: ByteString): ByteString | undefined {
  try {
    return realpathSync.native(fsPath(path), { encoding: 'latin1' }) as ByteString;
  } catch {
    return undefined;
  }
}
