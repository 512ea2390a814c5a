import { ByteReader, type ByteSource } from '../bytes/byte-reader.ts';
import { display, type ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Storage } from '../storage/storage.ts';
import { Batches } from './batches.ts';
import { batchWorker, type BatchWorker } from './chunk-threads.ts';
import { blockBytesOf, blockLength, blocksOf, leafBlocks, type BlockedFile } from './block-size.ts';
import { loadChunkEncoder, type ChunkEncoder, type ContentCodec } from './chunk-encoder.ts';
import { mostChunkBytes, type ChunkRef } from './chunk-ref.ts';
import type { ReadLeaf } from './content-maps.ts';
import type { LeafBlock } from './leaf.ts';
import { LeafWriter } from './leaf-writer.ts';
import type { RootPack } from './pack-table.ts';
import { PackWriter, type PackSeries, type StoredPack } from './pack-writer.ts';
import { PriorContent } from './prior-content.ts';
import { isName } from './record-reader.ts';
import { RecordQueue } from './record-queue.ts';
import {
  mostNameBytes,
  type FileRecord,
  type LinkAttributes,
  type NewRecord,
  type PartName,
  type StoredAttributes,
} from './record.ts';
import { encodeRoot, mostRootBytes } from './root.ts';
import { UsedPacks } from './used-packs.ts';
import { WrittenFile } from './written-file.ts';

export interface WriteContentOptions {
  /** The folder of the instance. */
  readonly storage: Storage;
  /** Id of the backup, 32 hex digits: no other may have written packs under it. */
  readonly backup: string;
  /** Root of the backup that this one is compared with, from its commit. */
  readonly prior?: readonly ChunkRef[] | undefined;
  readonly codec: ContentCodec;
  /** Threads that hash and compress; default 2. 0: the thread of the caller. */
  readonly threads?: number | undefined;
  readonly signal: AbortSignal;
  /** A pack of so many bytes is durable. */
  readonly onStored?: ((bytes: number) => void) | undefined;
}

/** A file on its way into a backup. */
export interface FileToStore extends StoredAttributes {
  readonly sizeBytes: number;
}

/**
 * Writes what a backup holds. One call at a time: the next one after the promise of the one before. After a failure only
 * `abandon` makes sense.
 */
export interface ContentWriter {
  /** What follows belongs to it. The first call. */
  part(part: PartName): void;
  /** @throws BackupError `USAGE` for a name that no record can have */
  directory(attributes: StoredAttributes): void;
  /** @throws BackupError `USAGE` for a name or target that no record can have */
  link(link: LinkAttributes): void;
  /**
   * Resolves when the content was taken in, which is before it is stored: pieces may be views that are valid until the next one.
   * @throws BackupError `CORRUPT` when the content is shorter or longer than `sizeBytes`; `USAGE` for a name that it cannot have; what `content` throws; what storing
   * this file or one before failed with
   */
  file(file: FileToStore, content: ByteSource): Promise<void>;
  /** Resolves when all packs are durable. @throws what storing failed with */
  finish(): Promise<WrittenContent>;
  /** Gives up: nothing more is put, nothing that was put is removed. Resolves when nothing of it runs any more. */
  abandon(): Promise<void>;
}

export interface WrittenContent {
  /** For the commit: what the backup is read from. */
  readonly root: readonly ChunkRef[];
  /** The packs that these lie in. */
  readonly rootPacks: readonly StoredPack[];
  readonly files: number;
  /** Sum of the sizes of the files. */
  readonly logicalBytes: number;
  /** Of the packs that were written. */
  readonly newBytes: number;
  /** Of all packs that the backup uses. */
  readonly referencedBytes: number;
  /** All packs that the root names. */
  readonly packs: readonly RootPack[];
}

/** So many records may wait for a batch or a chunk of leaves that is not full. */
const mostWaiting = 4096;

/**
 * @throws BackupError `CORRUPT` when the prior cannot be read; `CONFIG_INVALID` for a level or codec that is not there
 */
export async function writeContent(options: WriteContentOptions): Promise<ContentWriter> {
  const { storage, backup, prior, codec, threads = 2, signal, onStored = () => undefined } = options;
  const encode = await loadChunkEncoder(codec);
  const compared = prior && (await PriorContent.open(storage, prior, signal));
  const worker = batchWorker(codec, encode, threads);
  return new Writing({ storage, backup, signal, onStored, next: 0, pages: [] }, encode, worker, compared);
}

class Writing implements ContentWriter {
  readonly #series: PackSeries;
  readonly #encode: ChunkEncoder;
  readonly #prior: PriorContent | undefined;
  readonly #used: UsedPacks;
  readonly #content: PackWriter;
  readonly #maps: { readonly leaves: PackWriter; readonly records: PackWriter };
  readonly #worker: BatchWorker;
  readonly #batches: Batches;
  readonly #leaves: LeafWriter;
  readonly #records: RecordQueue;
  #part: PartName | undefined;
  #files = 0;
  #logicalBytes = 0;

  constructor(series: PackSeries, encode: ChunkEncoder, worker: BatchWorker, prior: PriorContent | undefined) {
    this.#series = series;
    this.#encode = encode;
    this.#prior = prior;
    this.#used = new UsedPacks(prior?.maps.root.packs);
    this.#content = new PackWriter(series);
    this.#maps = { leaves: new PackWriter(series), records: new PackWriter(series) };
    this.#worker = worker;
    this.#batches = new Batches(this.#worker, (chunk) => {
      const placed = this.#content.add(chunk);
      this.#used.add(placed, 'content');
      return placed;
    });
    this.#leaves = new LeafWriter(encode, this.#maps.leaves, this.#used);
    this.#records = new RecordQueue(encode, this.#maps.records, this.#used, this.#leaves, prior);
  }

  part(part: PartName): void {
    this.#part = { name: part.name, oid: part.oid };
    this.#add({ kind: 'part', ...this.#part });
  }

  directory(attributes: StoredAttributes): void {
    this.#add({ kind: 'directory', ...checked(attributes) });
  }

  link(link: LinkAttributes): void {
    const { target, isRelative } = link;
    this.#add({ kind: 'link', ...checked(link), target: notTooLong(target), isRelative });
  }

  #add(record: NewRecord): void {
    this.#records.add({ record: () => record });
    this.#records.take();
  }

  async file(file: FileToStore, content: ByteSource): Promise<void> {
    const part = this.#part;
    if (part === undefined) throw new Error('a file before its part');
    const { signal } = this.#series;
    signal.throwIfAborted();
    const prior = await this.#prior?.find(part, file.name, signal);
    const blocked = { sizeBytes: file.sizeBytes, blockBytes: blockBytesOf(file.sizeBytes, prior?.blockBytes) };
    const written = new WrittenFile({ ...checked(file), ...blocked }, this.#leaves, this.#used);
    this.#records.add(written);
    const reader = new ByteReader(content);
    try {
      await this.#blocks(reader, blocked, written, prior?.blockBytes === blocked.blockBytes ? prior : undefined);
      if (!(await reader.atEnd())) throw wrongSize(file);
    } catch (error) {
      if (error instanceof EndedEarly) throw wrongSize(file, reader.offset);
      throw error;
    } finally {
      await reader.close();
    }
    this.#files += 1;
    this.#logicalBytes += file.sizeBytes;
    await this.#keepUp();
  }

  async #blocks(
    reader: ByteReader,
    file: BlockedFile,
    written: WrittenFile,
    prior: FileRecord | undefined,
  ): Promise<void> {
    const { signal } = this.#series;
    const blocks = blocksOf(file);
    let leaf: ReadLeaf | undefined;
    for (let index = 0; index < blocks; index += 1) {
      const length = blockLength(file, index);
      if (index % leafBlocks === 0) leaf = await this.#priorLeaf(prior, index / leafBlocks);
      const isThere = prior !== undefined && index < blocksOf(prior) && blockLength(prior, index) === length;
      const compared = isThere ? this.#comparable(leaf?.blocks[index % leafBlocks]) : undefined;
      const room = await this.#batches.room(length);
      signal.throwIfAborted();
      await fill(reader, room);
      const from = leaf?.ref !== undefined && this.#prior?.leaves(leaf.ref.chunk.pack) === true ? undefined : leaf;
      this.#batches.add({ length, prior: compared, taken: (block) => written.take(block, compared, from) });
      await this.#content.room();
    }
  }

  /** Nothing is equal to what lies in a pack that is left, nor to what has no hash. */
  #comparable(block: LeafBlock | undefined): LeafBlock | undefined {
    if (block === undefined || block === 'zeros') return block;
    const isLeft = block.slices.some(({ chunk }) => chunk !== undefined && this.#prior?.leaves(chunk.pack) === true);
    return isLeft || block.hash === undefined ? undefined : block;
  }

  async #priorLeaf(file: FileRecord | undefined, number: number): Promise<ReadLeaf | undefined> {
    if (file === undefined || number * leafBlocks >= blocksOf(file)) return undefined;
    return this.#prior?.maps.leaf(file, number, this.#series.signal);
  }

  /** Brings records that are known into chunks, and waits for packs that are on their way. */
  async #keepUp(): Promise<void> {
    this.#records.take();
    if (this.#records.length > mostWaiting) {
      await this.#batches.settle();
      this.#leaves.flush();
      this.#records.take();
    }
    for (const packs of this.#packs) await packs.room();
  }

  get #packs(): readonly PackWriter[] {
    return [this.#content, this.#maps.leaves, this.#maps.records];
  }

  async finish(): Promise<WrittenContent> {
    await this.#batches.settle();
    this.#leaves.flush();
    const chunks = this.#records.finish();
    for (const packs of this.#packs) await packs.finish();
    const { table } = this.#used;
    const totals = { files: this.#files, logicalBytes: this.#logicalBytes };
    const { newRawBytes } = this.#used;
    const rootPacks = new PackWriter(this.#series);
    const root = await this.#storeRoot(rootPacks, encodeRoot({ packs: table, chunks, ...totals, newRawBytes }));
    await this.#worker.close();
    return {
      root,
      rootPacks: rootPacks.stored,
      ...totals,
      newBytes: [...this.#packs, rootPacks].reduce((sum, { storedBytes }) => sum + storedBytes, 0),
      referencedBytes: this.#used.storedBytes + rootPacks.storedBytes,
      packs: table.entries,
    };
  }

  /** In packs of its own: it tells the sizes of all others. */
  async #storeRoot(packs: PackWriter, bytes: Uint8Array): Promise<readonly ChunkRef[]> {
    if (bytes.length > mostRootBytes)
      throw new BackupError('USAGE', say('packs.too-many', { packs: this.#used.table.entries.length }));
    const root: ChunkRef[] = [];
    for (let from = 0; from < bytes.length; from += mostChunkBytes) {
      root.push(packs.add(this.#encode(bytes.subarray(from, from + mostChunkBytes))));
      await packs.room();
    }
    await packs.finish();
    return root;
  }

  async abandon(): Promise<void> {
    await this.#worker.close();
    await Promise.all(this.#packs.map((packs) => packs.abandon()));
  }
}

/** The content of a file ended before its size. */
class EndedEarly extends Error {}

async function fill(reader: ByteReader, room: Uint8Array): Promise<void> {
  for (let filled = 0; filled < room.length;) {
    const wanted = room.length - filled;
    const piece = reader.readSomeNow(wanted) ?? (await reader.readSome(wanted));
    if (piece === undefined) throw new EndedEarly();
    room.set(piece, filled);
    filled += piece.length;
  }
}

function wrongSize({ name, sizeBytes }: FileToStore, actual?: number): BackupError {
  const file = display(name);
  const sentence =
    actual === undefined
      ? say('packs.too-long', { file, expected: sizeBytes })
      : say('packs.too-short', { file, actual, expected: sizeBytes });
  return new BackupError('CORRUPT', sentence);
}

function notTooLong(name: ByteString): ByteString {
  if (name.length <= mostNameBytes) return name;
  const start = display(name.slice(0, 64) as ByteString);
  throw new BackupError('USAGE', say('packs.long-name', { length: name.length, start }));
}

/**
 * A copy, so that nothing else of its owner stays in memory.
 * @throws BackupError `USAGE` for a name that no record can have
 */
function checked({ name, mode, mtimeSeconds }: StoredAttributes): StoredAttributes {
  if (!isName(notTooLong(name))) throw new BackupError('USAGE', say('packs.bad-name', { name: display(name) }));
  const mtime = mtimeSeconds === undefined ? undefined : Math.max(0, Math.floor(mtimeSeconds));
  return { name, mode: mode & 0xffff, mtimeSeconds: mtime };
}
