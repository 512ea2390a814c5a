import { join } from 'node:path';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { storageBelow } from '../storage/storage-below.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { readInstanceIdentity, type Instance, type InstanceIdentity } from './instance.ts';
import { hadIdentity, identityOfCommits } from './lost-identity.ts';
import { isInstanceName } from './names.ts';
import type { Repository } from './repository.ts';

const instancesFolder = 'instances/';

/** Names of the instances that a repository holds something of, ordered. */
export async function listInstances({ storage }: Repository, options: StorageOptions = {}): Promise<string[]> {
  const names: string[] = [];
  for await (const folder of storage.folders(instancesFolder, options)) {
    const name = folder.slice(instancesFolder.length, -1);
    if (isInstanceName(name)) names.push(name);
  }
  return names;
}

/**
 * An instance by its name, there or not yet. Where `instance.json` is lost its identity is what all commits say.
 * @throws BackupError `USAGE` for a name that is none, or differs from one that is there in case only; `CORRUPT`, also where `instance.json` is lost and they do not say one; `REPOSITORY_VERSION`
 */
export async function openInstance(
  repository: Repository,
  name: string,
  options: StorageOptions = {},
): Promise<Instance> {
  const instance = await openInstanceAsItIs(repository, name, options);
  if (instance.identity !== undefined) return instance;
  const { storage } = instance;
  const wal = { storage: walStorage(repository), folder: `${folderOf(name)}wal/` };
  if (!(await hadIdentity(storage, wal, options))) return instance;
  // Somebody may have put the first one since it was looked for.
  const put = await readInstanceIdentity(storage, name, options);
  if (put !== undefined) return { ...instance, identity: put };
  return { ...instance, identity: await identityOfCommits(storage, name, options), isIdentityLost: true };
}

/** As `openInstance`, but without an identity where `instance.json` is lost. */
export async function openInstanceAsItIs(
  repository: Repository,
  name: string,
  options: StorageOptions = {},
): Promise<Instance> {
  const instance = instanceOf(repository, name);
  const identity = await readInstanceIdentity(instance.storage, name, options);
  if (identity === undefined) await refuseSimilar(repository, name, options);
  return { ...instance, identity };
}

/** Without a look at anything. @throws BackupError `USAGE` for a name that is none */
export function instanceOf(repository: Repository, name: string): Instance {
  if (!isInstanceName(name)) {
    throw new BackupError('USAGE', say('repo.bad-instance', { name }), { hint: say('repo.bad-instance.hint') });
  }
  const folder = folderOf(name);
  const description = descriptionOf(repository, name);
  const storage = storageBelow(repository.storage, folder, description);
  const { directory } = repository;
  const wal =
    directory === undefined
      ? storageBelow(walStorage(repository), `${folder}wal/`, description)
      : join(directory, folder, 'wal');
  const foreignNames: Instance['foreignNames'] = (below, given) =>
    repository.storage.foreignNames(folder + below, given);
  const isEncrypted = repository.protection.kind === 'encrypted';
  return { name, storage, wal, isEncrypted, root: repository.root, foreignNames, identity: undefined };
}

/** As `openInstance`. @throws BackupError `BACKUP_NOT_FOUND` when nothing was ever stored under that name */
export async function openKnownInstance(
  repository: Repository,
  name: string,
  options: StorageOptions = {},
): Promise<Instance & { readonly identity: InstanceIdentity }> {
  const instance = await openInstance(repository, name, options);
  const { identity } = instance;
  if (identity !== undefined) return { ...instance, identity };
  throw await noSuchInstance(repository, name, options);
}

/** With the names of those that are there. */
export async function noSuchInstance(
  repository: Repository,
  name: string,
  options: StorageOptions = {},
): Promise<BackupError> {
  // A run that never came to its end may have left something under that name.
  const items = (await listInstances(repository, options)).filter((one) => one !== name);
  return new BackupError('BACKUP_NOT_FOUND', say('repo.no-such-instance', { name }), {
    hint:
      items.length === 0
        ? say('repo.no-instances.hint')
        : say('repo.no-such-instance.hint', { list: { items, separator: ', ' } }),
  });
}

/** Of names that are encrypted where they lie a path would name nothing. Undefined: the path does. */
function descriptionOf({ protection, description }: Repository, name: string): string | undefined {
  return protection.kind === 'encrypted' ? `${description}, instance ${name}` : undefined;
}

function folderOf(name: string): string {
  return `${instancesFolder}${name}/`;
}

/** Unencrypted, a WAL archive has sums of its own and is not framed. */
function walStorage({ protection, storage, root }: Repository): Storage {
  return protection.kind === 'encrypted' ? storage : root;
}

/** Two such would be one in a directory that does not tell cases apart. */
async function refuseSimilar(repository: Repository, name: string, options: StorageOptions): Promise<void> {
  for (const other of await listInstances(repository, options)) {
    if (other === name || other.toLowerCase() !== name.toLowerCase()) continue;
    throw new BackupError('USAGE', say('repo.similar-instance', { name, other }));
  }
}
