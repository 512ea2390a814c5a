import { createHash } from 'node:crypto';
import { packName, type Chunk, type Slice } from './chunk.ts';
import { contentOfChunk, type Decoders } from './codecs.ts';
import type { Commit } from './commit.ts';
import { Cursor } from './cursor.ts';
import type { StoredContent } from './frames.ts';
import { blocksOfLeaf, readLeaf, readLeafEntry, type Block, type LeafEntry } from './leaf.ts';
import type { ObjectStore } from './object-store.ts';
import { readRecords, type FileRecord, type Leaves, type StoredRecord } from './record.ts';
import { must, Refusal } from './refusal.ts';
import { readRoot, type PackKind, type Root } from './root.ts';

const maximumRootBytes = 64 * 1024 * 1024;
/** Of decoded chunks that are kept: 16 MiB at most. */
const keptChunks = 64;

/** One backup, read from its commit and the packs that it names. */
export class StoredBackup {
  readonly commit: Commit;
  readonly root: Root;
  readonly #store: ObjectStore;
  readonly #prefix: string;
  readonly #decoders: Decoders;
  readonly #packs = new Map<string, StoredContent>();
  readonly #chunks = new Map<string, Buffer>();

  /** @throws Refusal where the root cannot be read, or a pack of the backup is not there with its size */
  constructor(store: ObjectStore, instance: string, commit: Commit, decoders: Decoders) {
    this.commit = commit;
    this.#store = store;
    this.#prefix = `instances/${instance}/`;
    this.#decoders = decoders;
    for (const row of commit.rootPacks) this.#openPack(packName(row), row.sizeBytes);
    this.root = this.#readRoot();
    for (const [name, row] of this.root.packs) this.#openPack(name, row.sizeBytes);
  }

  #openPack(name: string, sizeBytes: number): void {
    const object = `${this.#prefix}${name}`;
    if (!this.#store.has(object)) throw new Refusal('CORRUPT', `${object} is not there`);
    const pack = this.#store.open(object);
    must(pack.sizeBytes === sizeBytes, `${object} has ${pack.sizeBytes} bytes instead of ${sizeBytes}`);
    this.#packs.set(name, pack);
  }

  #readRoot(): Root {
    const { root: chunks, rootPacks, files, logicalBytes } = this.commit;
    const named = new Set(rootPacks.map(packName));
    const total = chunks.reduce((sum, { rawBytes }) => sum + rawBytes, 0);
    must(total <= maximumRootBytes, `a root of ${total} bytes`);
    for (const { pack } of chunks) must(named.has(packName(pack)), 'a chunk of the root in a pack that is not named');
    const root = readRoot(Buffer.concat(chunks.map((chunk) => this.#contentOf(chunk))));
    must(root.files === files && root.bytes === logicalBytes, 'the root and the commit differ in files or bytes');
    for (const name of root.packs.keys()) must(!named.has(name), 'a pack of the root is in its own table');
    return root;
  }

  /** Every record, in the order of the backup. */
  *records(): Generator<StoredRecord> {
    let [files, bytes] = [0, 0];
    for (const { chunk, hash } of this.root.recordChunks) {
      const content = this.#chunkOf(chunk, ['records']);
      must(hashOf(content).equals(hash), 'a chunk of records has another hash than the root says');
      for (const record of readRecords(content)) {
        if (record.kind === 'file') [files, bytes] = [files + 1, bytes + record.size];
        yield record;
      }
    }
    must(files === this.root.files && bytes === this.root.bytes, 'the records are not as many as the root says');
  }

  /** The content of a file, one block after the other, each compared with its hash; what is not there is zeros. */
  *content(file: FileRecord): Generator<{ readonly offset: number; readonly bytes: Buffer }> {
    let offset = 0;
    for (const { length, hash, pieces } of this.blocks(file)) {
      if (pieces.some(({ kind }) => kind === 'slice')) {
        const parts = pieces.map((piece) =>
          piece.kind === 'zeros' ? Buffer.alloc(piece.length) : this.#sliceOf(piece, ['content']),
        );
        const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
        const sound = hash === undefined || hashOf(bytes).equals(hash);
        must(sound, `a block of ${file.name} has another hash than its map says`);
        yield { offset, bytes };
      }
      offset += length;
    }
    must(offset === file.size, `${offset} bytes of ${file.name} instead of ${file.size}`);
  }

  /** All of it, of a file that is not large. */
  whole(file: FileRecord): Buffer {
    const content = Buffer.alloc(file.size);
    for (const { offset, bytes } of this.content(file)) content.set(bytes, offset);
    return content;
  }

  /** The map of a file. Leaves of zeros are one block, however many they are. */
  *blocks(file: FileRecord): Generator<Block> {
    const { size, blockBytes, leaves } = file;
    const count = Math.ceil(size / blockBytes);
    const lengthsFrom = (first: number, blocks: number): number[] =>
      Array.from({ length: blocks }, (_, at) => Math.min(blockBytes, size - (first + at) * blockBytes));
    mustBeOfForm(leaves.form, count);
    if (leaves.form === 'within') {
      yield* readLeaf(leaves.bytes, leaves.packs, lengthsFrom(0, count));
      return;
    }
    let done = 0;
    for (const entry of this.#entries(leaves, Math.ceil(count / blocksOfLeaf))) {
      const leavesHere = entry.kind === 'zeros' ? entry.leaves : 1;
      const blocks = Math.min(count - done, leavesHere * blocksOfLeaf);
      must(leavesHere <= Math.ceil((count - done) / blocksOfLeaf), `too many leaves of ${file.name}`);
      if (entry.kind === 'leaf') {
        yield* readLeaf(this.#sliceOf(entry, ['leaves']), undefined, lengthsFrom(done, blocks));
      } else {
        const length = Math.min(size, (done + blocks) * blockBytes) - done * blockBytes;
        yield { length, hash: undefined, pieces: [{ kind: 'zeros', length }] };
      }
      done += blocks;
    }
    must(done === count, `${count - done} blocks of ${file.name} are in no leaf`);
  }

  #entries(leaves: Exclude<Leaves, { form: 'within' }>, count: number): readonly LeafEntry[] {
    if (leaves.form === 'list') return leaves.entries;
    must(leaves.count === count, `${leaves.count} leaves instead of ${count}`);
    const list = Buffer.concat(leaves.slices.map((slice) => this.#sliceOf(slice, ['leaves', 'records'])));
    const cursor = new Cursor(list, 'a list of leaves');
    const entries: LeafEntry[] = [];
    while (cursor.left > 0) entries.push(readLeafEntry(cursor, leaves.packs));
    return entries;
  }

  #sliceOf({ chunk, start, length }: Slice, kinds: readonly PackKind[]): Buffer {
    return this.#chunkOf(chunk, kinds).subarray(start, start + length);
  }

  /** The content of a chunk that lies in a pack of the table, of one of these kinds. */
  #chunkOf(chunk: Chunk, kinds: readonly PackKind[]): Buffer {
    const row = this.root.packs.get(packName(chunk.pack));
    must(row !== undefined, `${packName(chunk.pack)} is not in the table of the root`);
    must(kinds.includes(row.kind), `${packName(chunk.pack)} is a pack of ${row.kind}`);
    return this.#contentOf(chunk);
  }

  #contentOf(chunk: Chunk): Buffer {
    const { offset, storedBytes, rawBytes, codec } = chunk;
    const name = packName(chunk.pack);
    const key = [name, offset, storedBytes, rawBytes, codec].join(' ');
    const kept = this.#chunks.get(key);
    if (kept !== undefined) return kept;
    const pack = this.#packs.get(name)!;
    must(offset + storedBytes <= pack.sizeBytes, `a chunk behind the end of ${name}`);
    const content = contentOfChunk(pack.read(offset, storedBytes), codec, rawBytes, this.#decoders);
    this.#chunks.set(key, content);
    if (this.#chunks.size > keptChunks) this.#chunks.delete(this.#chunks.keys().next().value!);
    return content;
  }
}

/** The number of blocks says of what form the leaves are. */
function mustBeOfForm(form: Leaves['form'], blocks: number): void {
  const leaves = Math.ceil(blocks / blocksOfLeaf);
  const expected = blocks <= 16 ? 'within' : leaves <= 4096 ? 'list' : 'list elsewhere';
  must(form === expected, `leaves of the form "${form}" of ${blocks} blocks`);
}

function hashOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest().subarray(0, 16);
}
