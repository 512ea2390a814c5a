import { EventEmitter, once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const pageBytes = 8192;
const shortHeader = 24;
const longHeader = 40;
const recordHeader = 32;
const pageMagic = 0xd074;
const rmgrXlog = 0;

export const xlogInfo = { noop: 0x20, checkpoint: 0x10, switch: 0x40, backupEnd: 0x50 } as const;

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc >>> 0;
});

function crc32c(...parts: readonly Uint8Array[]): number {
  let crc = 0xffffffff;
  for (const part of parts) for (const byte of part) crc = (crc >>> 8) ^ crcTable[(crc ^ byte) & 0xff]!;
  return (crc ^ 0xffffffff) >>> 0;
}

export function lsnText(lsn: bigint): string {
  return `${(lsn >> 32n).toString(16).toUpperCase()}/${(lsn & 0xffffffffn).toString(16).toUpperCase()}`;
}

export function parseLsnText(text: string): bigint | undefined {
  const match = /^([0-9a-fA-F]{1,8})\/([0-9a-fA-F]{1,8})$/.exec(text);
  return match ? (BigInt(`0x${match[1]!}`) << 32n) | BigInt(`0x${match[2]!}`) : undefined;
}

/** The segments of a directory by number, in order; `.gz` or plain. */
function readSegments(directory: string, pattern: RegExp): (readonly [bigint, Buffer])[] {
  const perId = 0x1_0000_0000n / 0x100_0000n;
  const names = readdirSync(directory).filter((name) => pattern.test(name));
  return names.sort().map((name) => {
    const bytes = readFileSync(join(directory, name));
    const number = BigInt(`0x${name.slice(8, 16)}`) * perId + BigInt(`0x${name.slice(16, 24)}`);
    return [number, name.endsWith('.gz') ? gunzipSync(bytes) : bytes] as const;
  });
}

export interface WalStoreOptions {
  readonly systemId: bigint;
  /** Default 16 MiB. */
  readonly segmentBytes?: number;
  /** The segment that the first record goes into; default 5. */
  readonly firstSegment?: bigint;
}

/**
 * The write-ahead log of the stand-in: segments with valid page headers and records (32-byte headers, CRC-32C), made here
 * or read from an archive of the recorded server. Grows while tests append, and wakes whoever waits for more.
 */
export class WalStore {
  readonly systemId: bigint;
  readonly segmentBytes: number;
  readonly #segments = new Map<bigint, Buffer>();
  readonly #grown = new EventEmitter().setMaxListeners(0);
  #insert: bigint;
  #previous = 0n;

  constructor(options: WalStoreOptions) {
    this.systemId = options.systemId;
    this.segmentBytes = options.segmentBytes ?? 16 << 20;
    this.#insert = (options.firstSegment ?? 5n) * BigInt(this.segmentBytes);
    this.append(xlogInfo.noop, Buffer.alloc(16, 1));
  }

  /** The segments of an archive directory (`.gz` or plain); later records are appended after the last one. */
  static fromArchive(directory: string, systemId: bigint): WalStore {
    const contents = readSegments(directory, /^[0-9A-F]{24}(\.gz)?$/);
    const store = new WalStore({ systemId, firstSegment: contents.at(-1)![0] + 1n });
    for (const [number, bytes] of contents) store.#segments.set(number, bytes);
    return store;
  }

  /**
   * Recorded segments of a directory, the open one (`.partial`) with them, byte for byte; nothing else is ever in it.
   * @param shown where the server's WAL ends at first: `show` lets it grow
   */
  static recorded(directory: string, systemId: bigint, shown: bigint): WalStore {
    const store = new WalStore({ systemId });
    store.#segments.clear();
    for (const [number, bytes] of readSegments(directory, /^[0-9A-F]{24}(\.partial)?(\.gz)?$/)) {
      store.#segments.set(number, bytes);
    }
    store.#insert = shown;
    return store;
  }

  /** Lets recorded WAL grow up to `end`, as when it was written. */
  show(end: bigint): void {
    this.#insert = end;
    this.wake();
  }

  /** Wakes those who wait for more, although there is nothing. */
  wake(): void {
    this.#grown.emit('more');
  }

  /**
   * The WAL of a server that was recovered to `end`, the end of a record: the same up to there, and what is appended
   * from then on is its own. openGauss begins no new timeline.
   * @param previous where that record begins; default: the last one appended
   */
  recoveredTo(end = this.#insert, previous = this.#previous): WalStore {
    const store = new WalStore({ systemId: this.systemId, segmentBytes: this.segmentBytes });
    store.#segments.clear();
    const last = this.segmentOf(end);
    for (const [number, bytes] of this.#segments) if (number <= last) store.#segments.set(number, Buffer.from(bytes));
    store.#segments.get(last)?.fill(0, Number(end % BigInt(this.segmentBytes)));
    store.#insert = end;
    store.#previous = previous;
    return store;
  }

  /** End of what is written: everything before it can be streamed. */
  get insertLsn(): bigint {
    return this.#insert;
  }

  get oldestSegment(): bigint {
    return [...this.#segments.keys()].reduce((least, number) => (number < least ? number : least));
  }

  segmentOf(lsn: bigint): bigint {
    return lsn / BigInt(this.segmentBytes);
  }

  segmentName(number: bigint): string {
    const perId = 0x1_0000_0000n / BigInt(this.segmentBytes);
    const hex = (value: bigint): string => value.toString(16).toUpperCase().padStart(8, '0');
    return `00000001${hex(number / perId)}${hex(number % perId)}`;
  }

  has(number: bigint): boolean {
    return this.#segments.has(number);
  }

  segment(number: bigint): Buffer {
    const found = this.#segments.get(number);
    if (!found) throw new Error(`the stand-in has no WAL segment ${this.segmentName(number)}`);
    return found;
  }

  /** Recycles every segment before this one. */
  removeBefore(number: bigint): void {
    for (const held of [...this.#segments.keys()]) if (held < number) this.#segments.delete(held);
  }

  /** Bytes from `from` to `to` (exclusive), at most to the end of the segment and `limit` bytes. */
  read(from: bigint, to: bigint, limit: number): Buffer {
    const size = BigInt(this.segmentBytes);
    const start = Number(from % size);
    const wanted = Number(to - from < BigInt(limit) ? to - from : BigInt(limit));
    return this.segment(from / size).subarray(start, Math.min(start + wanted, this.segmentBytes));
  }

  /** Resolves when something was appended. */
  async growth(signal: AbortSignal): Promise<void> {
    await once(this.#grown, 'more', { signal }).catch(() => undefined);
  }

  /** Appends one record of the XLOG resource manager. @returns its first byte's position */
  append(info: number, data: Buffer): bigint {
    const body = data.length === 0 ? Buffer.alloc(0) : this.#mainData(data);
    const record = Buffer.alloc(recordHeader + body.length);
    record.writeUInt32LE(record.length, 0);
    record.writeUInt32LE(1, 4);
    record.writeBigUInt64LE(this.#previous, 16);
    record.writeUInt8(info, 24);
    record.writeUInt8(rmgrXlog, 25);
    body.copy(record, recordHeader);
    record.writeUInt32LE(crc32c(body, record.subarray(0, 28)), 28);
    const start = this.#place(record);
    this.#previous = start;
    this.#grown.emit('more');
    return start;
  }

  #mainData(data: Buffer): Buffer {
    if (data.length < 256) return Buffer.concat([Buffer.from([0xff, data.length]), data]);
    const head = Buffer.from([0xfe, 0, 0, 0, 0]);
    head.writeUInt32LE(data.length, 1);
    return Buffer.concat([head, data]);
  }

  /**
   * Appends records of about 200 bytes until so many bytes more are written.
   * @param seed other contents of the same lengths
   */
  grow(bytes: number, seed = 0): void {
    const end = this.#insert + BigInt(bytes);
    for (let count = 0; this.#insert < end; count += 1) {
      this.append(xlogInfo.noop, Buffer.alloc(160 + (count % 80), (count + seed) % 251));
    }
  }

  /** Ends the segment as the server's switch does: a record, then empty pages with headers. */
  switchSegment(): void {
    if (this.#insert % BigInt(this.segmentBytes) === 0n) return;
    this.append(xlogInfo.switch, Buffer.alloc(0));
    while (this.#insert % BigInt(this.segmentBytes) !== 0n) {
      const rest = pageBytes - Number(this.#insert % BigInt(pageBytes));
      if (rest === pageBytes) this.#pageHeader(0);
      this.#insert += BigInt(pageBytes) - (this.#insert % BigInt(pageBytes));
    }
    this.#grown.emit('more');
  }

  #bufferAt(lsn: bigint): { segment: Buffer; at: number } {
    const size = BigInt(this.segmentBytes);
    const number = lsn / size;
    let segment = this.#segments.get(number);
    if (!segment) this.#segments.set(number, (segment = Buffer.alloc(this.segmentBytes)));
    return { segment, at: Number(lsn % size) };
  }

  #pageHeader(remaining: number): void {
    const { segment, at } = this.#bufferAt(this.#insert);
    const long = at === 0;
    segment.writeUInt16LE(pageMagic, at);
    segment.writeUInt16LE(4 | (long ? 2 : 0) | (remaining > 0 ? 1 : 0), at + 2);
    segment.writeUInt32LE(1, at + 4);
    segment.writeBigUInt64LE(this.#insert, at + 8);
    segment.writeUInt32LE(remaining, at + 16);
    if (long) {
      segment.writeBigUInt64LE(this.systemId, at + 24);
      segment.writeUInt32LE(this.segmentBytes, at + 32);
      segment.writeUInt32LE(pageBytes, at + 36);
    }
    this.#insert += BigInt(long ? longHeader : shortHeader);
  }

  #place(record: Buffer): bigint {
    if (this.#insert % BigInt(pageBytes) === 0n) this.#pageHeader(0);
    const start = this.#insert;
    let done = 0;
    while (done < record.length) {
      const { segment, at } = this.#bufferAt(this.#insert);
      const room = Math.min(pageBytes - (at % pageBytes), record.length - done);
      record.copy(segment, at, done, done + room);
      done += room;
      this.#insert += BigInt(room);
      if (done < record.length) this.#pageHeader(record.length - done);
    }
    // Records begin on multiples of eight.
    this.#insert += (8n - (this.#insert % 8n)) % 8n;
    return start;
  }
}
