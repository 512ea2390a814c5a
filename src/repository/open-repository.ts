import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { placeWords } from '../messages/place-words.ts';
import { openPlace, type Place } from '../storage/place.ts';
import { isS3Place } from '../storage/s3/location.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { repositoryOf, type Repository } from './repository.ts';
import { readRepositoryIdentity } from './repository-identity.ts';
import { openMaster } from './repository-keys.ts';

export interface OpenRepositoryOptions extends StorageOptions {
  /** A password that was given: an error where none is needed. */
  readonly password?: (() => Promise<string>) | undefined;
  /** Asks for one, where one is needed and none was given. */
  readonly askPassword?: (() => Promise<string>) | undefined;
}

/**
 * Opens a repository. Nothing is written.
 * @throws BackupError `REPOSITORY_NOT_FOUND`; `REPOSITORY_VERSION`; `AUTHENTICATION` for a wrong password, or none where one is needed;
 * `CORRUPT` for an identity or key that is damaged, or an identity that is missing beside what was stored; `USAGE` for a password where none is needed
 */
export async function openRepository(place: Place, options: OpenRepositoryOptions = {}): Promise<Repository> {
  const { signal, password, askPassword } = options;
  const opened = await openPlace(place, { signal });
  const root = opened.storage;
  const identity = await readRepositoryIdentity(root, { signal });
  if (identity === undefined) {
    if (await hasContent(root, { signal })) {
      throw new BackupError('CORRUPT', say('repo.lost-identity', { storage: placeWords(root.description) }), {
        hint: say('repo.lost-identity.hint'),
        context: { repository: root.description },
      });
    }
    throw new BackupError('REPOSITORY_NOT_FOUND', say('repo.none', { storage: placeWords(root.description) }), {
      hint: say(isS3Place(root.description) ? 'repo.none-in-store.hint' : 'repo.none.hint'),
    });
  }
  if (identity.frames === 'sha256') {
    if (password === undefined) return repositoryOf(opened, identity, undefined);
    throw new BackupError('USAGE', say('repo.needs-no-password'), { hint: say('repo.needs-no-password.hint') });
  }
  const text = await (password ?? askPassword)?.();
  if (text === undefined) {
    throw new BackupError('AUTHENTICATION', say('repo.needs-password'), {
      hint: say('repo.needs-password.hint'),
      context: { repository: root.description },
    });
  }
  return repositoryOf(opened, identity, await openMaster(root, identity, text, { signal }));
}

/** Whether a storage without identity holds what repositories hold. */
async function hasContent(root: Storage, options: StorageOptions): Promise<boolean> {
  for (const folder of ['instances/', 'keys/']) {
    for await (const { name } of root.list(folder, options)) {
      if (/^instances\/[^/]+\/(?:instance\.json$|commits\/|packs\/|wal\/)|^keys\/[0-9a-f]{32}\.json$/.test(name))
        return true;
      break;
    }
  }
  return false;
}
