import { say } from '../messages/message.ts';
import type { Catalogue } from '../repository/catalogue.ts';
import { parseCopiedName } from '../repository/copied.ts';
import { idIn } from '../repository/names.ts';
import { isCommitted, isFenced } from '../repository/put-commit.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import type { HeldBackups } from './check-holds.ts';
import type { Findings } from './finding.ts';
import type { InstanceObjects } from './instance-objects.ts';

export interface CopiesToCheck {
  readonly storage: Storage;
  readonly catalogue: Catalogue;
  /** Listed after the catalogue was read. */
  readonly objects: InstanceObjects;
  /** Read after the listing. */
  readonly holds: HeldBackups;
}

/**
 * Names backups that were here, as copies say, and that retention did not remove: their commit was deleted or lost. What a copy still has its hold on may never have been committed.
 * @returns their ids
 */
export async function checkCopied(
  { storage, catalogue, objects, holds }: CopiesToCheck,
  findings: Findings,
  options: StorageOptions,
): Promise<ReadonlySet<string>> {
  const known = new Set([
    ...[...catalogue.backups, ...catalogue.removed].map(({ commit }) => commit.backup),
    ...catalogue.removals.map(({ backup }) => backup),
    ...catalogue.damagedBackups,
    // One that cannot be read removes as well.
    ...catalogue.damaged.map(({ name }) => idIn('removals/', name)),
    ...holds.copying,
  ]);
  const copied = objects.others.flatMap(({ name }) => parseCopiedName(name) ?? []);
  for (const { backup, isExpired } of copied) if (isExpired) known.add(backup);
  const lost = new Set<string>();
  for (const { backup, from } of copied) {
    if (known.has(backup) || lost.has(backup)) continue;
    const words = { backup, from };
    const [object, action] = [`commits/${backup}.json`, say('repo-check.copy.action')];
    // It may have been committed, or given up, since the catalogue was read.
    if (await isCommitted(storage, backup, options).catch(() => true)) continue;
    if (await isFenced(storage, backup, options)) findings.warn(object, say('repo-check.copy-fenced', words), action);
    else findings.damage(object, say('repo-check.copy-lost', words), action);
    lost.add(backup);
  }
  return lost;
}
