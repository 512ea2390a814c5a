import { toBytes, type ByteString } from '../bytes/byte-string.ts';
import { VariableWriter } from '../bytes/variable-length.ts';
import { mostChunkBytes, type ChunkRef } from './chunk-ref.ts';
import { writeChunkRef } from './chunk-ref-codec.ts';
import type { NewFile, NewRecord, PartName, StoredAttributes } from './record.ts';

/** A chunk of records is full from here on. Smaller than a chunk may be: one is read for each file that is compared out of order. */
const fullBytes = 128 * 1024;

/** Makes the content of the chunks that hold the records. */
export class RecordWriter {
  readonly #indexOf: (chunk: ChunkRef) => number;
  readonly #writer = new VariableWriter();
  #part: PartName | undefined;
  #name = '';

  /** @param indexOf number of a chunk's pack in the table of the root */
  constructor(indexOf: (chunk: ChunkRef) => number) {
    this.#indexOf = indexOf;
  }

  /**
   * @returns the content of a chunk that is full without this record
   * @throws RangeError when it does not fit in a chunk by itself: nothing was written then
   */
  add(record: NewRecord): Uint8Array | undefined {
    const before = this.#writer.length;
    const name = this.#name;
    this.#write(record);
    if (this.#writer.length <= fullBytes) return undefined;
    let full: Uint8Array | undefined;
    this.#writer.truncate(before);
    this.#name = name;
    if (before > 0) full = this.end();
    this.#write(record);
    if (this.#writer.length > mostChunkBytes) {
      this.#writer.truncate(0);
      throw new RangeError('a record that is longer than a chunk');
    }
    return full;
  }

  /** @returns the content of the last chunk, if there is something in it */
  end(): Uint8Array | undefined {
    const full = this.#writer.length === 0 ? undefined : this.#writer.bytes();
    this.#writer.truncate(0);
    return full;
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
        this.#writeContent(record);
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
    this.#writer.count(mtimeSeconds);
  }

  #writeContent({ sizeBytes, blockBytes, leaves }: NewFile): void {
    const writer = this.#writer;
    writer.count(sizeBytes);
    writer.count(Math.log2(blockBytes));
    if ('inline' in leaves) {
      writer.count(0);
      writer.block(leaves.inline);
      return;
    }
    writer.count(leaves.stored.length);
    for (const { chunk, start, length } of leaves.stored) {
      writeChunkRef(writer, chunk, this.#indexOf(chunk));
      writer.count(start);
      writer.count(length);
    }
  }
}

function commonLength(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let common = 0;
  while (common < most && a.charCodeAt(common) === b.charCodeAt(common)) common += 1;
  return common;
}
