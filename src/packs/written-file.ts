import { blocksOf, blocksOfLeaf, leavesOf, mostInlineBlocks, type BlockedFile } from './block-size.ts';
import type { ReadLeaf } from './content-maps.ts';
import { leafEntries, type LeafRef } from './leaf-list.ts';
import type { LeafWriter, PlacedLeaf } from './leaf-writer.ts';
import { encodeLeaf, type LeafBlock } from './leaf.ts';
import type { NewFile, StoredAttributes } from './record.ts';
import type { UsedPacks } from './used-packs.ts';

/** A file whose blocks come back one after another. Memory: one leaf, and the places of those before. */
export class WrittenFile {
  readonly #attributes: StoredAttributes & BlockedFile;
  readonly #leaves: LeafWriter;
  readonly #used: UsedPacks;
  /** Undefined: a leaf of zeros. */
  readonly #placed: (PlacedLeaf | undefined)[] = [];
  #inline: readonly LeafBlock[] | undefined;
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
  take(block: LeafBlock, prior: LeafBlock | undefined, priorLeaf: ReadLeaf | undefined): void {
    if (block !== 'zeros') {
      for (const { chunk, length } of block.slices) if (chunk !== undefined) this.#used.use(chunk, length);
    }
    this.#blocks.push(block);
    this.#isSame &&= block === prior;
    if (this.#blocks.length === blocksOfLeaf(this.#attributes, this.#placed.length)) this.#finishLeaf(priorLeaf);
  }

  /** Its record; undefined while a block or the place of a leaf is missing. */
  record(): NewFile | undefined {
    const file = { kind: 'file', ...this.#attributes } as const;
    if (this.#inline !== undefined) return { ...file, leaves: { blocks: this.#inline } };
    if (this.#placed.length < leavesOf(this.#attributes)) return undefined;
    const leaves: (LeafRef | undefined)[] = [];
    for (const placed of this.#placed) {
      if (placed !== undefined && placed.ref === undefined) return undefined;
      leaves.push(placed?.ref);
    }
    return { ...file, leaves: { entries: leafEntries(leaves) } };
  }

  #finishLeaf(prior: ReadLeaf | undefined): void {
    const blocks = this.#blocks;
    const isSame = this.#isSame && prior?.blocks.length === blocks.length;
    this.#blocks = [];
    this.#isSame = true;
    if (blocksOf(this.#attributes) <= mostInlineBlocks) {
      this.#inline = blocks;
    } else if (blocks.every((block) => block === 'zeros')) {
      this.#placed.push(undefined);
    } else if (isSame && prior.ref !== undefined) {
      this.#used.use(prior.ref.chunk, prior.ref.length);
      this.#placed.push({ ref: prior.ref });
    } else {
      this.#placed.push(this.#leaves.add(encodeLeaf(blocks)));
    }
  }
}
