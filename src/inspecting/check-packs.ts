import { say } from '../messages/message.ts';
import { packName, type PackId } from '../packs/chunk-ref.ts';
import { openContent } from '../packs/content-reader.ts';
import type { Catalogue } from '../repository/catalogue.ts';
import type { Commit } from '../repository/commit.ts';
import { isCommitted } from '../repository/put-commit.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import type { HeldBackups } from './check-holds.ts';
import type { Findings } from './finding.ts';
import type { InstanceObjects, ListedPack } from './instance-objects.ts';

export interface PacksToCheck {
  readonly storage: Storage;
  readonly catalogue: Catalogue;
  /** Listed after the catalogue was read. */
  readonly objects: InstanceObjects;
  /** Read after the listing. */
  readonly holds: HeldBackups;
  /** Ids of backups that were copied here and lost their commit. */
  readonly lostCopies: ReadonlySet<string>;
}

/** Packs without a hold that are younger belong to a run that may have begun a moment ago, in ms. */
const youngMs = 24 * 60 * 60 * 1000;

/** Backups that are named with a pack that they lost. */
const mostNamed = 3;

/** Whether what backups refer to is there, and what is there that none refers to. */
export async function checkPacks(packs: PacksToCheck, findings: Findings, options: StorageOptions): Promise<void> {
  const { storage, catalogue, objects } = packs;
  for (const [, ofOwner] of objects.packs) findings.lookedAt.packs += ofOwner.size;
  const used = new Map<string, Set<number>>();
  const lost = new Map<string, LostPack>();
  let areRootsRead = true;
  for (const { commit } of [...catalogue.removed, ...catalogue.backups]) {
    options.signal?.throwIfAborted();
    try {
      const { root } = await openContent(storage, commit.root, options);
      findings.lookedAt.roots += 1;
      for (const { pack, sizeBytes } of [...root.packs.entries, ...commit.rootPacks]) {
        used.set(pack.backup, (used.get(pack.backup) ?? new Set<number>()).add(pack.number));
        note({ pack, sizeBytes }, commit, objects, lost);
      }
    } catch (error) {
      if (!(await isCommitted(storage, commit.backup, options).catch(() => true))) continue;
      areRootsRead = false;
      findings.unreadable(commit.name, error, say('repo-check.root.action', { name: commit.name }));
    }
  }
  await tellLost(storage, lost, findings, options);
  await tellUnused(packs, used, areRootsRead, findings, options);
}

interface LostPack {
  readonly pack: PackId;
  readonly sizeBytes: number;
  readonly found: ListedPack | undefined;
  readonly commits: Commit[];
}

function note(
  { pack, sizeBytes }: Pick<LostPack, 'pack' | 'sizeBytes'>,
  commit: Commit,
  { packs }: InstanceObjects,
  lost: Map<string, LostPack>,
): void {
  const found = packs.get(pack.backup)?.get(pack.number);
  if (found?.sizeBytes === sizeBytes) return;
  const name = packName(pack);
  const known = lost.get(name) ?? { pack, sizeBytes, found, commits: [] };
  lost.set(name, known);
  known.commits.push(commit);
}

/** A backup that was deleted since its commit was read lost its packs by that. */
async function tellLost(
  storage: Storage,
  lost: ReadonlyMap<string, LostPack>,
  findings: Findings,
  options: StorageOptions,
): Promise<void> {
  const gone = new Map<string, boolean>();
  for (const [name, { sizeBytes, found, commits }] of lost) {
    const there: Commit[] = [];
    for (const commit of commits) {
      const isGone = gone.get(commit.backup) ?? !(await isCommitted(storage, commit.backup, options).catch(() => true));
      gone.set(commit.backup, isGone);
      if (!isGone) there.push(commit);
    }
    if (there.length === 0) continue;
    const items = there.slice(0, mostNamed).map((commit) => commit.name);
    const words = { name, count: there.length, backup: { items, separator: ', ' } };
    const what =
      found === undefined
        ? say('repo-check.pack-missing', words)
        : say('repo-check.pack-size', { ...words, expected: sizeBytes, actual: found.sizeBytes });
    findings.damage(name, what, say('repo-check.pack.action'));
  }
}

/** Packs that no listed backup refers to, by the backup that wrote them. */
async function tellUnused(
  { storage, catalogue, objects, holds, lostCopies }: PacksToCheck,
  used: ReadonlyMap<string, ReadonlySet<number>>,
  areRootsRead: boolean,
  findings: Findings,
  options: StorageOptions,
): Promise<void> {
  const known = new Set([...catalogue.backups, ...catalogue.removed].map(({ commit }) => commit.backup));
  for (const id of catalogue.damagedBackups) known.add(id);
  for (const [owner, ofOwner] of objects.packs) {
    const unused = [...ofOwner].filter(([number]) => used.get(owner)?.has(number) !== true);
    if (unused.length === 0 || known.has(owner)) continue;
    const bytes = unused.reduce((sum, [, { sizeBytes }]) => sum + Math.max(0, sizeBytes), 0);
    const words = { count: unused.length, bytes, backup: owner };
    const folder = `packs/${owner}/`;
    const untilMs = holds.held.get(owner);
    if (untilMs !== undefined) {
      const until = new Date(untilMs).toISOString();
      findings.note(folder, say('repo-check.packs-held', { ...words, until }));
    } else if (holds.copying.has(owner)) findings.note(folder, say('repo-check.packs-copied', words));
    else if (lostCopies.has(owner)) findings.note(folder, say('repo-check.packs-lost', words));
    // It may have been committed since the catalogue was read.
    else if (await isCommitted(storage, owner, options).catch(() => true)) continue;
    else if (unused.some(([, pack]) => isYoung(pack, findings.nowMs)) && !holds.crashed.has(owner)) {
      findings.note(folder, say('repo-check.packs-young', words), say('repo-check.expire-later.action'));
    } else if (areRootsRead) {
      findings.warn(folder, say('repo-check.packs-left', words), say('repo-check.expire.action'));
    }
  }
}

function isYoung({ storedAtMs }: ListedPack, nowMs: number): boolean {
  return storedAtMs !== undefined && nowMs - storedAtMs < youngMs;
}
