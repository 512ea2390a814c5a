import type { WalObject } from '../wal-archive/wal-source.ts';
import type { StorageOptions } from '../storage/storage.ts';
import type { Lsn } from '../wal/lsn.ts';
import { cacheKey, type IndexCache } from './index-cache.ts';
import type { SegmentContent, SegmentProof } from './segment-proof.ts';
import type { WalPlace } from './wal-place.ts';

type Where = Pick<WalPlace, 'source' | 'stampOf'>;

/**
 * What is known of segments that were read whole, in this run or an earlier one: each by its content and by the stamp of
 * the stored object, so that one that was touched or written anew is not known. Memory: a few hundred bytes a segment.
 */
export class WalKnowledge {
  readonly #cache: IndexCache | undefined;
  readonly #proofs = new Map<string, SegmentProof>();
  /** Damage that only two segments together show, for this run. */
  readonly #corrections = new Map<string, SegmentContent>();

  constructor(cache?: IndexCache) {
    this.#cache = cache;
  }

  async proofOf(place: Where, object: WalObject, options?: StorageOptions): Promise<SegmentProof | undefined> {
    const { key, isStamped } = await keyOf(place, object);
    const known = this.#proofs.get(key) ?? (isStamped ? await this.#cache?.proofs?.get(key, options) : undefined);
    if (known !== undefined) this.#proofs.set(key, known);
    return known;
  }

  /** What is to be taken for its content; undefined: what its index says. @param from what is damaged before it does not count */
  async contentOf(
    place: Where,
    object: WalObject,
    from: Lsn | undefined,
    options?: StorageOptions,
  ): Promise<SegmentContent | undefined> {
    const correction = this.#corrections.get((await keyOf(place, object)).key);
    const instead = correction ?? (await this.proofOf(place, object, options))?.instead;
    if (instead === undefined || 'damage' in instead || from === undefined) return instead;
    return instead.end.kind === 'partial' && instead.end.lsn < from ? undefined : instead;
  }

  async remember(place: Where, object: WalObject, proof: SegmentProof, options?: StorageOptions): Promise<void> {
    const { key, isStamped } = await keyOf(place, object);
    this.#proofs.set(key, proof);
    if (isStamped) await this.#cache?.proofs?.put(key, proof, options);
  }

  /** What `correct` noted of a segment. */
  async correctionOf(place: Where, object: WalObject): Promise<SegmentContent | undefined> {
    return this.#corrections.get((await keyOf(place, object)).key);
  }

  async correct(place: Where, object: WalObject, content: SegmentContent): Promise<void> {
    this.#corrections.set((await keyOf(place, object)).key, content);
  }
}

/** Names an object as it is now. */
async function keyOf(place: Where, object: WalObject): Promise<{ key: string; isStamped: boolean }> {
  const stamp = await place.stampOf(object.storedName);
  const name = `${place.source.description}\0${object.receipt?.sha256 ?? ''}`;
  return { key: cacheKey(name, stamp ?? object.storedName), isStamped: stamp !== undefined };
}
