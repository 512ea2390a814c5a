import { hashBytes } from './block-hash.ts';
import type { ChunkCodec, ChunkRef, PackId } from './chunk-ref.ts';
import { PackTable } from './pack-table.ts';

/** A block in the content of a chunk. */
export interface ListedBlock {
  /** First byte in the content of the chunk. */
  readonly start: number;
  readonly length: number;
  /** First 16 bytes of the SHA-256 of its content; undefined: not known. */
  readonly hash: Uint8Array | undefined;
}

/** The blocks of a chunk that are to be read. */
export interface ListedChunk {
  readonly chunk: ChunkRef;
  readonly blocks: readonly ListedBlock[];
}

/** So many blocks are held at a time: some 60 MiB. */
const mostBlocks = 500_000;
/** Of the key of a block those that name its chunk. */
const chunkKeyBytes = 8 + 4 + 4 + 1;

/**
 * Which blocks lie in which of some packs, each once whoever refers to it. When they become too many, the last packs are left to another pass over the maps, so
 * that memory has a limit whatever the packs hold.
 */
export class BlockList {
  readonly #packs = new PackTable<{ readonly pack: PackId }>();
  readonly #blocks: Set<string>[] = [];
  readonly #most: number;
  /** Packs from here on are left to another pass. */
  #end: number;
  #count = 0;

  /** @param packs in the order in which they are to be read */
  constructor(packs: readonly PackId[], most = mostBlocks) {
    for (const pack of packs) this.#packs.add({ pack });
    this.#most = most;
    this.#end = this.#packs.entries.length;
  }

  /** Whether blocks of the pack are wanted. */
  wants(pack: PackId): boolean {
    return (this.#packs.indexOf(pack) ?? Infinity) < this.#end;
  }

  add(chunk: ChunkRef, block: ListedBlock): void {
    const index = this.#packs.indexOf(chunk.pack);
    if (index === undefined || index >= this.#end) return;
    const blocks = (this.#blocks[index] ??= new Set());
    const before = blocks.size;
    blocks.add(blockKey(chunk, block));
    this.#count += blocks.size - before;
    while (this.#count > this.#most && this.#end > 1) {
      this.#end -= 1;
      this.#count -= this.#blocks[this.#end]?.size ?? 0;
      this.#blocks[this.#end]?.clear();
    }
  }

  /** The packs of which all blocks are known now, in order: all, or the first ones. */
  get packs(): readonly PackId[] {
    return this.#packs.entries.slice(0, this.#end).map(({ pack }) => pack);
  }

  /** The chunks of one of them, in the order in which they lie there. */
  *chunksOf(pack: PackId): Generator<ListedChunk, void> {
    const keys = [...(this.#blocks[this.#packs.indexOf(pack) ?? -1] ?? [])].sort();
    for (let from = 0; from < keys.length;) {
      const ofChunk = keys[from]?.slice(0, chunkKeyBytes) ?? '';
      let to = from + 1;
      while (keys[to]?.startsWith(ofChunk) === true) to += 1;
      yield { chunk: chunkOf(ofChunk, pack), blocks: keys.slice(from, to).map(blockOf) };
      from = to;
    }
  }
}

const scratch = Buffer.alloc(chunkKeyBytes + 8 + hashBytes);

/** Names a chunk within its pack; in the order of offsets. */
export function chunkKey(chunk: ChunkRef): string {
  writeChunk(chunk);
  return scratch.toString('latin1', 0, chunkKeyBytes);
}

/** Names a block within the pack of its chunk: what is in place, length or hash another one is another. */
export function blockKey(chunk: ChunkRef, { start, length, hash }: ListedBlock): string {
  writeChunk(chunk);
  scratch.writeUInt32BE(start, chunkKeyBytes);
  scratch.writeUInt32BE(length, chunkKeyBytes + 4);
  if (hash !== undefined) scratch.set(hash, chunkKeyBytes + 8);
  // In one piece: two that are put together would take twice the memory.
  return scratch.toString('latin1', 0, hash === undefined ? chunkKeyBytes + 8 : scratch.length);
}

function writeChunk({ offset, storedBytes, rawBytes, codec }: ChunkRef): void {
  // Doubles that are not negative are in the order of their bytes.
  scratch.writeDoubleBE(offset);
  scratch.writeUInt32BE(storedBytes, 8);
  scratch.writeUInt32BE(rawBytes, 12);
  scratch[16] = codec;
}

function chunkOf(key: string, pack: PackId): ChunkRef {
  const bytes = Buffer.from(key, 'latin1');
  return {
    pack,
    offset: bytes.readDoubleBE(),
    storedBytes: bytes.readUInt32BE(8),
    rawBytes: bytes.readUInt32BE(12),
    codec: bytes[16] as ChunkCodec,
  };
}

function blockOf(key: string): ListedBlock {
  const bytes = Buffer.from(key, 'latin1');
  const hash = bytes.subarray(chunkKeyBytes + 8);
  return {
    start: bytes.readUInt32BE(chunkKeyBytes),
    length: bytes.readUInt32BE(chunkKeyBytes + 4),
    hash: hash.length === 0 ? undefined : hash,
  };
}
