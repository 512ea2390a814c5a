import { realpath } from 'node:fs/promises';
import { fromText } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { freeSpace } from '../files/free-space.ts';
import { say } from '../messages/message.ts';
import { placeWords } from '../messages/place-words.ts';
import { claimInstance, type Instance } from '../repository/instance.ts';
import { openLocalStorage } from '../storage/local-storage.ts';
import { openPlace } from '../storage/place.ts';
import { isS3Place } from '../storage/s3/location.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { openArchiveOf } from '../storing/open-archive.ts';
import { findArchive, openArchive, readGenerations, type Archive } from '../wal-archive/archive.ts';
import { identityName } from '../wal-archive/archive-identity.ts';
import { carryArchive, type CarriedArchive } from './carry-archive.ts';
import type { Carried } from './carry-objects.ts';
import { whyNoLink } from './linkable.ts';
import { planAdoption, type AdoptionPlan, type LeftBehind } from './plan-adoption.ts';

export interface AdoptRequest {
  /** Directory of the archive. */
  readonly archive: string;
  readonly instance: Instance;
  /** The place of the repository: of a directory it is looked how much room it has. */
  readonly repository: string | undefined;
  /** Copy everything; default: hard links where that can be. */
  readonly copy?: boolean | undefined;
}

export type WhyCopied = 'asked' | 'encrypted' | 'elsewhere' | 'owner' | 'refused' | 'store';

export interface AdoptResult {
  readonly systemIdentifier: bigint;
  readonly segmentSizeBytes: number;
  /** Segments and partial segments that were taken over in this run, and those that were there. */
  readonly segments: number;
  readonly present: number;
  readonly carried: Carried;
  /** What a receiver has in hands, which is taken by nobody. */
  readonly left: readonly LeftBehind[];
  /** Names in the archive that are none of it. */
  readonly unknown: readonly string[];
  /** The only open generation of the archive of the instance; undefined: none, or several. */
  readonly openGeneration: number | undefined;
  /**
   * Why something was copied: it was asked for, the repository is encrypted, in an object store, on another file system, or of another account; `refused`: the
   * file system refused some links. Undefined: nothing was.
   */
  readonly whyCopied: WhyCopied | undefined;
}

/**
 * Takes an archive into a repository as that of an instance, which is made where there is none. The archive stays as it is. What was adopted before
 * is compared and left: an adoption that was interrupted, or that new WAL came after, is run again.
 *
 * Everything that names and receipts tell is compared before the first object is written; content is as it is copied: what came until then stays, and the next run goes on. The identity of the archive is put last: until then a new one is none.
 * Segments come newest first, so that what is not whole yet has a gap, which is found, and never an end before its time.
 * @throws BackupError `REPOSITORY_NOT_FOUND` when there is no archive; `SYSTEM_MISMATCH` when it is of another server than the instance; `OBJECT_EXISTS` when
 * the instance has an archive of other content; `CORRUPT` when something in the archive cannot be read; `USAGE` for the archive of the instance itself;
 * `STORAGE_UNAVAILABLE` when there is no room for a copy; `LOCKED` when the archive of the instance was begun by another run meanwhile
 */
export async function adoptArchive(request: AdoptRequest, options: StorageOptions = {}): Promise<AdoptResult> {
  const files = await openLocalStorage(request.archive);
  const source = await openArchive(files, options);
  const { instance } = request;
  const facts = { systemIdentifier: source.identity.systemIdentifier, product: productOf(source) };
  if (instance.identity !== undefined) await claimInstance(instance, facts, options);
  const before = await targetOf(instance, source, options);
  await refuseItself(request.archive, instance);
  const plan = await planAdoption(source, before, options);
  const whyCopied = await reasonToCopy(request, files.pathOf(identityName));
  if (whyCopied !== undefined) await checkRoom(request, plan);
  await claimInstance(instance, facts, options);
  const storage = await openArchiveOf(instance);
  const mayLink = whyCopied === undefined && typeof instance.wal === 'string';
  const links = mayLink ? await openLocalStorage(instance.wal) : undefined;
  const carried = await carryArchive(
    { files, source, storage, links, hasIdentity: before?.hasIdentity === true },
    options,
  );
  return resultOf(source, storage, plan, carried, whyCopied);
}

/** The archive of the instance as far as it is there. */
async function targetOf(
  instance: Instance,
  { identity }: Archive,
  options: StorageOptions,
): Promise<{ readonly archive: Archive; readonly hasIdentity: boolean } | undefined> {
  try {
    const { storage } = await openPlace(instance.wal);
    const archive = await findArchive(storage, options);
    if (archive !== undefined) return { archive, hasIdentity: true };
    await refuseOthers(storage, options);
    return { archive: { storage, identity }, hasIdentity: false };
  } catch (error) {
    if (error instanceof BackupError && error.code === 'REPOSITORY_NOT_FOUND') return undefined;
    throw error;
  }
}

/** What is no archive yet may hold what an adoption left that was interrupted, and nothing else. */
async function refuseOthers(storage: Storage, options: StorageOptions): Promise<void> {
  for await (const { name } of storage.list('', { ...options, recursive: false })) throw occupied(storage, name);
  for await (const name of storage.folders('', options)) {
    if (name !== 'generations/' && name !== 'holds/') throw occupied(storage, name);
  }
}

function occupied(storage: Storage, found: string): BackupError {
  return new BackupError(
    'OBJECT_EXISTS',
    say('archive.not-empty', { storage: placeWords(storage.description), found }),
    {
      hint: say('adopt.occupied.hint'),
    },
  );
}

async function refuseItself(archive: string, { wal }: Instance): Promise<void> {
  if (typeof wal !== 'string') return;
  const own = await realpath(wal).catch(() => undefined);
  if (own !== undefined && own === (await realpath(archive))) {
    throw new BackupError('USAGE', say('adopt.itself', { archive }));
  }
}

/** What the instance is called for people: the name of its WAL without a release. */
function productOf({ identity: { product } }: Archive): string {
  return product.replace(/ [0-9.]+$/, '');
}

/** Why no object of the archive can be a hard link in the repository, as far as can be seen before it is tried. */
async function reasonToCopy({ instance, copy }: AdoptRequest, file: string): Promise<WhyCopied | undefined> {
  if (typeof instance.wal !== 'string') return instance.isEncrypted ? 'encrypted' : 'store';
  return copy === true ? 'asked' : whyNoLink(file, instance.wal);
}

/** @throws BackupError `STORAGE_UNAVAILABLE` when what is to be copied is more than there is room for */
async function checkRoom({ repository }: AdoptRequest, { missingBytes }: AdoptionPlan): Promise<void> {
  if (repository === undefined || isS3Place(repository) || missingBytes === 0) return;
  const { freeBytes, storesAsWritten } = await freeSpace(fromText(repository));
  if (!storesAsWritten || freeBytes >= BigInt(missingBytes)) return;
  throw new BackupError(
    'STORAGE_UNAVAILABLE',
    say('adopt.no-room', { needed: missingBytes, free: freeBytes, repository }),
    {
      hint: say('adopt.no-room.hint'),
    },
  );
}

async function resultOf(
  source: Archive,
  storage: Storage,
  { left, unknown }: AdoptionPlan,
  { segments, present, carried }: CarriedArchive,
  whyCopied: WhyCopied = 'refused',
): Promise<AdoptResult> {
  const { systemIdentifier, segmentSizeBytes } = source.identity;
  const open = (await readGenerations({ ...source, storage })).filter(({ closed }) => !closed);
  const openGeneration = open.length === 1 ? open[0]?.number : undefined;
  const why = carried.copied === 0 ? undefined : whyCopied;
  return {
    systemIdentifier,
    segmentSizeBytes,
    segments,
    present,
    carried,
    left,
    unknown,
    openGeneration,
    whyCopied: why,
  };
}
