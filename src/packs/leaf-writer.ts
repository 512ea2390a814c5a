import type { ChunkEncoder } from './chunk-encoder.ts';
import { mostChunkBytes } from './chunk-ref.ts';
import type { PackWriter } from './pack-writer.ts';
import type { LeafRef } from './leaf-list.ts';
import type { UsedPacks } from './used-packs.ts';

/** A leaf that gets its place with the others of its chunk. */
export interface PlacedLeaf {
  ref: LeafRef | undefined;
}

/** Gathers leaves into chunks. Memory: one chunk. */
export class LeafWriter {
  readonly #encode: ChunkEncoder;
  readonly #packs: PackWriter;
  readonly #used: UsedPacks;
  #leaves: { readonly bytes: Uint8Array; readonly placed: PlacedLeaf }[] = [];
  #length = 0;

  constructor(encode: ChunkEncoder, packs: PackWriter, used: UsedPacks) {
    this.#encode = encode;
    this.#packs = packs;
    this.#used = used;
  }

  /** @returns its place, which it gets with `flush` at the latest */
  add(bytes: Uint8Array): PlacedLeaf {
    if (this.#length + bytes.length > mostChunkBytes) this.flush();
    const placed: PlacedLeaf = { ref: undefined };
    this.#leaves.push({ bytes, placed });
    this.#length += bytes.length;
    return placed;
  }

  /** Puts the list of leaves of a file into chunks at once. */
  addList(list: Uint8Array): readonly LeafRef[] {
    const placed: PlacedLeaf[] = [];
    for (let from = 0; from < list.length; from += mostChunkBytes) {
      placed.push(this.add(list.subarray(from, from + mostChunkBytes)));
    }
    this.flush();
    return placed.flatMap(({ ref }) => ref ?? []);
  }

  flush(): void {
    if (this.#leaves.length === 0) return;
    const chunk = this.#packs.add(this.#encode(Buffer.concat(this.#leaves.map(({ bytes }) => bytes))));
    this.#used.add(chunk, 'leaves');
    this.#used.use(chunk, this.#length);
    let start = 0;
    for (const { bytes, placed } of this.#leaves) {
      placed.ref = { chunk, start, length: bytes.length };
      start += bytes.length;
    }
    this.#leaves = [];
    this.#length = 0;
  }
}
