/**
 * The main data of a record, read by offsets from its start. Every method throws `RangeError` for a field outside it.
 * One object can be used for record after record: a record is read in one go, and a view for each would be the most
 * expensive part of it.
 */
export class MainData {
  #view: DataView = new DataView(new ArrayBuffer(0));
  #start = 0;
  #length = 0;

  /** @returns this, showing `length` bytes at `start` of `view` */
  show(view: DataView, start: number, length: number): this {
    this.#view = view;
    this.#start = start;
    this.#length = length;
    return this;
  }

  get length(): number {
    return this.#length;
  }

  u8(offset: number): number {
    return this.#view.getUint8(this.#at(offset, 1));
  }

  u16(offset: number): number {
    return this.#view.getUint16(this.#at(offset, 2), true);
  }

  u32(offset: number): number {
    return this.#view.getUint32(this.#at(offset, 4), true);
  }

  i32(offset: number): number {
    return this.#view.getInt32(this.#at(offset, 4), true);
  }

  u64(offset: number): bigint {
    return this.#view.getBigUint64(this.#at(offset, 8), true);
  }

  i64(offset: number): bigint {
    return this.#view.getBigInt64(this.#at(offset, 8), true);
  }

  /** UTF-8 text up to its NUL, at most `limit` bytes, which must all be there. */
  text(offset: number, limit: number): string {
    const bytes = Buffer.from(this.#view.buffer, this.#view.byteOffset + this.#at(offset, limit), limit);
    const end = bytes.indexOf(0);
    return bytes.toString('utf8', 0, end < 0 ? limit : end);
  }

  #at(offset: number, bytes: number): number {
    if (offset < 0 || bytes < 0 || offset + bytes > this.#length) throw new RangeError('outside the record');
    return this.#start + offset;
  }
}
