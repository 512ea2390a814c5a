import { BackupError } from '../errors/backup-error.ts';
import { openContent } from '../packs/content-reader.ts';
import { readCatalogue, type ListedBackup } from '../repository/catalogue.ts';
import type { Instance } from '../repository/instance.ts';
import { isLive, liveUntil, readHolds } from '../repository/read-holds.ts';
import { openPlace } from '../storage/place.ts';
import type { Storage, StorageOptions, StoredObject } from '../storage/storage.ts';
import { readLiveHolds, type LiveHold } from './live-holds.ts';
import { listInstanceObjects, type InstanceObjects } from './instance-objects.ts';

/** Objects, and the sum of their sizes before framing. */
export interface Amount {
  readonly objects: number;
  readonly bytes: number;
}

/** What an instance takes in a repository. */
export interface InstanceStats {
  readonly instance: string;
  /** Backups of the catalogue. */
  readonly backups: number;
  /** Backups that retention has taken off the catalogue and whose commit is still there. */
  readonly removed: number;
  /** Backups whose commit cannot be read: what they use is not known. */
  readonly damagedBackups: number;
  /** Commits, marks and removals that cannot be read. */
  readonly damaged: number;
  /** Sum of what the backups of the catalogue hold, each by itself. */
  readonly logicalBytes: number;
  /** By listing. */
  readonly packs: Amount;
  /** Packs that backups of the catalogue refer to, by their roots; undefined: a root cannot be read. */
  readonly used: Amount | undefined;
  /** The other packs; undefined with `used`. */
  readonly unused: Amount | undefined;
  /** Of those the packs of backups that have no commit that can be read, and a hold that counts: whether they are under way is not known. */
  readonly running: Amount | undefined;
  /** From when on none of these holds counts any more unless it is renewed, ms since 1970; undefined: there is none. */
  readonly runningUntilMs: number | undefined;
  /** Holds that count, whose they are and until when. */
  readonly holds: readonly LiveHold[];
  /** The WAL archive, by listing: segments and all that lies beside them. */
  readonly wal: Amount;
  /** Everything, by listing. */
  readonly all: Amount;
  /** Names of backups whose root cannot be read. */
  readonly unreadable: readonly string[];
}

/** @throws BackupError `REPOSITORY_VERSION` */
export async function readInstanceStats(
  { name, storage, wal }: Pick<Instance, 'name' | 'storage' | 'wal'>,
  options: StorageOptions = {},
): Promise<InstanceStats> {
  const catalogue = await readCatalogue(storage, options);
  const { backups, removed, damaged, damagedBackups } = catalogue;
  const unreadable: string[] = [];
  const used = await usedPacks(storage, backups, unreadable, options);
  const objects = await listInstanceObjects(storage, options);
  const walAmount = await amountOfWal(wal, options);
  const packs = amountOf(allPacks(objects));
  const isKnown = unreadable.length === 0;
  const ofUsed = amountOf(allPacks(objects, (owner, number) => used.get(owner)?.has(number) === true));
  const running = await runningBackups(storage, [...backups, ...removed], options);
  const isOfRun = (owner: string): boolean => running.has(owner);
  return {
    instance: name,
    backups: backups.length,
    removed: removed.length,
    damagedBackups: damagedBackups.length,
    damaged: damaged.length,
    logicalBytes: backups.reduce((sum, { commit }) => sum + commit.logicalBytes, 0),
    packs,
    used: isKnown ? ofUsed : undefined,
    unused: isKnown ? { objects: packs.objects - ofUsed.objects, bytes: packs.bytes - ofUsed.bytes } : undefined,
    running: isKnown ? amountOf(allPacks(objects, isOfRun)) : undefined,
    runningUntilMs: running.size === 0 ? undefined : Math.max(...running.values()),
    holds: await readLiveHolds(storage, catalogue, options),
    wal: walAmount,
    all: sumOf([packs, walAmount, amountOf(objects.others)]),
    unreadable,
  };
}

/** Owner → numbers of the packs that backups refer to. @param unreadable takes the names of backups whose root cannot be read */
async function usedPacks(
  storage: Storage,
  backups: readonly ListedBackup[],
  unreadable: string[],
  options: StorageOptions,
): Promise<Map<string, Set<number>>> {
  const used = new Map<string, Set<number>>();
  for (const { commit } of backups) {
    options.signal?.throwIfAborted();
    try {
      const { root } = await openContent(storage, commit.root, options);
      for (const { pack } of [...root.packs.entries, ...commit.rootPacks]) {
        const numbers = used.get(pack.backup) ?? new Set<number>();
        used.set(pack.backup, numbers.add(pack.number));
      }
    } catch (error) {
      const isDamage =
        error instanceof BackupError && ['CORRUPT', 'OBJECT_NOT_FOUND', 'REPOSITORY_VERSION'].includes(error.code);
      if (!isDamage) throw error;
      unreadable.push(commit.name);
    }
  }
  return used;
}

/** Ids of backups whose hold is live and that have no commit that can be read; with the time from which on it counts no more, in ms. */
async function runningBackups(
  storage: Storage,
  committed: readonly ListedBackup[],
  options: StorageOptions,
): Promise<Map<string, number>> {
  const { holds } = await readHolds(storage, options);
  const done = new Set(committed.map(({ commit }) => commit.backup));
  const nowMs = Date.now();
  const live = holds.filter((hold) => hold.kind === 'backup' && isLive(hold, nowMs) && !done.has(hold.backup));
  const held = new Map<string, number>();
  for (const hold of live) held.set(hold.backup, Math.max(liveUntil(hold), held.get(hold.backup) ?? 0));
  return held;
}

async function amountOfWal(wal: Instance['wal'], options: StorageOptions): Promise<Amount> {
  try {
    const { storage } = await openPlace(wal);
    let [objects, bytes] = [0, 0];
    for await (const { sizeBytes } of storage.list('', options)) {
      objects += 1;
      bytes += Math.max(0, sizeBytes);
    }
    return { objects, bytes };
  } catch (error) {
    // Nothing was ever stored there.
    if (error instanceof BackupError && error.code === 'REPOSITORY_NOT_FOUND') return { objects: 0, bytes: 0 };
    throw error;
  }
}

function* allPacks(
  { packs }: InstanceObjects,
  isWanted: (owner: string, number: number) => boolean = () => true,
): Generator<Pick<StoredObject, 'sizeBytes'>> {
  for (const [owner, ofOwner] of packs) {
    for (const [number, pack] of ofOwner) if (isWanted(owner, number)) yield pack;
  }
}

/** What is damaged may have no size. */
function amountOf(objects: Iterable<Pick<StoredObject, 'sizeBytes'>>): Amount {
  let [count, bytes] = [0, 0];
  for (const { sizeBytes } of objects) {
    count += 1;
    bytes += Math.max(0, sizeBytes);
  }
  return { objects: count, bytes };
}

export function sumOf(amounts: readonly Amount[]): Amount {
  return amounts.reduce((sum, { objects, bytes }) => ({ objects: sum.objects + objects, bytes: sum.bytes + bytes }), {
    objects: 0,
    bytes: 0,
  });
}
