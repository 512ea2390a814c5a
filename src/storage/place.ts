import { openLocalStorage } from './local-storage.ts';
import type { Storage } from './storage.ts';

/** Where backups or WAL are: the path of a directory of this host, or a storage of any kind. */
export type Place = string | Storage;

export interface OpenedPlace {
  readonly storage: Storage;
  /** Undefined: files are reached through the storage only. */
  readonly directory: string | undefined;
  /** For people. */
  readonly name: string;
}

/** @throws BackupError `REPOSITORY_NOT_FOUND` when there is no such directory */
export async function openPlace(place: Place): Promise<OpenedPlace> {
  if (typeof place === 'string') return { storage: await openLocalStorage(place), directory: place, name: place };
  return { storage: place, directory: undefined, name: place.description };
}
