import { compareGenerations } from '../adopting/compare-archives.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { placeWords } from '../messages/place-words.ts';
import { isDamage } from '../packs/damage.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { findArchive, readGeneration, readGenerations, refuseForeign, type Archive } from '../wal-archive/archive.ts';
import { identityName } from '../wal-archive/archive-identity.ts';
import { closedName, generationName, generationNumbers, type Generation } from '../wal-archive/generation.ts';
import { asCopyConflict } from './archive-conflict.ts';
import { copySmallObject } from './copy-object.ts';
import { isSameByReceipts } from './same-by-receipts.ts';
import { cannotReplace } from './replace-object.ts';

/**
 * The archive that is copied into. Undefined: there is none, or it has lost its identity, or has one that cannot be read and is a copy of the source all the same.
 * @throws BackupError `CORRUPT` where one that cannot be read, or that has lost its identity, may be of another archive; `REPOSITORY_NOT_FOUND` where other things are in it
 */
export async function findTarget(
  source: Archive,
  target: Storage,
  options: StorageOptions,
): Promise<Archive | undefined> {
  try {
    const archive = await findArchive(target, options);
    if (archive !== undefined) return archive;
  } catch (error) {
    if (isDamage(error) && (await isOfSource(source, target, options))) return undefined;
    throw error;
  }
  try {
    await refuseForeign(target, options);
  } catch (error) {
    // What is there may be of another copy, which was quicker, or has lost its identity.
    const archive = await findArchive(target, options);
    if (archive !== undefined) return archive;
    if (await isOfSource(source, target, options)) return undefined;
    throw (await hasGenerations(target, options)) ? unknownArchive(target) : error;
  }
  return undefined;
}

async function hasGenerations(target: Storage, options: StorageOptions): Promise<boolean> {
  for await (const _ of generationNumbers(target, options)) return true;
  return false;
}

function unknownArchive({ description }: Storage): BackupError {
  return new BackupError('CORRUPT', say('copy.unknown-archive', { archive: placeWords(description) }), {
    hint: say('copy.unknown-archive.hint'),
  });
}

/** As the first push does, with the identity of the source: both are the same line of WAL. `findTarget` allowed it. */
export async function beginArchive(source: Archive, target: Storage, options: StorageOptions): Promise<void> {
  if ((await hasUnreadableIdentity(target, options)) && (await isOfSource(source, target, options))) {
    await target.delete(identityName, options).catch(cannotReplace(identityName));
  }
  await copySmallObject(source.storage, target, identityName, options);
  const archive = await findArchive(target, options);
  if (archive === undefined) return;
  const readable = await readableGenerations(source, archive, options);
  await compareGenerations(source, archive, true, { ...options, readable }).catch(asCopyConflict);
}

async function hasUnreadableIdentity(target: Storage, options: StorageOptions): Promise<boolean> {
  try {
    await findArchive(target, options);
    return false;
  } catch (error) {
    if (isDamage(error)) return true;
    throw error;
  }
}

/**
 * Whether an archive without an identity is a copy of this one: those of its generations that can be read began when they did here, and there is one. Where it lost the `generation.json` of all
 * of them, receipts tell.
 */
async function isOfSource(source: Archive, storage: Storage, options: StorageOptions): Promise<boolean> {
  const own = await readGenerations(source, options);
  const { readable, damaged } = await readEach(storage, options);
  if (readable.length + damaged.size === 0) return isSameByReceipts(source.storage, storage, own, options);
  const isSame = ({ number, createdAt }: Generation): boolean =>
    own.some((one) => one.number === number && one.createdAt === createdAt);
  return readable.length > 0 && readable.every(isSame);
}

/**
 * The generations of the target. Of an archive that is the very one of the source those that cannot be read are left out, which are put anew.
 * @throws BackupError `CORRUPT` where one cannot be read of another archive, or that the source does not have
 */
export async function readableGenerations(
  source: Archive,
  target: Archive,
  options: StorageOptions,
): Promise<readonly Generation[]> {
  const { readable, damaged } = await readEach(target.storage, options);
  if (damaged.size === 0) return readable;
  const own = await readGenerations(source, options);
  const isOne = target.identity.archive === source.identity.archive;
  for (const [number, error] of damaged) {
    if (!isOne || !own.some((one) => one.number === number)) throw error;
  }
  return readable;
}

async function readEach(
  storage: Storage,
  options: StorageOptions,
): Promise<{ readonly readable: Generation[]; readonly damaged: ReadonlyMap<number, Error> }> {
  const readable: Generation[] = [];
  const damaged = new Map<number, Error>();
  for await (const number of generationNumbers(storage, options)) {
    try {
      const generation = await readGeneration(storage, number, options);
      if (generation !== undefined) readable.push(generation);
    } catch (error) {
      if (!isDamage(error)) throw error;
      damaged.set(number, error);
    }
  }
  return { readable: readable.sort((a, b) => a.number - b.number), damaged };
}

/** A generation is one with `generation.json`: that it is closed is there before. What lies in its place and cannot be read goes. */
export async function copyGeneration(
  { storage }: Archive,
  target: Storage,
  { generation: { number, closed }, there }: { readonly generation: Generation; readonly there: readonly Generation[] },
  options: StorageOptions,
): Promise<void> {
  const own = there.find((one) => one.number === number);
  if (closed && own?.closed !== true) await copySmallObject(storage, target, closedName(number), options);
  if (own !== undefined) return;
  const name = generationName(number);
  if (await isUnreadable(target, number, options)) await target.delete(name, options).catch(cannotReplace(name));
  await copySmallObject(storage, target, name, options);
}

async function isUnreadable(target: Storage, number: number, options: StorageOptions): Promise<boolean> {
  try {
    await readGeneration(target, number, options);
    return false;
  } catch (error) {
    if (isDamage(error)) return true;
    throw error;
  }
}
