import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { outerPlaces } from '../storage/outer-places.ts';
import { openPlace, type Place } from '../storage/place.ts';
import { isS3Place, shownPlace } from '../storage/s3/location.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { identityName as archiveIdentityName } from '../wal-archive/archive-identity.ts';
import { identityName } from './repository-identity.ts';

/** Objects that make a place a repository or a WAL archive. */
const identities = [identityName, archiveIdentityName];

/**
 * A repository or an archive inside another one would be foreign there, and go where that one is deleted. Looked for in the places that `place` lies in; what this account may not see there is not found.
 * @throws BackupError `TARGET_NOT_EMPTY`
 */
export async function refuseNested(place: Place, options: StorageOptions = {}): Promise<void> {
  if (typeof place !== 'string') return;
  for (const outer of await outerPlaces(place)) {
    const found = await identityIn(outer, options);
    if (found === undefined) continue;
    const what = found === identityName ? 'repo.in-repository' : 'repo.in-archive';
    throw new BackupError('TARGET_NOT_EMPTY', say(what, { place: shownPlace(place), outer: shownPlace(outer) }), {
      hint: say('repo.nested.hint'),
    });
  }
}

/** As `refuseNested`, for files of others: the directory is neither of the two itself. @throws BackupError `TARGET_NOT_EMPTY` */
export async function refuseInside(directory: string, options: StorageOptions = {}): Promise<void> {
  const found = await identityIn(directory, options);
  if (found === undefined) return refuseNested(directory, options);
  const what = found === identityName ? 'repo.is-repository' : 'repo.is-archive';
  throw new BackupError('TARGET_NOT_EMPTY', say(what, { place: directory }), { hint: say('repo.is-place.hint') });
}

async function identityIn(place: string, options: StorageOptions): Promise<string | undefined> {
  if (!isS3Place(place)) return identities.find((name) => existsSync(join(place, name)));
  try {
    return await identityBelow((await openPlace(place, options)).storage, '', options);
  } catch (error) {
    // Who may write below a prefix only is not to see more.
    if (error instanceof BackupError && error.code === 'AUTHENTICATION') return undefined;
    throw error;
  }
}

/** The one of a repository or an archive that lies in a folder ('' or ending in `/`). */
export async function identityBelow(
  storage: Storage,
  folder: string,
  options: StorageOptions,
): Promise<string | undefined> {
  for (const name of identities) {
    if ((await storage.stat(`${folder}${name}`, options)) !== undefined) return name;
  }
  return undefined;
}
