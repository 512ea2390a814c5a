import { join } from 'node:path';
import { display, fromText, type ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { TablespaceRow } from '../replication/base-backup.ts';

/** Where the content of a tablespace directory goes instead of its own path; both absolute and canonical. */
export interface TablespaceMapping {
  readonly oldDirectory: string;
  readonly newDirectory: string;
}

/** A tablespace with the place that a plain backup gives it. */
export interface TablespacePlacement {
  readonly row: TablespaceRow;
  /** Absolute directory here. */
  readonly directory: string;
  /** Inside the new data directory (in-place and relative tablespaces): not checked, not linked from outside. */
  readonly inside: boolean;
  /** Whether a mapping moved it. */
  readonly mapped: boolean;
}

/**
 * Decides where each tablespace of a plain backup goes: by its mapping, inside the new data directory where it was
 * inside the old one, else to its own absolute path. An unused mapping is no error (manual: `-T`).
 * @throws BackupError `PROTOCOL_VIOLATION` for a relative location that would leave the data directory
 */
export function placeTablespaces(
  rows: readonly TablespaceRow[],
  mappings: readonly TablespaceMapping[],
  dataDirectory: string,
): TablespacePlacement[] {
  const placements: TablespacePlacement[] = [];
  for (const row of rows) {
    if (row.location === undefined) continue;
    const location = display(row.location);
    if (row.relative) {
      // From a server, so not trusted: it must stay below the new data directory.
      if (location.split('/').some((part) => part === '' || part === '.' || part === '..')) {
        throw new BackupError('PROTOCOL_VIOLATION', say('backup.tablespace-leaves', { path: location }));
      }
      placements.push({ row, directory: join(dataDirectory, location), inside: true, mapped: false });
      continue;
    }
    const mapped = mapDirectory(location, mappings);
    placements.push({ row, directory: mapped ?? location, inside: false, mapped: mapped !== undefined });
  }
  return placements;
}

/** The new directory for exactly `location`, or undefined. */
function mapDirectory(location: string, mappings: readonly TablespaceMapping[]): string | undefined {
  return mappings.find((mapping) => mapping.oldDirectory === location)?.newDirectory;
}

/** Target of the link `pg_tblspc/<oid>` in a plain backup whose server sent `target`. */
export function mapLink(target: ByteString, mappings: readonly TablespaceMapping[]): ByteString {
  const mapped = mapDirectory(display(target).replace(/(.)\/+$/, '$1'), mappings);
  return mapped === undefined ? target : fromText(mapped);
}

/** Name of a tablespace's archive without suffix: its oid, or `base` for the data directory. */
export function tarName(row: TablespaceRow): string {
  return row.oid === undefined ? 'base' : String(row.oid);
}
