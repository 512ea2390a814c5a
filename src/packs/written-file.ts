import { blocksOf, blocksOfLeaf, leavesOf, mostInlineBlocks, type BlockedFile } from './block-size.ts';
import type { ChunkRef } from './chunk-ref.ts';
import type { LeafWriter, PlacedLeaf } from './leaf-writer.ts';
import { encodeInlineLeaf, encodeLeaf, type LeafBlock } from './leaf.ts';
import type { PriorLeaf } from './prior-content.ts';
import type { LeafRef, NewFile, StoredAttributes } from './record.ts';
import type { UsedPacks } from './used-packs.ts';

/** A file whose blocks come back one after another. Memory: one leaf, and the places of those before. */
export class WrittenFile {
  readonly #attributes: StoredAttributes & BlockedFile;
  readonly #leaves: LeafWriter;
  readonly #used: UsedPacks;
  readonly #placed: PlacedLeaf[] = [];
  #inline: Uint8Array | undefined;
  #blocks: LeafBlock[] = [];
  #isSame = true;

  constructor(attributes: StoredAttributes & BlockedFile, leaves: LeafWriter, used: UsedPacks) {
    this.#attributes = attributes;
    this.#leaves = leaves;
    this.#used = used;
    if (blocksOf(attributes) === 0) this.#finishLeaf(undefined);
  }

  /**
   * The next block.
   * @param prior what it was compared with
   * @param priorLeaf where that is from; undefined: the leaf is stored again whatever it holds
   */
  take(block: LeafBlock, prior: LeafBlock | undefined, priorLeaf: PriorLeaf | undefined): void {
    if (block !== 'zeros') for (const { chunk, length } of block.slices) this.#used.use(chunk, length);
    this.#blocks.push(block);
    this.#isSame &&= block === prior;
    if (this.#blocks.length === blocksOfLeaf(this.#attributes, this.#placed.length)) this.#finishLeaf(priorLeaf);
  }

  /** Its record; undefined while a block or the place of a leaf is missing. */
  record(): NewFile | undefined {
    const file = { kind: 'file', ...this.#attributes } as const;
    if (this.#inline !== undefined) return { ...file, leaves: { inline: this.#inline } };
    if (this.#placed.length < leavesOf(this.#attributes)) return undefined;
    const stored: LeafRef[] = [];
    for (const { ref } of this.#placed) {
      if (ref === undefined) return undefined;
      stored.push(ref);
    }
    return { ...file, leaves: { stored } };
  }

  #finishLeaf(prior: PriorLeaf | undefined): void {
    const blocks = this.#blocks;
    const isSame = this.#isSame && prior?.blocks.length === blocks.length;
    this.#blocks = [];
    this.#isSame = true;
    if (blocksOf(this.#attributes) <= mostInlineBlocks) {
      this.#inline = encodeInlineLeaf(blocks, (chunk: ChunkRef) => this.#used.indexOf(chunk));
    } else if (isSame && prior.ref !== undefined) {
      this.#used.use(prior.ref.chunk, prior.ref.length);
      this.#placed.push({ ref: prior.ref });
    } else {
      this.#placed.push(this.#leaves.add(encodeLeaf(blocks)));
    }
  }
}
