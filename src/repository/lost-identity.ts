import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { isTombstone } from './commit.ts';
import type { InstanceIdentity } from './instance.ts';
import { readCommits } from './listings.ts';

/** What is put only where there is an `instance.json`; a run that never came to that leaves holds and packs. */
const signs = ['commits/', 'marks/', 'removals/', 'pruned/'];

/** Whether something says that an instance had an `instance.json`. @param wal the folder of its archive in the storage that has it */
export async function hadIdentity(
  storage: Storage,
  wal: { readonly storage: Storage; readonly folder: string },
  options: StorageOptions = {},
): Promise<boolean> {
  for (const folder of signs) if (await holdsAnything(storage, folder, options)) return true;
  return holdsAnything(wal.storage, wal.folder, options);
}

/**
 * Whose backups an instance without `instance.json` holds: what all its commits say.
 * @throws BackupError `CORRUPT` where there is none, one cannot be read, or they are not of one server; `REPOSITORY_VERSION`
 */
export async function identityOfCommits(
  storage: Storage,
  name: string,
  options: StorageOptions = {},
): Promise<InstanceIdentity> {
  const { found, damaged, foreign } = await readCommits(storage, options);
  const commits = found.flatMap(({ content }) => (isTombstone(content) ? [] : [content]));
  const [first] = commits.toSorted((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
  if (first === undefined || damaged.length + foreign.length > 0) throw lostIdentity(name);
  const servers = new Set(commits.map((one) => `${one.systemIdentifier} ${one.product}`));
  if (servers.size > 1) throw lostIdentity(name);
  const { systemIdentifier, product, startedAt } = first;
  return { systemIdentifier, product, createdAt: startedAt };
}

export function lostIdentity(name: string): BackupError {
  return new BackupError('CORRUPT', say('repo.identity-lost', { name }), { hint: say('repo.identity-lost.hint') });
}

async function holdsAnything(storage: Storage, folder: string, options: StorageOptions): Promise<boolean> {
  for await (const _ of storage.list(folder, options)) return true;
  return false;
}
