import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { damagedIn, encodeSealed } from '../storage/sealed-json.ts';
import { readSmallObject } from '../storage/small-object.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { Members } from './members.ts';

/** Name of the object that makes a storage a repository. */
export const identityName = 'gausskeep-repository.json';

/** What a repository is. Format: docs/design/repository.md. */
export interface RepositoryIdentity {
  /** 32 hex digits, random: this repository and no other. */
  readonly repository: string;
  /** ISO 8601 in UTC. */
  readonly createdAt: string;
  /** How its objects are framed. */
  readonly frames: 'aes-256-gcm' | 'sha256';
  /** What only its master key gives, 32 hex digits; undefined without encryption. */
  readonly keyCheck: string | undefined;
}

export function encodeIdentity({ repository, createdAt, frames, keyCheck }: RepositoryIdentity): Buffer {
  return encodeSealed({ format: 1, repository, createdAt, frames, keyCheck: keyCheck ?? null });
}

/** Undefined: there is none. @throws BackupError `CORRUPT`, `REPOSITORY_VERSION` */
export async function readRepositoryIdentity(
  storage: Storage,
  options: StorageOptions = {},
): Promise<RepositoryIdentity | undefined> {
  try {
    const bytes = await readSmallObject(storage, identityName, options);
    return bytes && decodeIdentity(bytes);
  } catch (error) {
    throw damagedIn(error, { repository: storage.description }, say('repo.damaged-identity.hint'));
  }
}

function decodeIdentity(bytes: Uint8Array): RepositoryIdentity {
  const members = Members.of(bytes, identityName);
  const frames = framesOf(members.text('frames'));
  const keyCheck = members.idOrNull('keyCheck');
  if ((keyCheck === undefined) !== (frames === 'sha256')) members.refuse();
  return { repository: members.id('repository'), createdAt: members.time('createdAt'), frames, keyCheck };
}

/** The seal is right: a word that is not known is of a newer version, not damage. */
function framesOf(word: string): RepositoryIdentity['frames'] {
  if (word === 'aes-256-gcm' || word === 'sha256') return word;
  throw new BackupError('REPOSITORY_VERSION', say('repo.unknown-frames', { word }), {
    hint: say('archive.newer-format.hint'),
  });
}
