import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import {
  backupSigns,
  findBackupFolders,
  isBackup,
  readBackupFacts,
  type BackupFacts,
  type BackupFactsOptions,
} from '../wal-archive/backup-facts.ts';
import { isNamePart, unfinishedPrefix } from '../storage/object-name.ts';
import { openPlace, type OpenedPlace, type Place } from '../storage/place.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import type { WindowBackup } from '../window/recovery-window.ts';

/** A backup in a folder of backups. */
export interface FoundBackup {
  /** Directory of the place that was named; undefined: it is reached through the storage only. */
  readonly directory: string | undefined;
  readonly storage: Storage;
  /** In the place: '' or ending in `/`. */
  readonly folder: string;
  /** For people. */
  readonly name: string;
  readonly facts: BackupFacts;
}

export interface FoundBackups {
  readonly backups: readonly FoundBackup[];
  /** Folders that look like backups and cannot be used. */
  readonly unusable: readonly { readonly name: string; readonly reason: Message }[];
}

/** The backups in folders of backups, as they are now: no catalogue can be wrong about them. */
export async function findBackups(places: readonly Place[], options: BackupFactsOptions = {}): Promise<FoundBackups> {
  const backups: FoundBackup[] = [];
  const unusable: { name: string; reason: Message }[] = [];
  for (const place of places) {
    const { storage, directory, name: placeName } = await openPlace(place);
    for await (const folder of findBackupFolders(storage, '', options)) {
      const name = nameOf({ name: placeName, directory }, folder);
      try {
        backups.push({ directory, storage, folder, name, facts: await readBackupFacts(storage, folder, options) });
      } catch (error) {
        if (!(error instanceof BackupError) || !isOfBackup(error)) throw error;
        unusable.push({ name, reason: error.sentence });
      }
    }
    for (const name of directory === undefined ? [] : oddlyNamed(directory)) {
      unusable.push({ name: nameOf({ name: placeName, directory }, name), reason: say('survey.odd-name') });
    }
  }
  return { backups, unusable };
}

/** Backups in a folder that no listing of a storage has, because no object can have such a name. */
function oddlyNamed(place: string): string[] {
  const directories = readdirSync(place, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const odd = directories.filter(({ name }) => !isNamePart(name) && !name.startsWith(unfinishedPrefix));
  return odd.map(({ name }) => name).filter((name) => backupSigns.some((sign) => existsSync(join(place, name, sign))));
}

/** The backup at a place. @throws BackupError as `readBackupFacts`, with the name of the place */
export async function openBackup(
  place: Place,
  options: BackupFactsOptions & StorageOptions = {},
): Promise<FoundBackup> {
  const { storage, directory, name } = await openPlace(place);
  try {
    const facts = await readBackupFacts(storage, '', options);
    return { directory, storage, folder: '', name, facts };
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'BACKUP_NOT_FOUND') throw error;
    const values = { backup: name };
    throw (await isBackup(storage, '', options))
      ? error.with({ sentence: say('restore.no-label', values), hint: say('restore.no-label.hint') })
      : error.with({ sentence: say('restore.no-backup', values), hint: say('restore.no-backup.hint') });
  }
}

/** A failure that says something of this backup, not of the storage. */
function isOfBackup({ code }: BackupError): boolean {
  return code === 'CORRUPT' || code === 'BACKUP_NOT_FOUND' || code === 'SERVER_ERROR' || code === 'REPOSITORY_VERSION';
}

/** A path, where there is one. */
function nameOf({ name, directory }: Pick<OpenedPlace, 'name' | 'directory'>, folder: string): string {
  const inner = folder.replace(/\/$/, '');
  if (inner === '') return name;
  return directory === undefined ? `${name}: ${inner}` : `${name.replace(/\/$/, '')}/${inner}`;
}

/** What the window needs to know of a backup. */
export function windowBackup({ name, facts }: Pick<FoundBackup, 'name' | 'facts'>): WindowBackup {
  const { label, stopLsn, minRecoveryLsn } = facts;
  return {
    name,
    label: label.label,
    startLsn: label.startLsn,
    checkpointLsn: label.checkpointLsn,
    timeline: label.startTimeline,
    // The end of a standby's backup is not in the WAL.
    stopLsn: stopLsn ?? (label.from === 'standby' ? minRecoveryLsn : undefined),
  };
}
