import { say } from '../messages/message.ts';
import { listInstances, noSuchInstance, openInstanceAsItIs } from '../repository/open-instance.ts';
import type { Repository } from '../repository/repository.ts';
import { identityName } from '../repository/repository-identity.ts';
import { listKeys, mostKeys } from '../repository/repository-keys.ts';
import { isId, isInstanceName } from '../repository/names.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { checkAltered } from './check-altered.ts';
import { checkInstanceForm } from './check-instance.ts';
import { checkUnfinished } from './check-unfinished.ts';
import { Findings, type LookedAt, type RepositoryFinding } from './finding.ts';

export interface CheckRequest {
  readonly repository: Repository;
  /** Only this instance, and the repository itself. */
  readonly instance?: string | undefined;
  /** Where the repository lies: what unfinished writes left there is looked for as well. Default: its own, if it is in an unencrypted directory. */
  readonly directory?: string | undefined;
  /** Told of each finding as it is found. */
  readonly onFinding: (finding: RepositoryFinding) => void;
}

/**
 * Looks at the form of a repository: what is there, whether it can be read, and whether it belongs together. Nothing is written; the content
 * of packs and of WAL is not read.
 * @returns what was looked at
 * @throws BackupError when the repository cannot be read at all; `BACKUP_NOT_FOUND` when there is no such instance
 */
export async function checkRepository(
  { repository, instance, directory = repository.directory, onFinding }: CheckRequest,
  options: StorageOptions = {},
): Promise<LookedAt> {
  const findings = new Findings(onFinding);
  await checkTop(repository, findings, options);
  await checkKeys(repository, findings, options);
  await checkAltered(repository.root, findings, options);
  if (directory !== undefined) await checkUnfinished(directory, findings, options);
  const names = await listInstances(repository, options);
  if (instance !== undefined && !names.includes(instance)) {
    throw await noSuchInstance(repository, instance, options);
  }
  await checkNames(repository, names, findings, options);
  const blocking = new Set<string>();
  for (const name of instance === undefined ? names : [instance]) {
    options.signal?.throwIfAborted();
    findings.lookedAt.instances += 1;
    const own = findings.of(name);
    try {
      const opened = await openInstanceAsItIs(repository, name, options);
      for (const stored of await checkInstanceForm(opened, own, options)) blocking.add(stored);
    } catch (error) {
      own.unreadable('instance.json', error, say('repo-check.rest-not-looked-at.action'));
    }
  }
  // Encrypted, a name that nobody can decrypt tells no instance.
  for await (const stored of repository.storage.foreignNames(
    instance === undefined ? '' : `instances/${instance}/`,
    options,
  )) {
    if (!blocking.has(stored))
      findings.warn(stored, say('repo-check.foreign', { name: stored }), say('repo-check.stranger.action'));
  }
  return findings.lookedAt;
}

/** What lies beside the identity and belongs to nothing. */
async function checkTop({ root, protection }: Repository, findings: Findings, options: StorageOptions): Promise<void> {
  const folders = protection.kind === 'encrypted' ? ['keys/', 'objects/'] : ['instances/'];
  const isKnown = (name: string): boolean =>
    name === identityName || folders.includes(name) || name.startsWith('.') || name === 'lost+found/';
  for await (const object of root.list('', { ...options, recursive: false })) {
    findings.listed(object);
    if (!isKnown(object.name)) stranger(object.name, findings);
  }
  for await (const name of root.folders('', options)) if (!isKnown(name)) stranger(name, findings);
}

async function checkKeys(repository: Repository, findings: Findings, options: StorageOptions): Promise<void> {
  if (repository.protection.kind !== 'encrypted') return;
  const { keys, damaged } = await listKeys(repository, options);
  findings.lookedAt.keys += keys.length + damaged.length;
  for (const name of damaged) {
    const id = name.slice('keys/'.length, -'.json'.length);
    findings.damage(name, say('repo-check.key', { name }), say('repo-check.key.action', { id }));
  }
  const count = keys.length + damaged.length;
  if (count > mostKeys) {
    findings.warn('keys/', say('repo-check.many-keys', { count, limit: mostKeys }), say('repo-check.many-keys.action'));
  }
  for await (const object of repository.root.list('keys/', options)) {
    findings.listed(object);
    if (!isId(object.name.slice('keys/'.length, -'.json'.length))) stranger(object.name, findings);
  }
}

/** What lies between the instances, and names of instances that cannot be told apart everywhere. */
async function checkNames(
  { storage }: Repository,
  names: readonly string[],
  findings: Findings,
  options: StorageOptions,
): Promise<void> {
  for await (const { name } of storage.list('instances/', { ...options, recursive: false })) stranger(name, findings);
  for await (const folder of storage.folders('instances/', options)) {
    if (!isInstanceName(folder.slice('instances/'.length, -1))) stranger(folder, findings);
  }
  for (const [at, name] of names.entries()) {
    const other = names.slice(0, at).find((one) => one.toLowerCase() === name.toLowerCase());
    if (other === undefined) continue;
    findings.warn(
      `instances/${name}/`,
      say('repo.similar-instance', { name, other }),
      say('repo-check.similar.action'),
    );
  }
}

function stranger(name: string, findings: Findings): void {
  findings.warn(name, say('repo-check.stranger', { name }), say('repo-check.stranger.action'));
}
