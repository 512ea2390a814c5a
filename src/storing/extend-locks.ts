import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { RootPack } from '../packs/pack-table.ts';
import { packName } from '../packs/chunk-ref.ts';
import type { Commit } from '../repository/commit.ts';
import { readRepositoryIdentity } from '../repository/repository-identity.ts';
import type { Instance } from '../repository/instance.ts';
import { recordName } from '../storage/s3/storage-record.ts';
import type { LockTimes, Storage, StorageLock, StorageOptions } from '../storage/storage.ts';
import { segmentBase, walFolder } from '../wal-archive/archive-wal.ts';
import { findArchive, readGenerations } from '../wal-archive/archive.ts';
import { generationFolder } from '../wal-archive/generation.ts';
import { segmentName, segmentStart } from '../wal/segment.ts';
import { openArchiveOf } from './open-archive.ts';

/** Requests under way at the same time. */
const atOnce = 16;

/** What a new backup needs of what was stored before it. */
export interface LockedNeeds {
  /** Of the backup itself and of others. */
  readonly packs: readonly Pick<RootPack, 'pack'>[];
  readonly prior: Commit | undefined;
  readonly backup: Pick<Commit, 'backup' | 'generation' | 'timeline' | 'startLsn' | 'endLsn'>;
  /** When the run began, ms since 1970 by the clock of the storage: what it stored itself is locked long enough. */
  readonly sinceMs: number | undefined;
}

/**
 * Locks what a new backup needs for as long as what it stored itself: packs of others, its WAL, and what the repository and the archive are opened with. What has to be extended gets a quarter
 * more, so that not every backup extends everything.
 * @returns until when the packs of others are locked at least, and where; nothing where the storage locks nothing
 * @throws BackupError when the storage refuses it: then there must be no commit, as the backup would be protected for a shorter time than it seems
 */
export async function extendLocks(
  instance: Instance,
  { packs, prior, backup, sinceMs }: LockedNeeds,
  options: StorageOptions,
): Promise<Pick<Commit, 'lockedUntil' | 'lockedIn'>> {
  const { storage } = instance;
  const { lock } = storage;
  if (lock === undefined || sinceMs === undefined) return {};
  const leastMs = sinceMs + lock.lockedForMs;
  const times = { leastMs, untilMs: leastMs + Math.ceil(lock.lockedForMs / 4) };
  // What the prior used of others, it saw to; what it stored itself was never extended.
  const lockedIn = instance.root && (await readRepositoryIdentity(instance.root, options))?.repository;
  const isKnown = lockedIn !== undefined && prior?.lockedIn === lockedIn;
  const knownMs = isKnown ? Date.parse(prior.lockedUntil ?? '') : Number.NaN;
  const isLongEnough = knownMs >= leastMs;
  const others = packs.filter(({ pack }) => pack.backup !== backup.backup);
  const short = others.filter(({ pack }) => !isLongEnough || pack.backup === prior?.backup);
  await extendAll(lock, names(short), times, options);
  await extendAll(lock, ['instance.json'], times, options);
  const { root } = instance;
  if (root?.lock !== undefined) await extendAll(root.lock, foundations(root, options), times, options);
  const wal = await openArchiveOf(instance);
  if (wal.lock !== undefined) await extendAll(wal.lock, walNames(wal, backup, leastMs, options), times, options);
  if (lockedIn === undefined) return {};
  const untilMs = others.length > short.length ? Math.min(knownMs, times.untilMs) : times.untilMs;
  return { lockedUntil: new Date(untilMs).toISOString(), lockedIn };
}

function* names(packs: LockedNeeds['packs']): Generator<string> {
  for (const { pack } of packs) yield packName(pack);
}

/** Without them nothing can be opened: identity, what is known of the store, keys. */
async function* foundations(root: Storage, options: StorageOptions): AsyncGenerator<string> {
  for await (const { name } of root.list('', { ...options, recursive: false })) {
    if (name.startsWith('gausskeep-') && name !== recordName) yield name;
  }
  yield recordName;
  for await (const { name } of root.list('keys/', options)) yield name;
}

/** Identity, generations and histories of the archive, and the segments from start to end of the backup: those that are not locked long enough by when they were stored. */
async function* walNames(
  storage: Storage,
  { generation, timeline, startLsn, endLsn }: LockedNeeds['backup'],
  leastMs: number,
  options: StorageOptions,
): AsyncGenerator<string> {
  const archive = await findArchive(storage, options);
  if (archive === undefined) return;
  const shortBelow = async function* (prefix: string, recursive: boolean): AsyncGenerator<string> {
    for await (const { name, storedAtMs = 0 } of storage.list(prefix, { ...options, recursive })) {
      if (storedAtMs + (storage.lock?.lockedForMs ?? 0) < leastMs) yield name;
    }
  };
  yield* shortBelow('', false);
  const { segmentSizeBytes } = archive.identity;
  const first = segmentName(timeline, segmentStart(startLsn, segmentSizeBytes), segmentSizeBytes);
  const last = segmentName(timeline, endLsn, segmentSizeBytes);
  for (const { number } of await readGenerations(archive, options)) {
    yield* shortBelow(generationFolder(number), false);
    yield* shortBelow(walFolder(number), false);
    // What is inherited lies in a parent, which has a lower number.
    if (number > generation) continue;
    for (const below of foldersBetween(number, { timeline, startLsn, endLsn, segmentSizeBytes })) {
      for await (const name of shortBelow(below, true)) {
        const segment = name.slice(below.length, below.length + 24);
        if (segment >= first && segment <= last) yield name;
      }
    }
  }
}

/** Segments of 4 GiB of WAL lie in one folder. */
function foldersBetween(
  generation: number,
  {
    timeline,
    startLsn,
    endLsn,
    segmentSizeBytes,
  }: Pick<Commit, 'timeline' | 'startLsn' | 'endLsn'> & { readonly segmentSizeBytes: number },
): string[] {
  const folders: string[] = [];
  for (let high = startLsn >> 32n; high <= endLsn >> 32n; high += 1n) {
    const name = segmentName(timeline, (high << 32n) as typeof startLsn, segmentSizeBytes);
    const base = segmentBase(generation, name);
    folders.push(base.slice(0, base.lastIndexOf('/') + 1));
  }
  return folders;
}

async function extendAll(
  lock: StorageLock,
  objects: Iterable<string> | AsyncIterable<string>,
  times: LockTimes,
  options: StorageOptions,
): Promise<void> {
  const iterator = Symbol.asyncIterator in objects ? objects[Symbol.asyncIterator]() : objects[Symbol.iterator]();
  // One after another takes from the source, several wait for the storage.
  let taking: Promise<unknown> = Promise.resolve();
  let hasFailed = false;
  const take = (): Promise<IteratorResult<string>> => {
    const next = taking.then(() => iterator.next());
    taking = next.catch(() => undefined);
    return next;
  };
  const work = async (): Promise<void> => {
    while (!hasFailed) {
      const next = await take();
      if (next.done === true) return;
      await extendOne(lock, next.value, times, options);
    }
  };
  const workers = Array.from({ length: atOnce }, () =>
    work().catch((error: unknown) => {
      hasFailed = true;
      throw error;
    }),
  );
  try {
    await Promise.all(workers);
  } finally {
    await Promise.allSettled(workers);
    await iterator.return?.();
  }
}

async function extendOne(lock: StorageLock, name: string, times: LockTimes, options: StorageOptions): Promise<void> {
  try {
    await lock.extend(name, times, options);
  } catch (error) {
    if (!(error instanceof BackupError)) throw error;
    const until = new Date(times.leastMs).toISOString();
    throw error.with({
      sentence: say('lock.cannot-extend', { name, until, reason: error.sentence }),
      hint: say('lock.cannot-extend.hint'),
      cause: error,
    });
  }
}
