import { VariableReader, VariableWriter } from '../bytes/variable-length.ts';
import { decodeProof, encodeProof, type SegmentProof } from './segment-proof.ts';

/** What is known of a segment. */
export interface KnownSegment {
  /** Its index in the stored form; undefined where it is kept elsewhere, or was dropped to save memory. */
  readonly index: Uint8Array | undefined;
  /** What reading every byte of it told; undefined where only its index was made. */
  readonly proof: SegmentProof | undefined;
}

interface Item {
  readonly key: string;
  index: Uint8Array | undefined;
  proof: SegmentProof | Uint8Array | undefined;
}

const signature = 0x47_4b_4b_57;
const version = 1;

/** What is known of segments that lie beside each other, each of one stored object as it was. Kept as one file. */
export class KnownShelf {
  /** By the name of the stored object. */
  readonly #items = new Map<string, Item>();
  /** Something is known that the file does not have. */
  isChanged = false;
  /** Indexes were dropped; the file has them. */
  isLean = false;

  /** The indexes, in bytes. */
  get indexBytes(): number {
    let sum = 0;
    for (const { index } of this.#items.values()) sum += index?.length ?? 0;
    return sum;
  }

  /** @param key names the object as it is now: of another state nothing is known */
  find(name: string, key: string): KnownSegment | undefined {
    const item = this.#items.get(name);
    if (item?.key !== key) return undefined;
    if (item.proof instanceof Uint8Array) {
      try {
        item.proof = decodeProof(item.proof);
      } catch {
        // Damaged, or of another version: it is read again.
        this.#items.delete(name);
        return undefined;
      }
    }
    return { index: item.index, proof: item.proof };
  }

  set(name: string, key: string, known: KnownSegment): void {
    this.#items.set(name, { key, ...known });
    this.isChanged = true;
  }

  dropIndexes(): void {
    for (const item of this.#items.values()) item.index = undefined;
    this.isLean = true;
  }

  /** Takes from `stored` what is not known here. */
  fill(stored: KnownShelf): void {
    for (const [name, item] of stored.#items) {
      const own = this.#items.get(name);
      if (own === undefined) this.#items.set(name, item);
      else if (own.key === item.key) own.index ??= item.index;
    }
    this.isLean = false;
  }

  /** The stored form: docs/design/wal-index.md. */
  encode(): Uint8Array {
    const out = new VariableWriter();
    out.count(signature);
    out.count(version);
    out.count(this.#items.size);
    for (const [name, { key, index, proof }] of this.#items) {
      out.text(name);
      out.text(key);
      out.block(index ?? new Uint8Array());
      out.block(proof === undefined ? new Uint8Array() : proof instanceof Uint8Array ? proof : encodeProof(proof));
    }
    return out.bytes();
  }

  /** @returns an empty one for what is damaged or of another version; each index and each proof has its own checksum */
  static decode(bytes: Uint8Array): KnownShelf {
    const shelf = new KnownShelf();
    try {
      const input = new VariableReader(bytes);
      if (input.count(0xffff_ffff) !== signature || input.count(0xffff) !== version) return shelf;
      for (let left = input.count(input.remainingBytes); left > 0; left -= 1) {
        const [name, key, index, proof] = [input.text(), input.text(), input.block(), input.block()];
        const some = (block: Uint8Array): Uint8Array | undefined => (block.length === 0 ? undefined : block);
        shelf.#items.set(name, { key, index: some(index), proof: some(proof) });
      }
      return shelf;
    } catch (error) {
      if (error instanceof RangeError) return new KnownShelf();
      throw error;
    }
  }
}
