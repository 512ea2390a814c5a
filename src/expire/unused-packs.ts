import { openContent } from '../packs/content-reader.ts';
import { fence, isCommitted } from '../repository/put-commit.ts';
import { isLive, readHolds, type ListedHold } from '../repository/read-holds.ts';
import { isId } from '../repository/names.ts';
import { deleteUnlessLocked, surelyLockedUntil } from '../storage/object-lock.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { lockedOf, type LockedObjects } from './locked-objects.ts';
import type { RemovalTime } from './removal-time.ts';
import type { RemovalSurvey } from './survey-removals.ts';

const packsFolder = 'packs/';

interface FindOptions extends StorageOptions {
  /** Nothing is written: of packs without a backup is taken what it looks like. */
  readonly isRehearsal?: boolean | undefined;
}

/** Packs of backups that are gone or going, and which of them others need. */
export interface UnusedPacks {
  /** Ids of backups whose packs go where nobody needs them. */
  readonly owners: readonly string[];
  readonly isUsed: (owner: string, name: string) => boolean;
}

/**
 * Finds out which packs nobody needs: of backups that can never be committed, or whose removal is due, those that no remaining
 * backup refers to. Every root of a remaining backup is read where there is anything to remove at all. Nothing is removed yet.
 * Undefined when a remaining backup was deleted meanwhile.
 * @throws BackupError `CORRUPT` when a root cannot be read
 */
export async function findUnusedPacks(
  storage: Storage,
  survey: RemovalSurvey,
  time: RemovalTime,
  options: FindOptions = {},
): Promise<UnusedPacks | undefined> {
  const owners = await goingOwners(storage, survey, time, options);
  const used = new Map(owners.map((owner) => [owner, new Set<number>()]));
  if (owners.length > 0) {
    for (const { commit } of survey.remaining) {
      options.signal?.throwIfAborted();
      const content = await openContent(storage, commit.root, options).catch(async (error: unknown) => {
        if (await isCommitted(storage, commit.backup, options)) throw error;
      });
      if (content === undefined) return undefined;
      const { root } = content;
      for (const { pack } of root.packs.entries) used.get(pack.backup)?.add(pack.number);
      for (const { pack } of commit.rootPacks) used.get(pack.backup)?.add(pack.number);
    }
  }
  return { owners, isUsed: (owner, name) => used.get(owner)?.has(packNumber(name)) ?? true };
}

/** @param check throws where this run may do nothing more; called before each deletion @returns how many packs, and of how many bytes, were deleted, and what is locked */
export function deleteUnusedPacks(
  storage: Storage,
  unused: UnusedPacks,
  { check, ...options }: StorageOptions & { readonly check: () => void },
): Promise<PackCount> {
  const pass = (name: string): Promise<number | undefined> => {
    check();
    return deleteUnlessLocked(storage, name, options);
  };
  return passUnusedPacks(storage, unused, pass, options);
}

/** @returns how many packs, and of how many bytes, would be deleted, and what would stay locked */
export function countUnusedPacks(
  storage: Storage,
  unused: UnusedPacks,
  options: StorageOptions = {},
): Promise<PackCount> {
  return passUnusedPacks(storage, unused, async (name) => storage.lock?.lockedUntil(name, options), options);
}

interface PackCount {
  readonly packs: number;
  readonly bytes: number;
  readonly locked: LockedObjects | undefined;
  /** Ids of the backups that wrote those. */
  readonly lockedOwners: ReadonlySet<string>;
}

async function passUnusedPacks(
  storage: Storage,
  { owners, isUsed }: UnusedPacks,
  pass: (name: string) => Promise<number | undefined>,
  options: StorageOptions,
): Promise<PackCount> {
  let [packs, bytes] = [0, 0];
  const locked: { readonly sizeBytes: number; readonly untilMs: number }[] = [];
  const lockedOwners = new Set<string>();
  for (const owner of owners) {
    for await (const { name, sizeBytes, storedAtMs } of storage.list(`${packsFolder}${owner}/`, options)) {
      if (isUsed(owner, name)) continue;
      const untilMs = surelyLockedUntil(storage, storedAtMs) ?? (await pass(name));
      if (untilMs !== undefined) {
        locked.push({ sizeBytes, untilMs });
        lockedOwners.add(owner);
        continue;
      }
      packs += 1;
      bytes += Math.max(0, sizeBytes);
    }
  }
  return { packs, bytes, locked: lockedOf(locked), lockedOwners };
}

async function goingOwners(
  storage: Storage,
  { catalogue, live, due, remaining }: RemovalSurvey,
  time: RemovalTime,
  options: FindOptions,
): Promise<string[]> {
  const tombstones = new Set(catalogue.tombstones);
  const going = new Set(due.map(({ backup }) => backup));
  // What is copied into this repository may need packs of backups that never were in it, or are no longer.
  if (live.some(({ owners: needed }) => needed === 'any')) return [];
  const held = new Set(live.flatMap(heldOwners));
  const removals = new Set(catalogue.removals.map(({ backup }) => backup));
  const committed = new Set(remaining.map(({ commit }) => commit.backup));
  const owners: string[] = [];
  for await (const folder of storage.folders(packsFolder, options)) {
    const owner = folder.slice(packsFolder.length, -1);
    if (!isId(owner) || held.has(owner) || committed.has(owner)) continue;
    if (tombstones.has(owner) || going.has(owner)) owners.push(owner);
    else if (!removals.has(owner) && (await canNeverCommit(storage, owner, time, options))) owners.push(owner);
  }
  return owners;
}

function heldOwners({ kind, backup, owners = [] }: ListedHold): readonly string[] {
  if (kind !== 'backup' && kind !== 'copy') return [];
  return owners === 'any' ? [backup] : [backup, ...owners];
}

/** Of packs without commit, hold, tombstone or removal: what a backup left whose removal is done, or a run that nobody sees. The latter may have begun a moment ago. */
async function canNeverCommit(
  storage: Storage,
  owner: string,
  { nowMs, graceMs }: RemovalTime,
  { isRehearsal, ...options }: FindOptions,
): Promise<boolean> {
  for await (const { storedAtMs = 0 } of storage.list(`${packsFolder}${owner}/`, options)) {
    if (nowMs - storedAtMs < graceMs) return false;
  }
  const { holds, damaged } = await readHolds(storage, { ...options, backup: owner });
  if ([...holds, ...damaged].some((hold) => isLive(hold, nowMs))) return false;
  if (isRehearsal === true) return !(await isCommitted(storage, owner, options));
  return (await fence(storage, owner, 'packs without a backup', options)) === undefined;
}

/** What is no number is no pack of ours, and used by nobody. */
function packNumber(name: string): number {
  return Number(name.slice(name.lastIndexOf('/') + 1));
}
