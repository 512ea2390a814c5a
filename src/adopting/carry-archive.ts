import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { checkInstance, findArchive, type Archive } from '../wal-archive/archive.ts';
import { identityName } from '../wal-archive/archive-identity.ts';
import { walFolder } from '../wal-archive/archive-wal.ts';
import { readGaps } from '../wal-archive/gaps.ts';
import { closedName, generationName, type Generation } from '../wal-archive/generation.ts';
import { readHolds, setHold } from '../wal-archive/holds.ts';
import { positionPart } from '../wal-archive/wal-file-name.ts';
import type { FileStorage } from '../storage/link-file.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { compareGenerations, compareHistories } from './compare-archives.ts';
import { compareFolder } from './compare-segments.ts';
import { Carrier, type Carried } from './carry-objects.ts';
import { carrySegments } from './carry-segments.ts';
import { segmentFolders } from '../wal-archive/segment-folder.ts';

/** An archive that was compared, and where it goes. */
export interface ArchiveToCarry {
  readonly files: FileStorage;
  readonly source: Archive;
  readonly storage: Storage;
  /** The same as a directory, where objects may be links to those of the source. */
  readonly links: FileStorage | undefined;
  /** There was an archive when it was compared. */
  readonly hasIdentity: boolean;
}

export interface CarriedArchive {
  /** Segments and partial segments that came, and those that were there. */
  readonly segments: number;
  readonly present: number;
  readonly carried: Carried;
}

/**
 * Carries out an adoption; the order of what is put is that of `adoptArchive`.
 * @throws BackupError `OBJECT_EXISTS`, `CORRUPT`, `LOCKED`
 */
export async function carryArchive(way: ArchiveToCarry, options: StorageOptions): Promise<CarriedArchive> {
  const { files, source, storage, links, hasIdentity } = way;
  const own = hasIdentity ? await findArchive(storage, options) : undefined;
  const target = own ?? { storage, identity: source.identity };
  const { ofSource, ofTarget } = await compareGenerations(source, target, hasIdentity, options);
  const carrier = new Carrier(files, storage, links);
  let [segments, present] = [0, 0];
  for (const { number: generation } of ofSource.toReversed()) {
    const archives = { source, target, generations: ofTarget, generation };
    const { missing } = await compareHistories(source, target, generation, options);
    await carrier.carry([...missing, ...(await gapRecords(source, generation, options))], options);
    const { folders } = await segmentFolders(source.storage, walFolder(generation), options);
    for (const folder of folders.toReversed()) {
      const compared = await compareFolder(archives, folder, options);
      present += compared.present;
      segments += await carrySegments(carrier, archives, compared.missing, options);
    }
  }
  for (const generation of ofSource) {
    if (ofTarget.some(({ number }) => number === generation.number)) continue;
    await carryGeneration(carrier, generation, options);
  }
  await carryHolds(source, storage, options);
  if (!hasIdentity) await carryIdentity(carrier, target, options);
  return { segments, present, carried: carrier.carried };
}

async function gapRecords({ storage }: Archive, generation: number, options: StorageOptions) {
  const gaps = await readGaps(storage, generation, options);
  return gaps.map(({ storedName: name }) => ({ name, sizeBytes: 0 }));
}

/** A generation is one with `generation.json`: that it is closed is there before. */
async function carryGeneration(
  carrier: Carrier,
  { number, closed }: Generation,
  options: StorageOptions,
): Promise<void> {
  if (closed) await carrier.carry([{ name: closedName(number), sizeBytes: 0 }], options);
  await carrier.carry([{ name: generationName(number), sizeBytes: 0 }], options);
}

/** A standby needs nothing before the later one of what it said to the two. */
async function carryHolds(source: Archive, storage: Storage, options: StorageOptions): Promise<void> {
  const there = await readHolds(storage, options);
  for (const hold of await readHolds(source.storage, options)) {
    const own = there.find(({ name }) => name === hold.name);
    const isLater = own === undefined || positionPart(own.segment) < positionPart(hold.segment);
    if (isLater) await setHold(storage, hold, options);
  }
}

/** @throws BackupError `LOCKED` when a push or a backup has begun another archive there meanwhile */
async function carryIdentity(carrier: Carrier, { storage, identity }: Archive, options: StorageOptions): Promise<void> {
  await carrier.carry([{ name: identityName, sizeBytes: 0 }], options);
  const found = await findArchive(storage, options);
  if (found?.identity.archive === identity.archive) return;
  if (found !== undefined) checkInstance(found, identity);
  throw new BackupError('LOCKED', say('adopt.changed', { name: identityName }), { hint: say('adopt.changed.hint') });
}
