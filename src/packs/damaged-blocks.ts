import type { Message } from '../messages/message.ts';
import { blockKey, chunkKey, type ListedBlock } from './block-list.ts';
import { packName, type ChunkRef, type PackId } from './chunk-ref.ts';

/** What was found wrong in the packs of an instance, so that those can be named whom it concerns. */
export class DamagedBlocks {
  /** By the name of the pack: `whole`, or the keys of chunks and blocks. A block that has another hash has no sentence. */
  readonly #found = new Map<string, Map<string, Message | undefined>>();

  get isEmpty(): boolean {
    return this.#found.size === 0;
  }

  addPack(pack: PackId, sentence: Message): void {
    this.#of(pack).set('whole', sentence);
  }

  /** One that cannot be read. */
  addChunk(chunk: ChunkRef, sentence: Message): void {
    this.#of(chunk.pack).set(chunkKey(chunk), sentence);
  }

  /** One that can be read, and has another hash. */
  addBlock(chunk: ChunkRef, block: ListedBlock): void {
    this.#of(chunk.pack).set(blockKey(chunk, block), undefined);
  }

  has(pack: PackId): boolean {
    return this.#found.has(packName(pack));
  }

  /** Why the block cannot be had; `wrong`: it has another hash; undefined: nothing is known against it. */
  find(chunk: ChunkRef, block: ListedBlock): Message | 'wrong' | undefined {
    const found = this.#found.get(packName(chunk.pack));
    if (found === undefined) return undefined;
    const unreadable = found.get('whole') ?? found.get(chunkKey(chunk));
    return unreadable ?? (found.has(blockKey(chunk, block)) ? 'wrong' : undefined);
  }

  #of(pack: PackId): Map<string, Message | undefined> {
    const name = packName(pack);
    const known = this.#found.get(name) ?? new Map<string, Message | undefined>();
    this.#found.set(name, known);
    return known;
  }
}
