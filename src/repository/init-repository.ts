import { rmdir } from 'node:fs/promises';
import { BackupError, reasonFor, systemCodeOf } from '../errors/backup-error.ts';
import { makeOwnedDirectory } from '../files/directory-owner.ts';
import { say } from '../messages/message.ts';
import { placeWords } from '../messages/place-words.ts';
import { keyCheckOf, newMasterKey } from '../sealed/master-key.ts';
import { openPlace, type Place } from '../storage/place.ts';
import { isS3Place } from '../storage/s3/location.ts';
import { deleteIfAllowed } from '../storage/object-lock.ts';
import { putIfAbsent } from '../storage/small-object.ts';
import type { LockWish, Storage, StorageOptions } from '../storage/storage.ts';
import { newId } from './names.ts';
import { repositoryOf, type Repository } from './repository.ts';
import {
  encodeIdentity,
  identityName,
  readRepositoryIdentity,
  type RepositoryIdentity,
} from './repository-identity.ts';
import { identityBelow, refuseNested } from './refuse-nested.ts';
import { putKey } from './repository-keys.ts';

export interface InitRepositoryOptions extends StorageOptions {
  /** Makes an encrypted one, which this password opens. */
  readonly password?: (() => Promise<string>) | undefined;
  /** Locks each object against deletion; default: what the bucket does by itself. */
  readonly lock?: LockWish | undefined;
}

/**
 * Makes an empty place a repository. The last directory of a path is made where it is missing, and removed again where that fails. Of several at once one succeeds.
 * @throws BackupError `CONFIG_INVALID` where objects cannot be locked as is wished; `TARGET_NOT_EMPTY` when there is a repository, or something else, or it lies in another repository or archive; `REPOSITORY_NOT_FOUND` when the directory above is missing
 */
export async function initRepository(place: Place, options: InitRepositoryOptions = {}): Promise<Repository> {
  const made = typeof place === 'string' && !isS3Place(place) && (await makeDirectory(place)) ? place : undefined;
  try {
    return await initInside(place, options);
  } catch (error) {
    // As it was: nothing goes where somebody has put something meanwhile.
    if (made !== undefined) await rmdir(made).catch(() => undefined);
    throw error;
  }
}

async function initInside(place: Place, options: InitRepositoryOptions): Promise<Repository> {
  const { signal } = options;
  const opened = await openPlace(place, { signal });
  const root = opened.storage;
  await refuseNested(place, { signal });
  await refuseOccupied(root, { signal });
  const { lock } = options;
  if (lock !== undefined && root.prepare === undefined) {
    throw new BackupError('CONFIG_INVALID', say('lock.no-store', { place: placeWords(root.description) }));
  }
  await root.prepare?.({ lock, signal });
  const repository = newId();
  const password = await options.password?.();
  const master = password === undefined ? undefined : newMasterKey();
  const key = master && (await putKey(root, repository, { master, password: password ?? '', note: '' }, { signal }));
  const identity: RepositoryIdentity = {
    repository,
    createdAt: new Date().toISOString(),
    frames: master === undefined ? 'sha256' : 'aes-256-gcm',
    keyCheck: master && keyCheckOf(master, repository),
  };
  await putIfAbsent(root, identityName, encodeIdentity(identity), { signal });
  const there = await readRepositoryIdentity(root, { signal });
  if (there?.repository !== repository) {
    if (key !== undefined) await deleteIfAllowed(root, key, { signal });
    throw occupied(root, identityName);
  }
  return repositoryOf(opened, identity, master);
}

/** @returns whether it was missing */
async function makeDirectory(path: string): Promise<boolean> {
  try {
    await makeOwnedDirectory(path);
    return true;
  } catch (error) {
    // What is wrong with a place that cannot be made, opening it tells.
    const code = systemCodeOf(error);
    if (code === 'EEXIST' || code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw new BackupError('STORAGE_UNAVAILABLE', say('repo.cannot-make', { path, reason: reasonFor(error) }), {
      cause: error,
    });
  }
}

/** A place may hold what an interrupted `init` left, and what a file system has at its top. */
async function refuseOccupied(root: Storage, options: StorageOptions): Promise<void> {
  const harmless = (name: string): boolean => name.startsWith('.') || name === 'lost+found/' || name === 'keys/';
  for await (const { name } of root.list('', { ...options, recursive: false })) {
    if (!harmless(name)) throw occupied(root, name);
  }
  for await (const name of root.folders('', options)) {
    const inner = harmless(name) ? await identityBelow(root, name, options) : '';
    if (inner !== undefined) throw occupied(root, `${name}${inner}`);
  }
}

function occupied(root: Storage, found: string): BackupError {
  if (found === identityName) {
    return new BackupError('TARGET_NOT_EMPTY', say('repo.there-already', { storage: placeWords(root.description) }));
  }
  return new BackupError('TARGET_NOT_EMPTY', say('repo.not-empty', { storage: placeWords(root.description), found }), {
    hint: say('repo.not-empty.hint'),
  });
}
