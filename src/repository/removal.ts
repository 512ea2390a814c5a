import { encodeSealed } from '../storage/sealed-json.ts';
import { Members } from './members.ts';
import { removalObject } from './names.ts';

/** Says that a backup is off the catalogue, for good. Format: docs/design/repository.md, small objects. */
export interface Removal {
  /** Id of the backup. */
  readonly backup: string;
  /** For people. */
  readonly reason: string;
  /** So many sound backups without a removal must remain when it is carried out. */
  readonly minimum: number;
  /** Account and host, for people. */
  readonly by: string;
  /** ISO 8601 in UTC, by the clock of that host. */
  readonly at: string;
}

export const removalsFolder = 'removals/';

export function encodeRemoval({ backup, reason, minimum, by, at }: Removal): Buffer {
  return encodeSealed({ format: 1, backup, reason, minimum, by, at });
}

/** @throws BackupError `CORRUPT`, `REPOSITORY_VERSION` */
export function decodeRemoval(bytes: Uint8Array, backup: string): Removal {
  const members = Members.of(bytes, removalObject(backup));
  if (members.id('backup') !== backup) members.refuse();
  const reason = members.text('reason');
  return { backup, reason, minimum: members.count('minimum'), by: members.text('by'), at: members.time('at') };
}
