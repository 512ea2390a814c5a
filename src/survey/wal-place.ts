import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupError } from '../errors/backup-error.ts';
import { checkInstance, chooseGeneration, findArchive, readGenerations, type Archive } from '../wal-archive/archive.ts';
import { openArchiveWal } from '../wal-archive/archive-wal.ts';
import { refuseLostGeneration, refuseLostIdentity } from '../wal-archive/lost-objects.ts';
import type { FindPruned } from '../wal-archive/pruned-range.ts';
import { openPlainWal } from '../wal-archive/plain-wal.ts';
import type { WalSource } from '../wal-archive/wal-source.ts';
import { openPlace, type Place } from '../storage/place.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';

/** WAL to read, from one place and of one generation. */
export interface WalPlace {
  readonly source: WalSource;
  /** Undefined where there are none. */
  readonly generation: number | undefined;
  readonly archive: Archive | undefined;
  /** Where the stored files lie, so that any thread can open them; undefined: inside an archive of a backup. */
  readonly directory: string | undefined;
  /** What names a stored file as it is now, for the cache; undefined: do not cache. */
  readonly stampOf: (storedName: string) => Promise<string | undefined>;
}

export interface OpenPlacesRequest {
  readonly place: Place;
  /** Undefined: every generation of an archive, or with `one` its only open one. */
  readonly generation?: number | undefined;
  readonly one?: boolean | undefined;
  readonly systemIdentifier?: bigint | undefined;
  /** What retention removed of an archive. */
  readonly pruned?: FindPruned | undefined;
}

/**
 * Opens a place with WAL: an archive of ours, one place for each generation, or files as another tool left them.
 * @throws BackupError `REPOSITORY_NOT_FOUND`, `SYSTEM_MISMATCH`, `USAGE` for a generation that is not there
 */
export async function openWalPlaces(request: OpenPlacesRequest, options: StorageOptions = {}): Promise<WalPlace[]> {
  const { place, generation, one = false, systemIdentifier, pruned } = request;
  const { storage, directory } = await openPlace(place);
  const archive = await findArchive(storage, options);
  if (archive === undefined) await refuseLostIdentity(storage, options);
  if (archive === undefined) return [await openPlainPlace(storage, directory, { ...options, systemIdentifier })];
  checkInstance(archive, { ...(systemIdentifier === undefined ? {} : { systemIdentifier }) });
  const generations = await readGenerations(archive, options);
  await refuseLostGeneration(archive, generations, generation, options);
  const isAll = generation === undefined && !one;
  const wanted = isAll ? generations : [chooseGeneration(generations, generation, 'read')];
  return wanted.map(({ number }) => {
    const source = openArchiveWal(archive, generations, number, pruned);
    return archivePlace(archive, source, number, directory);
  });
}

/** Whose WAL an archive of ours holds, also one without a generation yet. Undefined: it is none of ours. */
export async function archiveIdentifier(place: Place, options: StorageOptions = {}): Promise<bigint | undefined> {
  const { storage } = await openPlace(place, options);
  return (await findArchive(storage, options))?.identity.systemIdentifier;
}

function archivePlace(archive: Archive, source: WalSource, number: number, directory: string | undefined): WalPlace {
  return {
    source,
    generation: number,
    archive,
    directory,
    stampOf: stamps(archive.storage, directory),
  };
}

/**
 * A directory of WAL of any tool. @param folder below the storage, '' or ending in `/`
 * @throws BackupError `REPOSITORY_NOT_FOUND` when there is no WAL in it
 */
export async function openPlainPlace(
  storage: Storage,
  directory: string | undefined,
  options: StorageOptions & { readonly systemIdentifier?: bigint | undefined; readonly folder?: string | undefined },
): Promise<WalPlace> {
  const source = await openPlainWal(storage, options);
  return { source, generation: undefined, archive: undefined, directory, stampOf: stamps(storage, directory) };
}

/** As `openPlainPlace`; undefined when there is no WAL in the directory. */
export async function findPlainPlace(
  ...[storage, directory, options]: Parameters<typeof openPlainPlace>
): Promise<WalPlace | undefined> {
  try {
    return await openPlainPlace(storage, directory, options);
  } catch (error) {
    if (error instanceof BackupError && error.code === 'REPOSITORY_NOT_FOUND') return undefined;
    throw error;
  }
}

/** What names each file of a place: where it can be looked at by the file system's facts, else by the storage's own time. */
export function stamps(storage: Storage, directory: string | undefined): WalPlace['stampOf'] {
  if (directory !== undefined) return (name) => stampOf(join(directory, name));
  return async (name) => {
    const { sizeBytes, storedAtMs } = (await storage.stat(name)) ?? {};
    return storedAtMs === undefined ? undefined : [storage.description, name, sizeBytes, storedAtMs].join(' ');
  };
}

/** What names a file as it is now; undefined where it cannot be looked at. */
async function stampOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [path, dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return undefined;
  }
}
