import { display, fromBytes, type ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { RestoreRules } from '../server/restore-rules.ts';
import { parseBackupLabel, type BackupLabel } from '../wal/backup-label.ts';
import { parseTablespaceMap, type TablespaceMapEntry } from '../wal/tablespace-map.ts';

/** Largest of the small files that are read as a whole. */
export const noteLimit = 4 * 1024 * 1024;

/** Small files that tell what a backup is. */
export const notedFiles: readonly string[] = [
  'backup_label',
  'tablespace_map',
  'PG_VERSION',
  'global/pg_control',
  'postgresql.conf',
  'postgresql.auto.conf',
  'gausskeep.json',
];

/** @throws BackupError `CORRUPT` when there is none: a server would recover such a copy from the wrong place, and say nothing */
export function requireLabel(bytes: Uint8Array | undefined, description: string): BackupLabel {
  if (bytes !== undefined) return parseBackupLabel(Buffer.from(bytes).toString('utf8'));
  throw contentMissing('backup_label', description);
}

/**
 * The lines of tablespace_map.
 * @throws BackupError `CORRUPT` also when it says two things of one tablespace, or a place that is no absolute path
 */
export function mapEntries(
  bytes: Uint8Array | undefined,
  { mapEscape }: Pick<RestoreRules, 'mapEscape'>,
): TablespaceMapEntry[] {
  const entries = bytes === undefined ? [] : parseTablespaceMap(bytes, mapEscape);
  const seen = new Map<number, ByteString>();
  for (const { oid, path } of entries) {
    const first = seen.get(oid);
    if (first !== undefined) {
      const places = { oid, first: display(first), second: display(path) };
      throw new BackupError('CORRUPT', say('content.map-twice', places));
    }
    if (!path.startsWith('/')) {
      throw new BackupError('CORRUPT', say('restore.location-relative', { oid, path: display(path) }));
    }
    seen.set(oid, path);
  }
  return entries;
}

/** @throws BackupError `CORRUPT` unless PG_VERSION names a release, as every server demands */
export function requireVersion(bytes: Uint8Array): void {
  const text = fromBytes(bytes.subarray(0, 64));
  if (/^\d{1,3}(?:\.\d{1,3})?\s*$/.test(text)) return;
  throw new BackupError('CORRUPT', say('content.bad-version-file', { text: JSON.stringify(display(text)) }));
}

/**
 * The path below the data directory of a tablespace at a relative location, by the absolute path that the source had for
 * it: its folder and at most two more names. Source: CREATE TABLESPACE … RELATIVE LOCATION, tablespace.cpp.
 */
export function relativeLocation(
  path: ByteString,
  rules: Pick<RestoreRules, 'relativeTablespaces'>,
): ByteString | undefined {
  const folder = rules.relativeTablespaces;
  if (folder === undefined) return undefined;
  const match = new RegExp(`/(${folder}(?:/[A-Za-z0-9_-]+){1,2})/*$`).exec(path);
  return match?.[1] as ByteString | undefined;
}

/** Where the files of a tablespace without a location of its own are: PostgreSQL 15 and later, for tests and trials. */
export function inPlace(oid: number): ByteString {
  return `pg_tblspc/${oid}` as ByteString;
}

/** @throws BackupError `CORRUPT` when the WAL archive is named for the other product: its segments would go where no server looks */
export function requireWalArchive(
  archive: { readonly name: string; readonly directory: string } | undefined,
  { walDirectory }: Pick<RestoreRules, 'walDirectory'>,
): void {
  if (archive === undefined || archive.directory === walDirectory) return;
  const values = { archive: archive.name, directory: walDirectory };
  throw new BackupError('CORRUPT', say('content.wal-archive-name', values));
}

/** The error for a backup without a file that every server needs. */
export function contentMissing(name: 'PG_VERSION' | 'backup_label' | 'global/pg_control', backup: string): BackupError {
  switch (name) {
    case 'PG_VERSION':
      return new BackupError('CORRUPT', say('content.no-version-file', { backup }));
    case 'global/pg_control':
      return new BackupError('CORRUPT', say('restore.no-control', { backup }));
    case 'backup_label':
      return new BackupError('CORRUPT', say('restore.no-label', { backup }), { hint: say('restore.no-label.hint') });
  }
}
