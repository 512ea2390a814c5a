import { encodeSealed } from '../storage/sealed-json.ts';
import { putIfAbsent } from '../storage/small-object.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { accountAndHost } from './account.ts';
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

function encodeRemoval({ backup, reason, minimum, by, at }: Removal): Buffer {
  return encodeSealed({ format: 1, backup, reason, minimum, by, at });
}

/** @throws BackupError `CORRUPT`, `REPOSITORY_VERSION` */
export function decodeRemoval(bytes: Uint8Array, backup: string): Removal {
  const members = Members.of(bytes, removalObject(backup));
  if (members.id('backup') !== backup) members.refuse();
  const reason = members.text('reason');
  return { backup, reason, minimum: members.count('minimum'), by: members.text('by'), at: members.time('at') };
}

/**
 * Takes a backup off the catalogue, for good. Durable when it resolves; that it is taken off already is no error. Whether somebody needs it is
 * looked for later, by whoever carries the removal out.
 */
export async function putRemoval(
  storage: Storage,
  removal: Pick<Removal, 'backup' | 'reason' | 'minimum'>,
  options: StorageOptions = {},
): Promise<void> {
  const whole = { ...removal, by: accountAndHost(), at: new Date().toISOString() };
  await putIfAbsent(storage, removalObject(removal.backup), encodeRemoval(whole), options);
}
