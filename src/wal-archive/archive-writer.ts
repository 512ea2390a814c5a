import type { ByteSource } from '../bytes/byte-reader.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import type { Archive } from './archive.ts';
import { largestHistoryBytes, readReceipt, segmentBase, walFolder } from './archive-wal.ts';
import { codecSuffixes, compressed, decompressed, suffixOf, type Codec } from './codec.ts';
import type { Generation } from './generation.ts';
import { checkNeighbours, findBehind, type NeighboursFound, type Neighbourhood } from './check-neighbours.ts';
import { beginInTurn, endInTurn, type LinkedSegment, type PushTurn } from './push-turn.ts';
import { encodeReceipt, type Receipt, type SegmentLinks } from './receipt.ts';
import { deleteIfAllowed } from '../storage/object-lock.ts';
import { putIfAbsent, readSmallObject } from '../storage/small-object.ts';
import { digestOf } from './wal-object.ts';

/** A segment, or partial segment, that was read and found sound. */
export interface SegmentToStore {
  readonly name: string;
  readonly segment: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly links: SegmentLinks | undefined;
  /** What it holds, as `src/wal` encodes it. */
  readonly index: Uint8Array | undefined;
  readonly codec: Codec;
  readonly level?: number | undefined;
  /** Its bytes; called again where they have to be read again. */
  readonly body: () => ByteSource;
}

/** A segment that is yet to be read. */
export interface SegmentBeingRead extends Pick<SegmentToStore, 'name' | 'codec' | 'level' | 'body'> {
  /** What is known of it when `body` has been read to its end. */
  readonly end: () => Promise<SegmentToStore>;
}

/** How a segment is stored, besides what it is. */
export interface StoreOptions extends StorageOptions {
  /** Where several are on their way at once. */
  readonly turn?: PushTurn | undefined;
}

/** `present`: the same content was there already. */
export type StoreResult = 'stored' | 'present';

/**
 * Stores a segment in a generation, in the steps of docs/design/wal-archive.md (Push, 4 to 9). Durable when it resolves.
 * @throws BackupError `OBJECT_EXISTS` when other content has the name, or the segment does not link to its neighbours; `CORRUPT` for a wrong CRC across a border
 */
export async function storeSegment(
  archive: Archive,
  generations: readonly Generation[],
  generation: number,
  segment: SegmentToStore,
  { turn, ...options }: StoreOptions = {},
): Promise<StoreResult> {
  const { storage } = archive;
  // What is there already is compared, which takes its time: nobody goes on beside that.
  await endInTurn(turn);
  const neighbours = { archive, generations, generation, segment };
  const found = await checkNeighbours(neighbours, [-1, 1], options);
  const existing = await readReceipt(storage, generation, segment.name, options);
  if (existing !== undefined) {
    const result = samePush(existing, segment, generation);
    turn?.onLinked({ name: existing.name, links: existing.links });
    return (await restoreObject(storage, existing, segment, generation, options)) ? 'stored' : result;
  }

  const base = segmentBase(generation, segment.name);
  const data = base + suffixOf(segment.codec);
  const others = await checkOtherCodecs(storage, base, segment, generation, options);
  const storedBytes = await putSegment(storage, data, segment, generation, options);
  turn?.onLinked(linkedAs(segment, found));
  const result = await publish(neighbours, found, segment, storedBytes, options);
  // Where another push won, one of them may be what its receipt names.
  if (result === 'stored') for (const other of others) await deleteIfAllowed(storage, other, options);
  return result;
}

/**
 * Stores a segment as it is read: what is read is inspected and compressed at the same time, and gets its name only when it
 * was found sound and to link to its neighbours. Undefined, and nothing stored, where something is there already under the
 * name: then `storeSegment` compares.
 * @throws BackupError as `storeSegment`; what `segment.body` and `segment.end` throw
 */
export async function storeSegmentAsRead(
  archive: Archive,
  generations: readonly Generation[],
  generation: number,
  reading: SegmentBeingRead,
  { turn, ...options }: StoreOptions = {},
): Promise<{ readonly segment: SegmentToStore; readonly result: StoreResult } | undefined> {
  const { storage } = archive;
  const base = segmentBase(generation, reading.name);
  const names = ['.receipt', ...codecSuffixes.map(([, suffix]) => suffix)].map((suffix) => base + suffix);
  // At once: each may be an answer of a store far away.
  const present = await Promise.all(names.map((name) => storage.stat(name, options)));
  if (present.some((object) => object !== undefined)) return undefined;
  const named = { name: reading.name, segment: reading.name.slice(0, 24) };
  const behind = findBehind({ archive, generations, generation, segment: named }, options);
  let read: { segment: SegmentToStore; neighbours: Neighbourhood; found: NeighboursFound } | undefined;
  let refusal: unknown;
  const body = async function* (): ByteSource {
    try {
      yield* reading.body();
      const segment = await reading.end();
      const before = await beginInTurn(turn);
      const neighbours = { archive, generations, generation, segment, before };
      const found = await checkNeighbours({ ...neighbours, behind }, [-1, 1], options);
      read = { segment, neighbours, found };
      turn?.onLinked(linkedAs(segment, found));
    } catch (error) {
      refusal = error;
      throw error;
    }
  };
  const { codec, level } = reading;
  // Stored as it is, the segment has the hash that it was inspected with.
  const contentHash = codec === 'none' ? () => read?.segment.sha256 : undefined;
  let storedBytes: number;
  try {
    ({ sizeBytes: storedBytes } = await storage.put(base + suffixOf(codec), () => compressed(codec, body(), level), {
      ...options,
      contentHash,
    }));
  } catch (error) {
    // Another push of the same moment was quicker.
    if (error !== refusal && error instanceof BackupError && error.code === 'OBJECT_EXISTS') return undefined;
    throw error;
  }
  if (read === undefined) return undefined;
  const { segment, neighbours, found } = read;
  return { segment, result: await publish(neighbours, found, segment, storedBytes, { turn, ...options }) };
}

/** Index and receipt of a segment whose object is there: the commit. */
async function publish(
  neighbours: Neighbourhood,
  { absent, passing }: NeighboursFound,
  segment: SegmentToStore,
  storedBytes: number,
  { turn, ...options }: StoreOptions,
): Promise<StoreResult> {
  const { archive, generation } = neighbours;
  const { storage } = archive;
  const base = segmentBase(generation, segment.name);
  const data = base + suffixOf(segment.codec);
  if (segment.index !== undefined) await putIfAbsent(storage, `${base}.index`, segment.index, options);
  // A receipt that is there says that all before it is.
  await endInTurn(turn);
  const { name, sizeBytes, sha256, codec } = segment;
  const { links } = linkedAs(segment, { absent, passing });
  const receipt: Receipt = { name, sizeBytes, sha256, codec, storedBytes, links, pushedAt: new Date().toISOString() };
  if (!(await putIfAbsent(storage, `${base}.receipt`, encodeReceipt(receipt), options))) {
    const winner = await readReceipt(storage, generation, segment.name, options);
    // The other push of the same moment decides, also about the codec.
    if (winner !== undefined && winner.codec !== codec) await deleteIfAllowed(storage, data, options);
    if (winner === undefined) throw conflict(segment.name, generation);
    return samePush(winner, segment, generation);
  }
  turn?.onStored();
  // A neighbour of another line may have come at the same moment. What is published stays: the same segment may have been
  // pushed by two, and the other been told that it is stored.
  await checkNeighbours(neighbours, absent, options);
  return 'stored';
}

function linkedAs({ name, links }: SegmentToStore, { passing }: NeighboursFound): LinkedSegment {
  return { name, links: passing === undefined || links === undefined ? links : { ...links, unfinished: passing } };
}

function samePush(existing: Receipt, segment: SegmentToStore, generation: number): StoreResult {
  if (existing.sha256 === segment.sha256 && existing.sizeBytes === segment.sizeBytes) return 'present';
  throw conflict(segment.name, generation);
}

function conflict(name: string, generation: number): BackupError {
  return new BackupError('OBJECT_EXISTS', say('archive.conflict', { name, generation }), {
    hint: say('archive.fork.hint'),
  });
}

/** Creates the segment object, or finds the one of an unfinished push with the same content. @returns its size */
async function putSegment(
  storage: Storage,
  data: string,
  segment: SegmentToStore,
  generation: number,
  options: StorageOptions,
): Promise<number> {
  try {
    const body = () => compressed(segment.codec, segment.body(), segment.level);
    return (await storage.put(data, body, options)).sizeBytes;
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'OBJECT_EXISTS') throw error;
  }
  if (await isSameContent(storage, data, segment.codec, segment, generation, options)) {
    const found = await storage.stat(data, options);
    return found?.sizeBytes ?? 0;
  }
  await removeDamaged(storage, data, segment.name, options);
  const body = () => compressed(segment.codec, segment.body(), segment.level);
  return (await storage.put(data, body, options)).sizeBytes;
}

/** What an unfinished push left in another codec must be the same segment. @returns the names of those objects */
async function checkOtherCodecs(
  storage: Storage,
  base: string,
  segment: SegmentToStore,
  generation: number,
  options: StorageOptions,
): Promise<string[]> {
  const others: string[] = [];
  for (const [codec, suffix] of codecSuffixes) {
    if (codec === segment.codec || (await storage.stat(base + suffix, options)) === undefined) continue;
    // One that is damaged goes as well, behind the one that is put.
    await isSameContent(storage, base + suffix, codec, segment, generation, options);
    others.push(base + suffix);
  }
  return others;
}

/**
 * Compares an object that has no receipt with a segment.
 * @returns false: it is damaged, cut for example, and no segment at all
 * @throws BackupError `OBJECT_EXISTS` when it is another one
 */
async function isSameContent(
  storage: Storage,
  data: string,
  codec: Codec,
  segment: SegmentToStore,
  generation: number,
  options: StorageOptions,
): Promise<boolean> {
  const isWhole = segment.name === segment.segment;
  try {
    const { sha256, sizeBytes } = await digestOf(decompressed(codec, storage.get(data, options)));
    if (sha256 === segment.sha256 && sizeBytes === segment.sizeBytes) return true;
    // All segments of an instance have one size.
    if (isWhole && sizeBytes !== segment.sizeBytes) return false;
  } catch (error) {
    if (isWhole && error instanceof BackupError && error.code === 'CORRUPT') return false;
    throw error;
  }
  throw conflict(segment.name, generation);
}

/**
 * Puts what a receipt names where it is lost, or has another size than the receipt says: the segment that is pushed is the very one.
 * @returns whether it had to
 */
async function restoreObject(
  storage: Storage,
  receipt: Receipt,
  segment: SegmentToStore,
  generation: number,
  options: StorageOptions,
): Promise<boolean> {
  const { codec, name } = receipt;
  const base = segmentBase(generation, name);
  const object = base + suffixOf(codec);
  const found = await storage.stat(object, options);
  if (found?.sizeBytes === receipt.storedBytes) return false;
  if (found !== undefined) await removeDamaged(storage, object, name, options);
  const level = codec === segment.codec ? segment.level : undefined;
  const storedBytes = await putSegment(storage, object, { ...segment, codec, level }, generation, options);
  if (storedBytes === receipt.storedBytes) return true;
  // Compressed in another way than then.
  await removeDamaged(storage, `${base}.receipt`, name, options);
  await putIfAbsent(storage, `${base}.receipt`, encodeReceipt({ ...receipt, storedBytes }), options);
  return true;
}

/** @throws BackupError `CORRUPT` where it may not be deleted: the segment stays with the server */
async function removeDamaged(storage: Storage, object: string, name: string, options: StorageOptions): Promise<void> {
  if (await deleteIfAllowed(storage, object, options)) return;
  throw new BackupError('CORRUPT', say('archive.damaged-stays', { name, object }), {
    hint: say('archive.damaged-stays.hint'),
    context: { storage: storage.description },
  });
}

/**
 * Stores a history or backup history file under its own name.
 * @throws BackupError `OBJECT_EXISTS` when other content has the name
 */
export async function storeHistory(
  archive: Archive,
  generation: number,
  name: string,
  bytes: Uint8Array,
  options: StorageOptions = {},
): Promise<StoreResult> {
  const stored = walFolder(generation) + name;
  if (await putIfAbsent(archive.storage, stored, bytes, options)) return 'stored';
  const existing = await readSmallObject(archive.storage, stored, { ...options, limit: largestHistoryBytes });
  if (existing?.equals(bytes) === true) return 'present';
  throw conflict(name, generation);
}
