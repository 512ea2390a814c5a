import { existsSync } from 'node:fs';
import { display, type ByteString } from '../bytes/byte-string.ts';
import { mapEntries } from '../content/backup-identity.ts';
import { fsPath, joinPath, parentPath } from '../files/path.ts';
import { say } from '../messages/message.ts';
import type { RestoreRules } from '../server/restore-rules.ts';
import type { TablespaceMapEntry } from '../wal/tablespace-map.ts';
import type { Findings } from './findings.ts';
import type { InstanceFiles } from './instance-files.ts';

/** The lines of tablespace_map, as a restore reads them; undefined where there is none, or where what is wrong with it was reported. */
export function readTablespaceMap(
  files: InstanceFiles,
  rules: RestoreRules,
  findings: Findings,
): readonly TablespaceMapEntry[] | undefined {
  const map = files.get('tablespace_map');
  if (map === undefined) return undefined;
  try {
    return mapEntries(map, rules);
  } catch (error) {
    findings.fault(error);
    return undefined;
  }
}

/** Places at which a restore that is not told otherwise would refuse to put a tablespace. */
export function warnOfPlaces(entries: readonly TablespaceMapEntry[], findings: Findings): void {
  for (const [index, { oid, path }] of entries.entries()) {
    const other = entries.slice(0, index).find((one) => isWithin(one.path, path) || isWithin(path, one.path));
    if (other !== undefined) {
      findings.warning(say('verify.place-shared', { oid, other: other.oid, path: display(path) }));
    }
    const instance = instanceAbove(path);
    if (instance !== undefined) {
      const values = { oid, path: display(path), instance: display(instance) };
      findings.warning(say('verify.place-in-instance', values));
    }
  }
}

function isWithin(path: ByteString, directory: ByteString): boolean {
  return `${path}/`.startsWith(`${directory.replace(/\/+$/, '')}/`);
}

/** The data directory on this machine that holds `path`. */
function instanceAbove(path: ByteString): ByteString | undefined {
  for (let above = path; ; above = parentPath(above)) {
    if (existsSync(fsPath(joinPath(above, 'PG_VERSION')))) return above;
    if (above === '/' || above === '.') return undefined;
  }
}
