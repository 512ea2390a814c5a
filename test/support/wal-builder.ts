import { crc32c } from '../../src/bytes/crc32c.ts';
import { formatOfMagic } from '../../src/wal/formats/formats.ts';
import type { WalFormat } from '../../src/wal/formats/format.ts';
import { lsn, type Lsn } from '../../src/wal/lsn.ts';

const pageBytes = 8192;

export interface BuiltWalOptions {
  readonly magic: number;
  readonly startLsn?: Lsn;
  readonly segmentSizeBytes?: number;
  readonly systemIdentifier?: bigint;
  readonly timeline?: number;
}

export interface RecordToBuild {
  readonly rmid: number;
  readonly info: number;
  readonly xid?: bigint;
  /** Main data; sub-headers are made for it. */
  readonly main?: Uint8Array;
  /** Everything behind the header, instead of `main`. */
  readonly body?: Uint8Array;
}

export interface BuiltRecord {
  readonly startLsn: Lsn;
  /** Where the next one begins. */
  readonly endLsn: Lsn;
  readonly totalBytes: number;
}

/** Writes WAL as a server would: pages, headers, continuations, links, CRCs. Begins at the start of a segment. */
export class WalBuilder {
  readonly format: WalFormat;
  readonly startLsn: Lsn;
  readonly segmentSizeBytes: number;
  readonly systemIdentifier: bigint;
  timeline: number;
  /** Start of the last record; the next one links to it. */
  previousLsn: Lsn;
  /** Flags that the next page header has in addition. */
  nextPageFlags = 0;
  readonly #magic: number;
  readonly #pages: Buffer[] = [];
  #page = Buffer.alloc(0);
  #used = pageBytes;

  constructor(options: BuiltWalOptions) {
    const format = formatOfMagic(options.magic);
    if (format === undefined) throw new Error(`no format has the magic ${options.magic.toString(16)}`);
    this.#magic = options.magic;
    this.format = format;
    this.startLsn = options.startLsn ?? lsn(0x100_0000n);
    this.segmentSizeBytes = options.segmentSizeBytes ?? 16 * 1024 * 1024;
    this.systemIdentifier = options.systemIdentifier ?? 7_000_000_000_000_000_001n;
    this.timeline = options.timeline ?? 1;
    this.previousLsn = lsn(this.startLsn - 48n);
  }

  /** Where the next byte goes, page headers not skipped. */
  get position(): Lsn {
    return lsn(this.startLsn + BigInt(this.#pages.length * pageBytes - (pageBytes - this.#used)));
  }

  /** What has been written, the last page filled up with zeros, or the last segment with `wholeSegment`. */
  bytes({ wholeSegment = false } = {}): Buffer {
    const written = Buffer.concat(this.#pages);
    if (!wholeSegment) return written;
    const rest = this.segmentSizeBytes - (written.length % this.segmentSizeBytes);
    return rest === this.segmentSizeBytes ? written : Buffer.concat([written, Buffer.alloc(rest)]);
  }

  /** Offset in `bytes` of a position. */
  offsetOf(position: Lsn): number {
    return Number(position - this.startLsn);
  }

  append(record: RecordToBuild): BuiltRecord {
    const bytes = this.#encode(record);
    if (this.#used === pageBytes) this.#openPage(0);
    const startLsn = this.position;
    this.previousLsn = startLsn;
    this.#write(bytes);
    this.#used = (this.#used + 7) & ~7;
    return { startLsn, endLsn: this.position, totalBytes: bytes.length };
  }

  /** Writes only the first `length` bytes of a record and goes to the next page, as if the server had crashed there. */
  appendBroken(record: RecordToBuild, length: number): BuiltRecord {
    const before = this.previousLsn;
    const bytes = this.#encode(record);
    if (this.#used === pageBytes) this.#openPage(0);
    const startLsn = this.position;
    this.#write(bytes, length);
    this.#used = pageBytes;
    this.previousLsn = before;
    return { startLsn, endLsn: this.position, totalBytes: bytes.length };
  }

  /** A switch record; the next record begins in the next segment. Padding has page headers where `withHeaders` says so. */
  switchSegment({ withHeaders = false } = {}): BuiltRecord {
    const record = this.append({ rmid: 0, info: 0x40, body: new Uint8Array(0) });
    this.#used = pageBytes;
    while ((this.#pages.length * pageBytes) % this.segmentSizeBytes !== 0) {
      if (withHeaders) this.#openPage(0);
      else this.#pages.push(Buffer.alloc(pageBytes));
    }
    this.#used = pageBytes;
    return { ...record, endLsn: this.position };
  }

  /** Records of `bytes` total each until `room` bytes are left on the current page. */
  fillPage(room: number): void {
    if (this.#used === pageBytes) this.#openPage(0);
    const header = this.format.header.sizeBytes;
    const left = pageBytes - this.#used - room;
    if (left === 0) return;
    if (left < header + 8 || left % 8 !== 0) throw new Error(`cannot fill ${left} bytes with records`);
    // The whole record must have `left` bytes or up to 7 less: a long main data header takes 5.
    this.append({ rmid: 10, info: 0, main: new Uint8Array(left - header - (left - header > 257 ? 5 : 2)).fill(0x5a) });
  }

  #encode({ rmid, info, xid = 0n, main, body }: RecordToBuild): Buffer {
    const { header } = this.format;
    const content = body ?? mainData(main ?? new Uint8Array(0));
    const bytes = Buffer.alloc(header.sizeBytes + content.length);
    bytes.writeUInt32LE(bytes.length, 0);
    if (header.xidBytes === 4) bytes.writeUInt32LE(Number(xid), header.xidOffset);
    else bytes.writeBigUInt64LE(xid, header.xidOffset);
    bytes.writeBigUInt64LE(this.previousLsn, header.prevOffset);
    bytes.writeUInt8(info, header.infoOffset);
    bytes.writeUInt8(rmid, header.rmidOffset);
    bytes.set(content, header.sizeBytes);
    sealRecord(bytes, this.format);
    return bytes;
  }

  #write(bytes: Buffer, length = bytes.length): void {
    let written = 0;
    while (written < length) {
      if (this.#used === pageBytes) this.#openPage(bytes.length - written);
      const part = bytes.subarray(written, Math.min(length, written + pageBytes - this.#used));
      this.#page.set(part, this.#used);
      this.#used += part.length;
      written += part.length;
    }
  }

  #openPage(remainingBytes: number): void {
    const address = this.position;
    const isLong = address % BigInt(this.segmentSizeBytes) === 0n;
    const page = Buffer.alloc(pageBytes);
    page.writeUInt16LE(this.#magic, 0);
    page.writeUInt16LE((remainingBytes > 0 ? 1 : 0) | (isLong ? 2 : 0) | this.nextPageFlags, 2);
    page.writeUInt32LE(this.timeline, 4);
    page.writeBigUInt64LE(address, 8);
    page.writeUInt32LE(remainingBytes, 16);
    if (isLong) {
      page.writeBigUInt64LE(this.systemIdentifier, 24);
      page.writeUInt32LE(this.segmentSizeBytes, 32);
      page.writeUInt32LE(pageBytes, 36);
    }
    this.nextPageFlags = 0;
    this.#pages.push(page);
    this.#page = page;
    this.#used = isLong ? 40 : 24;
  }
}

/** Sub-header and main data. */
export function mainData(data: Uint8Array): Buffer {
  const header = Buffer.alloc(data.length > 255 ? 5 : 2);
  header.writeUInt8(data.length > 255 ? 254 : 255);
  if (data.length > 255) header.writeUInt32LE(data.length, 1);
  else header.writeUInt8(data.length, 1);
  return Buffer.concat([header, data]);
}

/** Sets the CRC of a whole record. */
export function sealRecord(record: Buffer, { header }: WalFormat): void {
  const body = crc32c(record.subarray(header.sizeBytes));
  record.writeUInt32LE(crc32c(record.subarray(0, header.crcOffset), body), header.crcOffset);
}
