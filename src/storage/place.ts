import { openLocalStorage } from './local-storage.ts';
import { isS3Place } from './s3/location.ts';
import type { Storage, StorageOptions } from './storage.ts';

/** Where backups or WAL are: the path of a directory of this host, `s3://BUCKET/PREFIX?…` (`parseS3Place`), or a storage of any kind. */
export type Place = string | Storage;

export interface OpenedPlace {
  readonly storage: Storage;
  /** Undefined: files are reached through the storage only. */
  readonly directory: string | undefined;
  /** For people. */
  readonly name: string;
}

/** @throws BackupError `REPOSITORY_NOT_FOUND` when there is no such directory or bucket; for an object store as `openS3Storage` */
export async function openPlace(place: Place, { signal }: StorageOptions = {}): Promise<OpenedPlace> {
  if (typeof place !== 'string') return { storage: place, directory: undefined, name: place.description };
  if (!isS3Place(place)) return { storage: await openLocalStorage(place), directory: place, name: place };
  // Only where one is named: nothing of it is loaded for a directory.
  const { openS3Storage } = await import('./s3/s3-storage.ts');
  const storage = await openS3Storage(place, { signal });
  return { storage, directory: undefined, name: storage.description };
}
