import type { StorageOptions } from '../storage/storage.ts';
import { hashOf } from './block-hash.ts';
import type { BlockList } from './block-list.ts';
import { leafBlocks, leavesOf } from './block-size.ts';
import { isDamage } from './damage.ts';
import type { ChunkRef } from './chunk-ref.ts';
import type { ContentMaps } from './content-maps.ts';
import type { DamagedBlocks } from './damaged-blocks.ts';
import type { LeafBlock, StoredBlock } from './leaf.ts';
import type { FileRecord } from './record.ts';

/** So many leaves and chunks of records are remembered as passed; others are read again for each backup that has them. */
const mostPassed = 1_000_000;

/** What one pass found in the maps of a backup. */
export interface CollectedBlocks {
  /** False: a map of it is damaged, and what that names is not listed. */
  readonly isWhole: boolean;
  /** Blocks of which the repository has no hash, and in how many files: nothing tells whether their content is what was backed up. */
  readonly unhashed: UnhashedBlocks;
}

/** Blocks without a hash, and how many files have some. */
export interface UnhashedBlocks {
  readonly blocks: number;
  readonly files: number;
}

/** One pass over the maps of backups that follow one another: what several of them have alike is read once. */
export class BlockCollector {
  readonly #list: BlockList;
  readonly #damaged: DamagedBlocks;
  /** Hashes of chunks of records, and of what names a leaf. */
  readonly #passed = new Set<string>();
  /** Blocks without a hash that were met: what has some is not passed, so that each backup counts its own. */
  #unhashed = 0;

  /** @param damaged where blocks go that are made of several slices and are not what they should be */
  constructor(list: BlockList, damaged: DamagedBlocks) {
    this.#list = list;
    this.#damaged = damaged;
  }

  /**
   * Lists the blocks of a backup that lie in the wanted packs.
   * @throws BackupError when the storage fails, and for what only newer versions can read
   */
  async take(maps: ContentMaps, { signal }: StorageOptions): Promise<CollectedBlocks> {
    let isWhole = true;
    let files = 0;
    const begun = this.#unhashed;
    for (const chunk of maps.root.chunks) {
      signal?.throwIfAborted();
      const key = text(chunk.hash);
      if (this.#passed.has(key)) continue;
      const before = this.#unhashed;
      const isPassed = await this.#unlessDamaged(async () => {
        let areAll = true;
        for (const record of await maps.records(chunk, signal)) {
          if (record.kind !== 'file') continue;
          const beforeFile = this.#unhashed;
          areAll = (await this.#takeFile(maps, record, { signal })) && areAll;
          if (this.#unhashed > beforeFile) files += 1;
        }
        return areAll;
      });
      if (isPassed && this.#unhashed === before) this.#pass(key);
      isWhole &&= isPassed;
    }
    return { isWhole, unhashed: { blocks: this.#unhashed - begun, files } };
  }

  async #takeFile(maps: ContentMaps, file: FileRecord, { signal }: StorageOptions): Promise<boolean> {
    return this.#unlessDamaged(async () => {
      for (let leaf = 0; leaf < leavesOf(file); leaf += 1) {
        const ref = await maps.leafRef(file, leaf, signal);
        if (ref === undefined && !('inline' in file.leaves)) continue;
        const { sizeBytes, blockBytes } = file;
        const covered = Math.min(leafBlocks * blockBytes, sizeBytes - leaf * leafBlocks * blockBytes);
        const key = ref && text(hashOf(Buffer.from(JSON.stringify([ref, blockBytes, covered]))));
        if (key !== undefined && this.#passed.has(key)) continue;
        const before = this.#unhashed;
        for (const block of (await maps.leaf(file, leaf, signal)).blocks) {
          await this.#takeBlock(maps, block, { signal });
        }
        if (key !== undefined && this.#unhashed === before) this.#pass(key);
      }
      return true;
    });
  }

  async #takeBlock(maps: ContentMaps, block: LeafBlock, { signal }: StorageOptions): Promise<void> {
    if (block === 'zeros') return;
    if (block.hash === undefined) this.#unhashed += 1;
    const isOne = block.slices.length === 1;
    for (const { chunk, start, length } of block.slices) {
      if (chunk !== undefined) this.#list.add(chunk, { start, length, hash: isOne ? block.hash : undefined });
    }
    if (!isOne) await this.#checkMade(maps, block, { signal });
  }

  /** A block that is made of several slices has one hash for all of them: it is put together here. */
  async #checkMade(maps: ContentMaps, { hash, slices }: StoredBlock, { signal }: StorageOptions): Promise<void> {
    const first = slices.find(({ chunk }) => chunk !== undefined);
    if (first?.chunk === undefined || hash === undefined || !this.#list.wants(first.chunk.pack)) return;
    const pieces: Uint8Array[] = [];
    for (const { chunk, start, length } of slices) {
      const content = chunk === undefined ? new Uint8Array(length) : await this.#readable(maps, chunk, signal);
      if (content === undefined) return;
      pieces.push(chunk === undefined ? content : content.subarray(start, start + length));
    }
    const { chunk, start, length } = first;
    if (Buffer.compare(hashOf(Buffer.concat(pieces)), hash) !== 0)
      this.#damaged.addBlock(chunk, { start, length, hash });
  }

  async #readable(maps: ContentMaps, chunk: ChunkRef, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    try {
      return await maps.chunks.read(chunk, signal);
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#damaged.addChunk(chunk, error.sentence);
      return undefined;
    }
  }

  async #unlessDamaged(work: () => Promise<boolean>): Promise<boolean> {
    try {
      return await work();
    } catch (error) {
      if (isDamage(error)) return false;
      throw error;
    }
  }

  #pass(key: string): void {
    if (this.#passed.size < mostPassed) this.#passed.add(key);
  }
}

function text(hash: Uint8Array): string {
  return Buffer.from(hash).toString('latin1');
}
