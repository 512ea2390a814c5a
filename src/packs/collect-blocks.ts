import type { StorageOptions } from '../storage/storage.ts';
import { hashOf } from './block-hash.ts';
import type { BlockList } from './block-list.ts';
import { leafBlocks, leavesOf } from './block-size.ts';
import { isDamage } from './check-blocks.ts';
import type { ChunkRef } from './chunk-ref.ts';
import type { ContentMaps } from './content-maps.ts';
import type { DamagedBlocks } from './damaged-blocks.ts';
import type { LeafBlock, StoredBlock } from './leaf.ts';
import type { FileRecord } from './record.ts';

/** So many leaves and chunks of records are remembered as passed; others are read again for each backup that has them. */
const mostPassed = 1_000_000;

/** One pass over the maps of backups that follow one another: what several of them have alike is read once. */
export class BlockCollector {
  readonly #list: BlockList;
  readonly #damaged: DamagedBlocks;
  /** Hashes of chunks of records, and of what names a leaf. */
  readonly #passed = new Set<string>();

  /** @param damaged where blocks go that are made of several slices and are not what they should be */
  constructor(list: BlockList, damaged: DamagedBlocks) {
    this.#list = list;
    this.#damaged = damaged;
  }

  /**
   * Lists the blocks of a backup that lie in the wanted packs.
   * @returns false when a map of it is damaged: what that names is not listed
   * @throws BackupError when the storage fails, and for what only newer versions can read
   */
  async take(maps: ContentMaps, { signal }: StorageOptions): Promise<boolean> {
    let isWhole = true;
    for (const chunk of maps.root.chunks) {
      signal?.throwIfAborted();
      const key = text(chunk.hash);
      if (this.#passed.has(key)) continue;
      const isPassed = await this.#unlessDamaged(async () => {
        let areAll = true;
        for (const record of await maps.records(chunk, signal)) {
          if (record.kind === 'file') areAll = (await this.#takeFile(maps, record, { signal })) && areAll;
        }
        return areAll;
      });
      if (isPassed) this.#pass(key);
      isWhole &&= isPassed;
    }
    return isWhole;
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
        for (const block of (await maps.leaf(file, leaf, signal)).blocks) {
          await this.#takeBlock(maps, block, { signal });
        }
        if (key !== undefined) this.#pass(key);
      }
      return true;
    });
  }

  async #takeBlock(maps: ContentMaps, block: LeafBlock, { signal }: StorageOptions): Promise<void> {
    if (block === 'zeros') return;
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
