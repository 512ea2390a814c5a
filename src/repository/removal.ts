import { encodeSealed } from '../storage/sealed-json.ts';
import { Members } from './members.ts';
import { isBackupName } from './names.ts';

/** What was taken off the catalogue and is to be deleted. Format: docs/design/repository.md, removal. */
export interface Removal {
  readonly id: string;
  /** Names of backups. */
  readonly backups: readonly string[];
  /** ISO 8601 in UTC, by the clock of the host that put it. */
  readonly at: string;
}

export const removalsFolder = 'removals/';

export function removalObject(id: string): string {
  return `${removalsFolder}${id}.json`;
}

export function encodeRemoval({ id, backups, at }: Removal): Buffer {
  return encodeSealed({ format: 1, removal: id, backups, at });
}

/** @throws BackupError `CORRUPT`, `REPOSITORY_VERSION` */
export function decodeRemoval(bytes: Uint8Array, id: string): Removal {
  const members = Members.of(bytes, removalObject(id));
  if (members.id('removal') !== id) members.refuse();
  const backups = members.list('backups', (value) => (isBackupName(value) ? value : undefined));
  return { id, backups, at: members.time('at') };
}
