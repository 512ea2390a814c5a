import type { ByteString } from '../bytes/byte-string.ts';
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
  throw new BackupError('CORRUPT', say('restore.no-label', { backup: description }), {
    hint: say('restore.no-label.hint'),
  });
}

/** Whether the label has a line that only PostgreSQL, from 11 on, writes. */
export function statesTimeline(label: Uint8Array | undefined): boolean {
  return label !== undefined && Buffer.from(label).includes('\nSTART TIMELINE: ');
}

export function mapEntries(bytes: Uint8Array | undefined, rules: RestoreRules): TablespaceMapEntry[] {
  return bytes === undefined ? [] : parseTablespaceMap(bytes, rules.mapEscape);
}

/**
 * The path below the data directory of a tablespace at a relative location, by the absolute path that the source had for
 * it: its folder and at most two more names. Source: CREATE TABLESPACE … RELATIVE LOCATION, tablespace.cpp.
 */
export function relativeLocation(path: ByteString, rules: RestoreRules): ByteString | undefined {
  const folder = rules.relativeTablespaces;
  if (folder === undefined) return undefined;
  const match = new RegExp(`/(${folder}(?:/[A-Za-z0-9_-]+){1,2})/*$`).exec(path);
  return match?.[1] as ByteString | undefined;
}
