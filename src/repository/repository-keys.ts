import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { decodeKeyObject, unwrapMaster, wrapMaster, type KeyObject } from '../sealed/key-object.ts';
import { keyCheckOf } from '../sealed/master-key.ts';
import { damaged } from '../storage/sealed-json.ts';
import { putIfAbsent } from '../storage/small-object.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { idIn, newId } from './names.ts';
import { readObjects, type ObjectsRead } from './read-objects.ts';
import type { Repository } from './repository.ts';
import type { RepositoryIdentity } from './repository-identity.ts';

const keysFolder = 'keys/';

/** So many key objects are tried with a password: each takes a moment and 64 MiB. */
export const mostKeys = 32;

/** A key object, for people. */
export interface ListedKey {
  readonly id: string;
  readonly createdAt: string;
  readonly note: string;
}

type NamedKey = KeyObject & { readonly id: string };

/** Stores a password's copy of a master key. @returns the name of its object @throws BackupError `USAGE` for an empty password */
export async function putKey(
  root: Storage,
  repository: string,
  key: { readonly master: Uint8Array; readonly password: string; readonly note: string },
  options: StorageOptions = {},
): Promise<string> {
  const { master, password, note } = key;
  if (password === '') throw new BackupError('USAGE', say('repo.empty-password'));
  const name = keyName(newId());
  const bytes = await wrapMaster(master, password, { name, repository, note, createdAt: new Date().toISOString() });
  if (!(await putIfAbsent(root, name, bytes, options))) throw damaged(name);
  return name;
}

/**
 * The master key that a password opens.
 * @throws BackupError `AUTHENTICATION` for a wrong password; `CORRUPT` when no key object can be used; `REPOSITORY_VERSION`
 */
export async function openMaster(
  root: Storage,
  { repository, keyCheck }: RepositoryIdentity,
  password: string,
  options: StorageOptions = {},
): Promise<Uint8Array> {
  const { found, damaged: broken } = await readKeys(root, options);
  const unfit: string[] = broken.map(({ name }) => name);
  let sound = 0;
  for (const { content } of found.slice(0, mostKeys)) {
    options.signal?.throwIfAborted();
    const name = keyName(content.id);
    const master = await unwrapMaster(content, password, { name, repository });
    if (master !== undefined && keyCheckOf(master, repository) === keyCheck) return master;
    // One that opens and has another master is left of an init that lost, or damaged.
    if (master === undefined) sound += 1;
    else unfit.push(name);
  }
  const context = { repository: root.description, ...(unfit.length > 0 ? { damaged: unfit.join(', ') } : {}) };
  if (sound > 0) {
    throw new BackupError('AUTHENTICATION', say('repo.wrong-password'), {
      hint: say(unfit.length > 0 ? 'repo.wrong-password-or-damaged.hint' : 'repo.wrong-password.hint'),
      context,
    });
  }
  throw new BackupError('CORRUPT', say('repo.no-sound-key'), { hint: say('repo.no-sound-key.hint'), context });
}

/** Lets another password open the repository. @throws BackupError `USAGE` when it is not encrypted, or the password opens it already */
export async function addKey(
  repository: Repository,
  password: string,
  { note = '', ...options }: StorageOptions & { readonly note?: string | undefined } = {},
): Promise<void> {
  const master = masterOf(repository);
  const known = await keyOfPassword(repository, password, options);
  if (known !== undefined) {
    throw new BackupError('USAGE', say('repo.password-there', { id: known }), {
      hint: say('repo.password-there.hint'),
    });
  }
  await putKey(repository.root, repository.identity.repository, { master, password, note }, options);
}

/** The id of a key that a password opens; also one behind those that are tried when a repository is opened. */
async function keyOfPassword(
  { root, identity: { repository, keyCheck } }: Repository,
  password: string,
  options: StorageOptions,
): Promise<string | undefined> {
  const { found } = await readKeys(root, options);
  for (const { content } of found) {
    options.signal?.throwIfAborted();
    const master = await unwrapMaster(content, password, { name: keyName(content.id), repository });
    if (master !== undefined && keyCheckOf(master, repository) === keyCheck) return content.id;
  }
  return undefined;
}

/** The passwords' key objects, and those that are damaged. @throws BackupError `USAGE` when the repository is not encrypted */
export async function listKeys(
  repository: Repository,
  options: StorageOptions = {},
): Promise<{ readonly keys: readonly ListedKey[]; readonly damaged: readonly string[] }> {
  masterOf(repository);
  const { found, damaged: broken } = await readKeys(repository.root, options);
  const keys = found.map(({ content: { id, createdAt, note } }) => ({ id, createdAt, note }));
  return { keys, damaged: broken.map(({ name }) => name) };
}

/**
 * Removes a key object. Its password opens the repository no longer, unless another key has it too. It keeps nobody out who has seen the master key.
 * @param wanted the beginning of its id
 * @throws BackupError `USAGE` when none or several begin so, or no sound one would be left
 */
export async function removeKey(
  repository: Repository,
  wanted: string,
  options: StorageOptions = {},
): Promise<ListedKey | undefined> {
  masterOf(repository);
  const { found, damaged: broken } = await readKeys(repository.root, options);
  const ids = [
    ...found.map(({ content }) => content.id),
    ...broken.flatMap(({ name }) => idIn(keysFolder, name) ?? []),
  ];
  const [id, ...others] = ids.filter((one) => wanted !== '' && one.startsWith(wanted));
  if (id === undefined || others.length > 0) {
    throw new BackupError('USAGE', say(id === undefined ? 'repo.no-such-key' : 'repo.which-key', { wanted }), {
      hint: say('repo.no-such-key.hint'),
    });
  }
  if (!found.some(({ content }) => content.id !== id)) {
    throw new BackupError('USAGE', say('repo.last-key'), { hint: say('repo.last-key.hint') });
  }
  await repository.root.delete(keyName(id), options);
  return found.find(({ content }) => content.id === id)?.content;
}

function keyName(id: string): string {
  return `${keysFolder}${id}.json`;
}

async function readKeys(root: Storage, options: StorageOptions): Promise<ObjectsRead<NamedKey>> {
  const decoderOf = (name: string) => {
    const id = idIn(keysFolder, name);
    return id === undefined ? undefined : (bytes: Uint8Array) => ({ ...decodeKeyObject(bytes, name), id });
  };
  return readObjects(root, { folder: keysFolder, decoderOf }, options);
}

function masterOf({ protection }: Repository): Uint8Array {
  if (protection.kind === 'encrypted') return protection.master;
  throw new BackupError('USAGE', say('repo.not-encrypted'));
}
