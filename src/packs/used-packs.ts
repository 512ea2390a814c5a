import type { ChunkRef } from './chunk-ref.ts';
import { PackTable, type PackKind, type RootPack } from './pack-table.ts';

interface CountedPack extends RootPack {
  sizeBytes: number;
  rawBytes: number;
  usedBytes: number;
}

/** The packs that a backup uses while it is written: what its root will tell. */
export class UsedPacks {
  readonly table = new PackTable<CountedPack>();
  #newRawBytes = 0;
  readonly #prior: PackTable<RootPack> | undefined;

  /** @param prior those of the backup that this one is compared with */
  constructor(prior?: PackTable<RootPack>) {
    this.#prior = prior;
  }

  /** A chunk that this backup wrote, behind those that are in its pack. */
  add({ pack, storedBytes, rawBytes }: ChunkRef, kind: PackKind): void {
    const index = this.table.add({ pack, sizeBytes: 0, rawBytes: 0, usedBytes: 0, kind });
    const entry = this.table.entries[index];
    if (entry === undefined) return;
    entry.sizeBytes += storedBytes;
    entry.rawBytes += rawBytes;
    this.#newRawBytes += rawBytes;
  }

  /** Number of a chunk's pack in the table of the root, where it gets a place if it has none. */
  indexOf({ pack }: ChunkRef): number {
    const index = this.table.indexOf(pack);
    if (index !== undefined) return index;
    const entry = this.#prior?.get(pack);
    if (entry === undefined) throw new Error('a chunk in a pack that neither this backup nor its prior knows');
    return this.table.add({ ...entry, usedBytes: 0 });
  }

  /** The backup uses so many bytes of the chunk's content. */
  use(chunk: ChunkRef, bytes: number): void {
    const entry = this.table.entries[this.indexOf(chunk)];
    if (entry !== undefined) entry.usedBytes += bytes;
  }

  /** Content of the chunks that were added. */
  get newRawBytes(): number {
    return this.#newRawBytes;
  }

  /** Stored bytes of all of them. */
  get storedBytes(): number {
    return this.table.entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }
}
