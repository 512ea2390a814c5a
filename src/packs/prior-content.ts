import type { ByteString } from '../bytes/byte-string.ts';
import type { Storage } from '../storage/storage.ts';
import type { ChunkRef, PackId } from './chunk-ref.ts';
import { ContentMaps } from './content-maps.ts';
import { packsToLeave } from './left-packs.ts';
import { NameIndex } from './name-index.ts';
import type { PackTable, RootPack } from './pack-table.ts';
import type { FileRecord, PartName, StoredRecord } from './record.ts';

/** Chunks of records that are kept decoded, of some hundred records each: files come in about the order in which they came last time. */
const keptChunks = 8;

/** The backup that a new one is compared with. Memory: 24 bytes a file, and some MiB. */
export class PriorContent {
  readonly maps: ContentMaps;
  readonly #left: PackTable<RootPack>;
  readonly #recordChunks = new Map<string, ChunkRef>();
  readonly #index: NameIndex;
  readonly #kept = new Map<number, Promise<StoredRecord[]>>();

  private constructor(maps: ContentMaps) {
    this.maps = maps;
    this.#index = new NameIndex(maps.root.files);
    this.#left = packsToLeave(maps.root);
    for (const { chunk, hash } of maps.root.chunks) this.#recordChunks.set(Buffer.from(hash).toString('latin1'), chunk);
  }

  /** @param root from its commit. @throws BackupError `CORRUPT` */
  static async open(storage: Storage, root: readonly ChunkRef[], signal: AbortSignal): Promise<PriorContent> {
    const prior = new PriorContent(await ContentMaps.open(storage, root, signal));
    for (const [number, chunk] of prior.maps.root.chunks.entries()) {
      const records = await prior.maps.records(chunk, signal);
      for (const [place, record] of records.entries()) {
        if (record.kind === 'file') prior.#index.add(keyOf(record.part, record.name), number, place);
      }
    }
    return prior;
  }

  /** The file of that name; undefined: it had none. */
  async find(part: PartName, name: ByteString, signal: AbortSignal): Promise<FileRecord | undefined> {
    const found = this.#index.find(keyOf(part, name));
    if (found === undefined) return undefined;
    const record = (await this.#records(found.chunk, signal))[found.place];
    // Names of the same hash are rare, and then a file is stored as a new one.
    const isIt = record?.kind === 'file' && record.name === name && keyOf(record.part, name) === keyOf(part, name);
    return isIt ? record : undefined;
  }

  /** Whether what lies in the pack is stored again. */
  leaves(pack: PackId): boolean {
    return this.#left.indexOf(pack) !== undefined;
  }

  /** Where records of that content are; undefined: nowhere, or in a pack that is left. */
  recordChunk(content: Uint8Array, hash: Uint8Array): ChunkRef | undefined {
    const chunk = this.#recordChunks.get(Buffer.from(hash).toString('latin1'));
    return chunk?.rawBytes === content.length && !this.leaves(chunk.pack) ? chunk : undefined;
  }

  #records(number: number, signal: AbortSignal): Promise<readonly StoredRecord[]> {
    let records = this.#kept.get(number);
    if (records === undefined) {
      const chunk = this.maps.root.chunks[number];
      records = chunk === undefined ? Promise.resolve([]) : this.maps.records(chunk, signal);
    }
    this.#kept.delete(number);
    this.#kept.set(number, records);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= keptChunks) break;
      this.#kept.delete(oldest);
    }
    return records;
  }
}

function keyOf({ name: part, oid }: PartName, name: string): string {
  return `${part}\0${String(oid ?? '')}\0${name}`;
}
