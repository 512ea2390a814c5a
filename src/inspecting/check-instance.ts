import { say } from '../messages/message.ts';
import { readCatalogue, type Catalogue } from '../repository/catalogue.ts';
import { mayBeOurs } from '../repository/foreign-names.ts';
import type { Instance } from '../repository/instance.ts';
import { decodeSealed } from '../storage/sealed-json.ts';
import { readSmallObject } from '../storage/small-object.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { checkArchiveForm } from './check-archive.ts';
import { checkCopied } from './check-copied.ts';
import { checkHolds } from './check-holds.ts';
import { checkPacks } from './check-packs.ts';
import type { Findings } from './finding.ts';
import { listInstanceObjects, type InstanceObjects } from './instance-objects.ts';

/** Folders of which everything has to be understood before anything is removed. */
const decisive = ['commits/', 'holds/', 'removals/'];

/** @returns stored names of what nobody can decrypt in a folder where that keeps anything from being removed */
export async function checkInstanceForm(
  instance: Instance,
  findings: Findings,
  options: StorageOptions,
): Promise<string[]> {
  const { storage, identity } = instance;
  const blocking: string[] = [];
  for (const folder of decisive) {
    for await (const stored of instance.foreignNames(folder, options)) {
      // The others are told with all that does not decrypt.
      if (!mayBeOurs({ name: stored, isEncrypted: true })) continue;
      blocking.push(stored);
      findings.warn(stored, say('repo-check.foreign', { name: stored }), say('repo-check.blocks.action'));
    }
  }
  try {
    // Before the listing: what a commit refers to was there before it.
    const catalogue = await readCatalogue(storage, options);
    const objects = await listInstanceObjects(storage, { ...options, onObject: (object) => findings.listed(object) });
    if (identity === undefined && objects.others.length + objects.packs.size > 0) {
      findings.damage('instance.json', say('repo-check.no-identity'), say('repo-check.put-back.action'));
    }
    for (const name of objects.unknown) {
      const isBlocking = decisive.some((folder) => name.startsWith(folder)) && mayBeOurs({ name, isEncrypted: false });
      const action = isBlocking ? say('repo-check.blocks.action') : say('repo-check.stranger.action');
      findings.warn(name, say('repo-check.stranger', { name }), action);
    }
    findings.lookedAt.catalogueObjects += objects.others.filter(({ name }) => isOfCatalogue(name)).length;
    checkCatalogue(instance, catalogue, findings);
    await checkRanges(storage, objects, findings, options);
    const holds = await checkHolds(storage, catalogue, findings, options);
    const lostCopies = await checkCopied({ storage, catalogue, objects, holds }, findings, options);
    await checkPacks({ storage, catalogue, objects, holds, lostCopies }, findings, options);
    if (!objects.others.some(({ name }) => name.startsWith('reserve/'))) {
      findings.note('reserve/', say('repo-check.no-reserve'));
    }
    await checkArchiveForm(instance, catalogue, findings, options);
  } catch (error) {
    findings.unreadable('', error, say('repo-check.rest-not-looked-at.action'));
  }
  return blocking;
}

function isOfCatalogue(name: string): boolean {
  return ['commits/', 'marks/', 'removals/', 'pruned/'].some((folder) => name.startsWith(folder));
}

/** Whether what retention said of the WAL that it removed can be read. */
async function checkRanges(
  storage: Storage,
  { others }: InstanceObjects,
  findings: Findings,
  options: StorageOptions,
): Promise<void> {
  for (const { name } of others.filter((object) => object.name.startsWith('pruned/'))) {
    try {
      const bytes = await readSmallObject(storage, name, options);
      if (bytes !== undefined) decodeSealed(bytes, name);
    } catch (error) {
      findings.unreadable(name, error, say('repo-check.put-back.action'));
    }
  }
}

function checkCatalogue({ identity }: Instance, catalogue: Catalogue, findings: Findings): void {
  const { backups, removed, tombstones, damaged } = catalogue;
  for (const { name, error } of damaged) {
    const action = name.startsWith('marks/') ? say('repo-check.mark.action') : say('repo-check.catalogue.action');
    findings.unreadable(name, error, action);
  }
  for (const { commit, isClockWrong } of [...backups, ...removed]) {
    if (isClockWrong) {
      findings.warn(commit.name, say('repo-check.clock', { name: commit.name }), say('repo-check.clock.action'));
    }
    if (identity !== undefined && commit.systemIdentifier !== identity.systemIdentifier) {
      const words = { name: commit.name, actual: commit.systemIdentifier, expected: identity.systemIdentifier };
      findings.damage(commit.name, say('repo-check.other-system', words), say('repo-check.other-system.action'));
    }
  }
  if (tombstones.length > 0) findings.note('commits/', say('repo-check.tombstones', { count: tombstones.length }));
  checkRemovals(catalogue, findings);
}

function checkRemovals({ removed, removals }: Catalogue, findings: Findings): void {
  for (const { backup, at } of removals) {
    const object = `removals/${backup}.json`;
    const there = removed.find(({ commit }) => commit.backup === backup);
    if (there === undefined) {
      findings.warn(object, say('repo-check.removal-unfinished', { backup }), say('repo-check.expire.action'));
    } else {
      const { name } = there.commit;
      findings.note(object, say('repo-check.removal-waiting', { name, at }), say('repo-check.expire-later.action'));
    }
  }
}
