import { createHash, randomUUID } from 'node:crypto';
import { BackupError } from '../errors/backup-error.ts';
import type { WalObject } from '../wal-archive/wal-source.ts';
import type { Lsn } from '../wal/lsn.ts';
import { decodeSegmentIndex } from '../wal/segment-index-codec.ts';
import { parseSegmentName } from '../wal/segment.ts';
import { cacheKey, type IndexCache } from './index-cache.ts';
import { KnownShelf, type KnownSegment } from './known-shelf.ts';
import { digestOf, type SegmentContent, type SegmentProof } from './segment-proof.ts';
import type { WalPlace } from './wal-place.ts';

type Where = Pick<WalPlace, 'source' | 'stampOf'>;

/** Names a stored object as it is now. */
export interface ObjectKey {
  readonly shelf: string;
  readonly name: string;
  readonly key: string;
}

/** Segments of one file of the cache: 1 GiB of WAL in segments of the usual size. */
const shelfSegments = 64;

/** Indexes that are kept in memory, in bytes; those of one shelf always are. */
const mostIndexBytes = 24 * 1024 * 1024;

/**
 * What is known of segments that were read, in this run or an earlier one: each by its content and by the stamp of the
 * stored object, so that one that was touched or written anew is not known. Memory: a few hundred bytes a segment, and the
 * indexes of those that were asked for last.
 */
export class WalKnowledge {
  readonly #cache: IndexCache | undefined;
  /** In the order of use. */
  readonly #shelves = new Map<string, Promise<KnownShelf>>();
  /** Damage that only two segments together show, for this run. */
  readonly #corrections = new Map<string, SegmentContent>();
  /** As they were when they were looked at last. */
  readonly #keys = new WeakMap<WalObject, ObjectKey>();
  /** In place of a stamp: known in this run only. */
  readonly #run = randomUUID();
  readonly #digests = new WeakMap<SegmentContent, string>();
  /** Keys of what was read in this run; the rest was read by an earlier one. */
  readonly #learned = new Set<string>();

  constructor(cache?: IndexCache) {
    this.#cache = cache;
  }

  /** Costs a look at the stored object. What is learned by reading it is remembered with the key from before the reading. */
  async keyOf(place: Where, object: WalObject): Promise<ObjectKey> {
    const { description, segmentSizeBytes } = place.source;
    const { storedName: name, receipt, file, grownBytes } = object;
    // Of one that grows two states may have one stamp, for file systems keep times coarsely; its first bytes stay as they are.
    const stamp = grownBytes === undefined ? await place.stampOf(name) : `${this.#run} ${grownBytes}`;
    const parsed = 'segment' in file ? parseSegmentName(file.segment, segmentSizeBytes) : undefined;
    const number = (parsed?.startLsn ?? 0n) / BigInt(shelfSegments * segmentSizeBytes);
    const key = {
      shelf: cacheKey(description, `${parsed?.timeline ?? 0} ${number}`),
      name,
      key: cacheKey(`${description}\0${receipt?.sha256 ?? ''}`, stamp ?? this.#run),
    };
    this.#keys.set(object, key);
    return key;
  }

  async #lastKey(place: Where, object: WalObject): Promise<ObjectKey> {
    return this.#keys.get(object) ?? (await this.keyOf(place, object));
  }

  /** Looks at the object, which may have changed since a plan was made with its content. */
  async proofOf(place: Where, object: WalObject): Promise<SegmentProof | undefined> {
    const key = await this.keyOf(place, object);
    return (await this.#shelf(key.shelf)).find(key.name, key.key)?.proof;
  }

  /** Whether it is known what it holds, as it was when it was looked at last; as the content is. */
  async knows(place: Where, object: WalObject): Promise<boolean> {
    const key = await this.#lastKey(place, object);
    return (await this.#shelf(key.shelf)).find(key.name, key.key) !== undefined;
  }

  /** What it holds. @param from what is damaged before it does not count */
  async contentOf(
    place: Where,
    object: WalObject,
    { startLsn, from }: { readonly startLsn: Lsn; readonly from: Lsn | undefined },
  ): Promise<SegmentContent | undefined> {
    const key = await this.#lastKey(place, object);
    const shelf = await this.#shelf(key.shelf);
    const known = shelf.find(key.name, key.key);
    const instead = this.#corrections.get(key.key) ?? known?.proof?.instead;
    const isBefore =
      instead !== undefined &&
      from !== undefined &&
      !('damage' in instead) &&
      instead.end.kind === 'partial' &&
      instead.end.lsn < from;
    if (instead !== undefined && !isBefore) return instead;
    if (known === undefined) return undefined;
    if (known.index !== undefined) return this.#decoded(known.index, known.proof, startLsn);
    if (!shelf.isLean) return undefined;
    await this.#refill(key.shelf, shelf);
    const { index, proof } = shelf.find(key.name, key.key) ?? {};
    return index && this.#decoded(index, proof, startLsn);
  }

  /** Names a content, as `digestOf` does. */
  digestOf(content: SegmentContent): string {
    return this.#digests.get(content) ?? digestOf(content);
  }

  async remember({ shelf: name, ...key }: ObjectKey, known: KnownSegment): Promise<void> {
    const shelf = await this.#shelf(name);
    shelf.set(key.name, key.key, known);
    this.#learned.add(key.key);
    await this.#dropSome();
  }

  /** Whether an object was read in this run, as it was when it was looked at last. */
  async wasReadNow(place: Where, object: WalObject): Promise<boolean> {
    return this.#learned.has((await this.#lastKey(place, object)).key);
  }

  /** What `correct` noted of a segment. */
  async correctionOf(place: Where, object: WalObject): Promise<SegmentContent | undefined> {
    return this.#corrections.get((await this.#lastKey(place, object)).key);
  }

  async correct(place: Where, object: WalObject, content: SegmentContent): Promise<void> {
    this.#corrections.set((await this.#lastKey(place, object)).key, content);
  }

  /** Writes what was learned into the cache. */
  async save(): Promise<void> {
    for (const [name, shelf] of [...this.#shelves]) await this.#write(name, await shelf);
  }

  #decoded(bytes: Uint8Array, proof: SegmentProof | undefined, startLsn: Lsn): SegmentContent | undefined {
    const digest = createHash('sha256').update(bytes).digest('hex');
    if (proof?.instead === undefined && proof !== undefined && proof.digest !== digest) return undefined;
    try {
      const index = decodeSegmentIndex(bytes);
      if (index.startLsn !== startLsn) return undefined;
      this.#digests.set(index, digest);
      return index;
    } catch (error) {
      if (error instanceof BackupError) return undefined;
      throw error;
    }
  }

  #shelf(name: string): Promise<KnownShelf> {
    const known = this.#shelves.get(name);
    this.#shelves.delete(name);
    const shelf = known ?? this.#load(name);
    this.#shelves.set(name, shelf);
    return shelf;
  }

  async #load(name: string): Promise<KnownShelf> {
    const bytes = await this.#cache?.get(name);
    return bytes === undefined ? new KnownShelf() : KnownShelf.decode(bytes);
  }

  async #refill(name: string, shelf: KnownShelf): Promise<void> {
    shelf.fill(await this.#load(name));
    await this.#dropSome();
  }

  async #write(name: string, shelf: KnownShelf): Promise<void> {
    if (this.#cache === undefined || !shelf.isChanged) return;
    if (shelf.isLean) shelf.fill(await this.#load(name));
    shelf.isChanged = false;
    await this.#cache.put(name, shelf.encode());
  }

  /** Those of the shelves that were used longest ago. */
  async #dropSome(): Promise<void> {
    let total = 0;
    const newestFirst = [...this.#shelves].reverse();
    for (const [at, [name, loading]] of newestFirst.entries()) {
      const shelf = await loading;
      total += shelf.indexBytes;
      if (at === 0 || total <= mostIndexBytes || shelf.indexBytes === 0) continue;
      await this.#write(name, shelf);
      shelf.dropIndexes();
    }
  }
}
