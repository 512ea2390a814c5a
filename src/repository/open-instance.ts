import { join } from 'node:path';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { storageBelow } from '../storage/storage-below.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { readInstanceIdentity, type Instance, type InstanceIdentity } from './instance.ts';
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
 * An instance by its name, there or not yet.
 * @throws BackupError `USAGE` for a name that is none, or differs from one that is there in case only; `CORRUPT`, `REPOSITORY_VERSION`
 */
export async function openInstance(
  repository: Repository,
  name: string,
  options: StorageOptions = {},
): Promise<Instance> {
  if (!isInstanceName(name)) {
    throw new BackupError('USAGE', say('repo.bad-instance', { name }), { hint: say('repo.bad-instance.hint') });
  }
  const folder = `${instancesFolder}${name}/`;
  const storage = storageBelow(repository.storage, folder);
  const identity = await readInstanceIdentity(storage, name, options);
  if (identity === undefined) await refuseSimilar(repository, name, options);
  const { directory } = repository;
  // Unencrypted, a WAL archive has sums of its own and is not framed.
  const plain = repository.protection.kind === 'encrypted' ? repository.storage : repository.root;
  const wal = directory === undefined ? storageBelow(plain, `${folder}wal/`) : join(directory, folder, 'wal');
  const foreignNames: Instance['foreignNames'] = (below, given) =>
    repository.storage.foreignNames(folder + below, given);
  return { name, storage, wal, foreignNames, identity };
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
  const items = await listInstances(repository, options);
  throw new BackupError('BACKUP_NOT_FOUND', say('repo.no-such-instance', { name }), {
    hint:
      items.length === 0
        ? say('repo.no-instances.hint')
        : say('repo.no-such-instance.hint', { list: { items, separator: ', ' } }),
  });
}

/** Two such would be one in a directory that does not tell cases apart. */
async function refuseSimilar(repository: Repository, name: string, options: StorageOptions): Promise<void> {
  for (const other of await listInstances(repository, options)) {
    if (other === name || other.toLowerCase() !== name.toLowerCase()) continue;
    throw new BackupError('USAGE', say('repo.similar-instance', { name, other }));
  }
}
