import type { ByteString } from '../bytes/byte-string.ts';
import { blockBytes, blocksPerSegment, type IncrementalHeader } from './incremental-file.ts';

/** Heap blocks that one page of a visibility map tells of: two bits for each, behind a page header of 24 bytes. */
export const heapBlocksPerPage = ((blockBytes - 24) * 8) / 2;

const relationPattern = /^(.*\/[0-9]+)(_vm)?(?:\.([0-9]+))?$/;

/** Pages of a visibility map that must read as zeros. */
export interface StalePages<Place> {
  readonly place: Place;
  readonly pages: readonly number[];
}

/**
 * Knows which pages of visibility maps can be stale when an incremental backup was put on top of another. A server clears bits of a map
 * with the change of the heap page and logs no reference to the page of the map (it logs one where bits are set), so that an
 * incremental backup lacks map pages in which bits were only cleared. What an earlier backup had there would show rows that are gone:
 * such a page must read as zeros, which promises nothing of any row, until VACUUM fills it again.
 * Memory: a number for each 255 MB of changed tables.
 */
export class StaleMaps<Place> {
  /** Pages that are suspect, by the path of the relation. */
  readonly #touched = new Map<string, Set<number>>();
  /** Maps of which changes came, with the pages that did. */
  readonly #maps = new Map<string, { readonly place: Place; readonly pages: ReadonlySet<number> }>();

  /**
   * Takes note of a file of which the changes came.
   * @param path of the original, relative to the data directory
   * @param isCut whether it was longer before
   */
  changed(path: ByteString, { truncationBlocks, blocks }: IncrementalHeader, isCut: boolean, place: Place): void {
    const file = relationFile(path);
    if (file?.isMap === true) this.#maps.set(file.relation, { place, pages: new Set(blocks) });
    if (file === undefined || file.isMap) return;
    for (const block of blocks) this.#touch(file.relation, file.firstBlock + block);
    if (isCut) this.#touch(file.relation, file.firstBlock + truncationBlocks);
  }

  /** Takes note of a file that came as a whole. */
  replaced(path: ByteString, sizeBytes: number): void {
    const file = relationFile(path);
    if (file === undefined || file.isMap) return;
    const lastBlock = file.firstBlock + Math.ceil(sizeBytes / blockBytes);
    for (let block = file.firstBlock; block < lastBlock; block += heapBlocksPerPage) this.#touch(file.relation, block);
    // What was behind its end may be gone.
    this.#touch(file.relation, lastBlock);
  }

  /** To be asked when all files came. */
  *stale(): Generator<StalePages<Place>> {
    for (const [relation, { place, pages }] of this.#maps) {
      const touched = [...(this.#touched.get(relation) ?? [])].filter((page) => !pages.has(page));
      if (touched.length > 0) yield { place, pages: touched.sort((one, other) => one - other) };
    }
  }

  #touch(relation: string, heapBlock: number): void {
    const page = Math.floor(heapBlock / heapBlocksPerPage);
    const pages = this.#touched.get(relation);
    if (pages === undefined) this.#touched.set(relation, new Set([page]));
    else pages.add(page);
  }
}

function relationFile(path: ByteString): { relation: string; isMap: boolean; firstBlock: number } | undefined {
  const found = relationPattern.exec(path);
  if (found === null) return undefined;
  return {
    relation: found[1] ?? '',
    isMap: found[2] !== undefined,
    firstBlock: Number(found[3] ?? '0') * blocksPerSegment,
  };
}
