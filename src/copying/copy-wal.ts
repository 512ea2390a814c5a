import { compareGenerations, compareHistories } from '../adopting/compare-archives.ts';
import { readPruned } from '../repository/pruned.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { readGenerations, type Archive } from '../wal-archive/archive.ts';
import { largestHistoryBytes, walFolder } from '../wal-archive/archive-wal.ts';
import { readGaps } from '../wal-archive/gaps.ts';
import type { Generation } from '../wal-archive/generation.ts';
import { readSegmentFolder, segmentFolders, type FoundSegment } from '../wal-archive/segment-folder.ts';
import { asCopyConflict } from './archive-conflict.ts';
import { copySmallObject } from './copy-object.ts';
import type { CopiedWal } from './copy-request.ts';
import { copySegments } from './copy-segments.ts';
import { beginArchive, copyGeneration, findTarget, readableGenerations } from './mend-archive.ts';
import type { SegmentPair } from './mend-segment.ts';
import { NeededWal, type WalWanted } from './needed-wal.ts';
import { renewedOfArchive } from './renewed-archive.ts';

/** The archive that is copied, and where to. */
export interface WalWay {
  readonly source: Archive;
  /** Undefined: there is none yet, and nothing is written. */
  readonly target: Storage | undefined;
  readonly wanted: WalWanted;
}

/** What is missing in the target, and what is not looked at any more. */
export interface MissingWal {
  /** Names of what says whose archive it is there, and is missing or cannot be read. */
  readonly renewed: readonly string[];
  readonly segments: number;
  readonly bytes: number;
  readonly present: number;
  readonly unneeded: number;
  readonly unfinished: readonly string[];
}

/** Counts what is to be copied, by names and sizes. @throws BackupError `SYSTEM_MISMATCH`, `OBJECT_EXISTS` when the two cannot be one archive */
export async function missingWal(way: WalWay, options: StorageOptions): Promise<MissingWal> {
  const target = way.target && (await findTarget(way.source, way.target, options));
  const generations = await comparedGenerations(way.source, target, options);
  const renewed = way.target === undefined ? [] : await renewedBy(way.source, way.target, target, options);
  let [segments, bytes, present, unneeded] = [0, 0, 0, 0];
  const unfinished: string[] = [];
  for (const { number } of generations) {
    for await (const folder of foldersOf(way, generations, number, options)) {
      segments += folder.missing.length;
      bytes += folder.missing.reduce((sum, { found }) => sum + Math.max(0, found.data[0]?.sizeBytes ?? 0), 0);
      present += folder.present;
      unneeded += folder.unneeded;
      unfinished.push(...folder.unfinished);
    }
  }
  return { segments, bytes, present, unneeded, unfinished, renewed };
}

/**
 * Copies the WAL that the target lacks and its backups may need: identity and generations first, as the first push makes them, then histories, then segments, the oldest first. Gap records and removed
 * ranges, which explain holes, come with them. What a receiver has in hands, and what standbys still need, is not copied.
 * @param instances folders of the instance, where ranges are told
 * @throws BackupError `OBJECT_EXISTS` when the two cannot be one archive
 */
export async function copyWal(
  { source, target, wanted }: WalWay & { readonly target: Storage },
  instances: { readonly source: Storage; readonly target: Storage },
  {
    onStored,
    readsData,
    ...options
  }: StorageOptions & { readonly readsData: boolean; readonly onStored: (bytes: number) => void },
): Promise<CopiedWal> {
  const before = await findTarget(source, target, options);
  const generations = await comparedGenerations(source, before, options);
  const renewed = await renewedBy(source, target, before, options);
  if (before === undefined) await beginArchive(source, target, options);
  const copied = { segments: 0, bytes: 0, present: 0, mended: 0, read: 0, damaged: [] };
  const unfinished: string[] = [];
  let unneeded = 0;
  const there = before === undefined ? [] : await readableGenerations(source, before, options);
  for (const generation of generations) await copyGeneration(source, target, { generation, there }, options);
  const pruned = await readPruned(instances.source, options);
  const known = new Set((await readPruned(instances.target, options)).map(({ storedName }) => storedName));
  for (const { number } of generations) {
    const needed = neededOf(source, wanted, generations, number);
    await copyHistories(source, target, number, options);
    await copyGaps(source.storage, target, { number, needed }, options);
    for (const range of pruned) {
      if (range.generation !== number || !needed.concerns(range.endLsn) || known.has(range.storedName)) continue;
      await copySmallObject(instances.source, instances.target, range.storedName, options);
    }
    const way = { source: source.storage, target, generation: number };
    const looked = { ...options, readsData };
    for await (const folder of foldersOf({ source, target, wanted }, generations, number, looked)) {
      copied.present += folder.present;
      unneeded += folder.unneeded;
      unfinished.push(...folder.unfinished);
      await copySegments(way, folder.missing, copied, { ...looked, onStored });
    }
  }
  return { ...copied, unneeded, unfinished, renewed };
}

async function renewedBy(
  source: Archive,
  target: Storage,
  found: Archive | undefined,
  options: StorageOptions,
): Promise<string[]> {
  const own = await readGenerations(source, options);
  const readable = await readableGenerations(source, found ?? { ...source, storage: target }, options);
  return renewedOfArchive(target, { source: own, found, readable }, options);
}

async function comparedGenerations(
  source: Archive,
  target: Archive | undefined,
  options: StorageOptions,
): Promise<readonly Generation[]> {
  const readable = target && (await readableGenerations(source, target, options));
  const given = { ...options, readable };
  const { ofSource } = await compareGenerations(source, target, target !== undefined, given).catch(asCopyConflict);
  return ofSource.toSorted((a, b) => a.number - b.number);
}

async function copyGaps(
  source: Storage,
  target: Storage,
  { number, needed }: { readonly number: number; readonly needed: NeededWal },
  options: StorageOptions,
): Promise<void> {
  const gaps = (await readGaps(source, number, options)).filter(({ endLsn }) => needed.concerns(endLsn));
  if (gaps.length === 0) return;
  const known = new Set((await readGaps(target, number, options)).map(({ storedName }) => storedName));
  for (const { storedName } of gaps) {
    if (!known.has(storedName)) await copySmallObject(source, target, storedName, options);
  }
}

async function copyHistories(
  source: Archive,
  storage: Storage,
  number: number,
  options: StorageOptions,
): Promise<void> {
  const target = { storage, identity: source.identity };
  const { missing } = await compareHistories(source, target, number, options).catch(asCopyConflict);
  for (const { name } of missing) {
    await copySmallObject(source.storage, storage, name, { ...options, limit: largestHistoryBytes });
  }
}

function neededOf(
  { identity }: Archive,
  wanted: WalWanted,
  generations: readonly Generation[],
  number: number,
): NeededWal {
  return new NeededWal(wanted, generations, number, identity.segmentSizeBytes);
}

interface ComparedFolder {
  /** Ordered by name. */
  readonly missing: readonly SegmentPair[];
  readonly present: number;
  readonly unneeded: number;
  readonly unfinished: readonly string[];
}

/** The segments of a generation, folder by folder: names and sizes, nothing is read. */
async function* foldersOf(
  { source, target, wanted }: WalWay,
  generations: readonly Generation[],
  number: number,
  { readsData = false, ...options }: StorageOptions & { readonly readsData?: boolean },
): AsyncGenerator<ComparedFolder, void, undefined> {
  const needed = neededOf(source, wanted, generations, number);
  const { folders } = await segmentFolders(source.storage, walFolder(number), options);
  for (const folder of folders) {
    const { segments } = await readSegmentFolder(source.storage, folder, options);
    const there = target && (await readSegmentFolder(target, folder, options)).segments;
    yield compared([...segments.values()], { target: there, needed, readsData });
  }
}

function compared(
  segments: readonly FoundSegment[],
  {
    target,
    needed,
    readsData,
  }: {
    readonly target: ReadonlyMap<string, FoundSegment> | undefined;
    readonly needed: NeededWal;
    /** What is there is looked at nevertheless. */
    readonly readsData: boolean;
  },
): ComparedFolder {
  const missing: SegmentPair[] = [];
  const unfinished: string[] = [];
  let [present, unneeded] = [0, 0];
  const last = segments.findLast(({ receipt }) => receipt !== undefined)?.name ?? '';
  for (const found of segments) {
    const there = target?.get(found.name);
    if (!needed.needs(found.name)) unneeded += 1;
    else if (found.receipt === undefined) {
      // The last one may be on its way.
      if (found.data.length > 0 && found.name < last) unfinished.push(found.name);
    } else if (!readsData && isThere(found, there)) present += 1;
    else missing.push({ found, there });
  }
  return { missing, present, unneeded, unfinished };
}

function isThere({ data, index, sizes }: FoundSegment, there: FoundSegment | undefined): boolean {
  if (there?.receipt === undefined || there.sizes?.receipt !== sizes?.receipt) return false;
  if (index !== undefined && there.sizes?.index !== sizes?.index) return false;
  return there.data.some(({ name, sizeBytes }) => data.some((one) => one.name === name && one.sizeBytes === sizeBytes));
}
