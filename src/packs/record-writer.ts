import { toBytes, type ByteString } from '../bytes/byte-string.ts';
import { VariableWriter } from '../bytes/variable-length.ts';
import { hashOf } from './block-hash.ts';
import { leavesOf } from './block-size.ts';
import { writePackTable, type PackNumbering } from './chunk-ref-codec.ts';
import type { PackId } from './chunk-ref.ts';
import { mostListedLeaves, writeLeafEntries, writeLeafRef, type LeafRef } from './leaf-list.ts';
import { writeBlocks } from './leaf.ts';
import { PackTable } from './pack-table.ts';
import type { NewFile, NewRecord, PartName, StoredAttributes } from './record.ts';

/** Longest content of a chunk of records. */
const mostBytes = 128 * 1024;

/**
 * Makes the content of the chunks that hold the records. Where a chunk ends hangs on the names alone, nearly always, so that
 * chunks of records that stay as they were become the same again, whatever happens around them.
 */
export class RecordWriter {
  readonly #storeList: (list: Uint8Array) => readonly LeafRef[];
  readonly #packs = new PackTable<{ readonly pack: PackId }>();
  readonly #indexOf: PackNumbering = ({ pack }) => this.#packs.add({ pack });
  readonly #writer = new VariableWriter();
  readonly #leaf = new VariableWriter();
  #part: PartName | undefined;
  #name = '';

  /** @param storeList puts the list of leaves of a huge file into chunks of leaves */
  constructor(storeList: (list: Uint8Array) => readonly LeafRef[]) {
    this.#storeList = storeList;
  }

  /** @returns the contents of the chunks that are full now: at most two */
  add(record: NewRecord): Uint8Array[] {
    const full: Uint8Array[] = [];
    // Its list is stored with the numbers of the chunk's packs, so that it cannot be moved to the next chunk.
    if (record.kind === 'file' && leavesOf(record) > mostListedLeaves) full.push(...this.end());
    const before = this.#writer.length;
    const packs = this.#packs.entries.length;
    this.#write(record);
    if (before > 0 && this.#length > mostBytes) {
      this.#writer.truncate(before);
      this.#packs.truncate(packs);
      full.push(this.#take());
      this.#write(record);
    }
    if (record.kind !== 'part' && isLast(record.name)) full.push(this.#take());
    return full;
  }

  /** @returns the content of the last chunk, if there is something in it */
  end(): Uint8Array[] {
    return this.#writer.length === 0 ? [] : [this.#take()];
  }

  get #length(): number {
    return this.#writer.length + 3 + this.#packs.entries.length * 20;
  }

  #take(): Uint8Array {
    const whole = new VariableWriter();
    writePackTable(whole, this.#packs.entries);
    whole.raw(this.#writer.bytes());
    this.#packs.truncate(0);
    this.#writer.truncate(0);
    return whole.bytes();
  }

  #write(record: NewRecord): void {
    if (record.kind === 'part') {
      this.#part = record;
      this.#writePart(record);
      return;
    }
    // Each chunk can be read by itself.
    if (this.#writer.length === 0 && this.#part !== undefined) this.#writePart(this.#part);
    switch (record.kind) {
      case 'directory':
        this.#writeAttributes('D', record);
        return;
      case 'link':
        this.#writeAttributes('L', record);
        this.#writer.count(record.isRelative ? 1 : 0);
        this.#writer.block(toBytes(record.target));
        return;
      case 'file':
        this.#writeAttributes('F', record);
        this.#writer.count(record.sizeBytes);
        this.#writer.count(Math.log2(record.blockBytes));
        this.#writeLeaves(record);
    }
  }

  #writePart({ name, oid }: PartName): void {
    this.#writer.byte('P'.charCodeAt(0));
    this.#writer.text(name);
    this.#writer.count(oid === undefined ? 0 : oid + 1);
    this.#name = '';
  }

  #writeAttributes(type: string, { name, mode, mtimeSeconds }: StoredAttributes): void {
    this.#writer.byte(type.charCodeAt(0));
    const common = commonLength(this.#name, name);
    this.#writer.count(common);
    this.#writer.block(toBytes(name.slice(common) as ByteString));
    this.#name = name;
    this.#writer.count(mode);
    this.#writer.count(mtimeSeconds === undefined ? 0 : mtimeSeconds + 1);
  }

  #writeLeaves(file: NewFile): void {
    const writer = this.#writer;
    if ('blocks' in file.leaves) {
      writer.count(0);
      this.#leaf.truncate(0);
      writeBlocks(this.#leaf, file.leaves.blocks, this.#indexOf);
      writer.block(this.#leaf.bytes());
      return;
    }
    const { entries } = file.leaves;
    const leaves = leavesOf(file);
    if (leaves <= mostListedLeaves) {
      writer.count(1);
      writer.count(entries.length);
      writeLeafEntries(writer, entries, this.#indexOf);
      return;
    }
    const list = new VariableWriter();
    writeLeafEntries(list, entries, this.#indexOf);
    const slices = this.#storeList(list.bytes());
    writer.count(2);
    writer.count(leaves);
    writer.count(slices.length);
    for (const slice of slices) writeLeafRef(writer, slice, this.#indexOf);
  }
}

/** Whether a chunk ends behind the record of this name. */
function isLast(name: ByteString): boolean {
  return hashOf(toBytes(name))[0] === 0;
}

function commonLength(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let common = 0;
  while (common < most && a.charCodeAt(common) === b.charCodeAt(common)) common += 1;
  return common;
}
