import {
  crc32cModule,
  foldRestBytes,
  foldWorthBytes,
  passedKindsAddress,
  pieceAddress,
  pieceBytes,
  recordRulesAddress,
  windowAddress,
  windowBytes,
} from './crc32c-module.ts';
import { recordRules } from './records-code.ts';
import { startModule } from './wasm-code.ts';

/** Castagnoli polynomial, bit-reversed. Source: port/pg_crc32c.h of both products; RFC 3720 §12.1. */
const polynomial = 0x82f6_3b78;

/** Largest input of a `Crc32cWindow`. */
export { windowBytes } from './crc32c-module.ts';

/** Below this the copy into the module costs more than it saves (measured on Node 20, x86-64). */
const shortBytes = 96;

/** Before so many bytes the module is not started: that takes as long as they do without it. */
const startWorthBytes = 256 * 1024;
let bytesBefore = 0;

/** Filled when they are first needed. */
const tables = new Int32Array(16 * 256);

/** Undefined until it is needed, null where the engine cannot run it. */
let running: CrcModule | null | undefined;

/**
 * CRC-32C of `bytes`, 0 … 2^32-1.
 * @param seed the value returned for the bytes before these: `crc32c(b, crc32c(a))` is the CRC of a followed by b
 */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  return crc32cRange(bytes, 0, bytes.length, seed);
}

/** CRC-32C of `bytes[start … end)`, without making a view of it. */
export function crc32cRange(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  if (end - start < shortBytes) return plainCrc32c(bytes, start, end, seed);
  if (running === undefined && (bytesBefore += end - start) < startWorthBytes)
    return plainCrc32c(bytes, start, end, seed);
  const module = crcModule();
  if (module === null) return plainCrc32c(bytes, start, end, seed);
  if (end - start >= foldWorthBytes) return foldedCrc32c(module, bytes, start, end, seed);
  module.bytes.set(bytes.subarray(start, end), pieceAddress);
  return ~module.update(pieceAddress, end - start, ~seed) >>> 0;
}

/** Folds piece after piece, each behind what the one before has left; only the last rest is divided. */
function foldedCrc32c(module: CrcModule, bytes: Uint8Array, start: number, end: number, seed: number): number {
  const { bytes: memory, words, fold, update } = module;
  let rest = 0;
  for (let position = start; position < end; position += pieceBytes) {
    const piece = bytes.subarray(position, Math.min(end, position + pieceBytes));
    memory.set(piece, pieceAddress + rest);
    // The state before a message is the same as added to its first four bytes.
    if (position === start) words[pieceAddress / 4] = (words[pieceAddress / 4] ?? 0) ^ ~seed;
    const length = rest + piece.length;
    rest = length > foldRestBytes ? fold(pieceAddress, length) : length;
  }
  return ~update(pieceAddress, rest, 0) >>> 0;
}

/**
 * CRC-32C of bytes that are read to where it is computed, so that nobody copies them. One at a time in a thread, and nothing else of this
 * file between its calls.
 */
export interface Crc32cStream {
  /** Where the next bytes are to be put, at most as many as it holds; valid until `take`. */
  readonly target: Uint8Array;
  /** So many bytes were put into `target`, which may still be read before: this changes it. */
  take(count: number): void;
  /** The CRC of all bytes. Call once, last. */
  finish(): number;
}

/** Undefined where there is no WebAssembly: `crc32c` does without. */
export function openCrc32cStream(): Crc32cStream | undefined {
  const module = crcModule();
  return module === null ? undefined : new FoldingStream(module);
}

class FoldingStream implements Crc32cStream {
  readonly #module: CrcModule;
  #rest = 0;
  #state = ~0;

  constructor(module: CrcModule) {
    this.#module = module;
  }

  get target(): Uint8Array {
    const start = pieceAddress + this.#rest;
    return this.#module.bytes.subarray(start, start + pieceBytes);
  }

  take(count: number): void {
    const { words, fold } = this.#module;
    this.#rest += count;
    if (this.#rest < foldWorthBytes) return;
    // The state before a message is the same as added to its first four bytes.
    words[pieceAddress / 4] = (words[pieceAddress / 4] ?? 0) ^ this.#state;
    this.#state = 0;
    this.#rest = fold(pieceAddress, this.#rest);
  }

  finish(): number {
    return ~this.#module.update(pieceAddress, this.#rest, this.#state) >>> 0;
  }
}

/**
 * The same without WebAssembly: slicing-by-8.
 * For short inputs, and for all where the engine has no WebAssembly (`--jitless`) or no address space for it (`ulimit -v`).
 */
export function plainCrc32c(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  if (tables[1] === 0) fillTables();
  let state = ~seed;
  let position = start;
  for (; end - position >= 8; position += 8) {
    const low = (word(bytes, position) ^ state) | 0;
    const high = word(bytes, position + 4);
    state =
      entry(7, low & 0xff) ^
      entry(6, (low >>> 8) & 0xff) ^
      entry(5, (low >>> 16) & 0xff) ^
      entry(4, low >>> 24) ^
      entry(3, high & 0xff) ^
      entry(2, (high >>> 8) & 0xff) ^
      entry(1, (high >>> 16) & 0xff) ^
      entry(0, high >>> 24);
  }
  for (; position < end; position++) state = entry(0, (state ^ (bytes[position] ?? 0)) & 0xff) ^ (state >>> 8);
  return ~state >>> 0;
}

/** How `Crc32cWindow.passRecords` knows the records that nobody has to look at. */
export interface PassRules {
  /** By `rmid << 8 | info`: 1 for kinds that are passed. Read whenever these rules come after others. */
  readonly passedKinds: Uint8Array;
  /** Raised when `passedKinds` has changed. */
  readonly edition: number;
  readonly header: {
    readonly sizeBytes: number;
    readonly infoOffset: number;
    readonly prevOffset: number;
    readonly crcOffset: number;
  };
  readonly checksCrc: boolean;
}

/** Records that were passed. */
export interface PassedRecords {
  /** Behind the last of them, in the page. */
  position: number;
  count: number;
  /** Where the last of them begins, in the page; of no meaning where there is none. */
  lastPosition: number;
}

/** The addresses of a page and of the record before the first that is looked at, each in two words. */
export interface PassStart {
  readonly link: { readonly high: number; readonly low: number };
  readonly address: { readonly high: number; readonly low: number };
}

/**
 * Memory of the module to which bytes are brought once, for many CRCs over parts of them: `bytes` and `words` show it
 * until the next `load` by anyone in this thread.
 */
export interface Crc32cWindow {
  /** `windowBytes` long. */
  readonly bytes: Uint8Array;
  /** The same memory as 32-bit integers. */
  readonly words: Int32Array;
  /** @param content at most `windowBytes` */
  load(content: Uint8Array): void;
  /** CRC of `length` bytes at `offset`, chained as in `crc32c`. The range must lie in the window. */
  crc(offset: number, length: number, seed: number): number;
  /** CRC of a WAL record at `offset`: the bytes behind its header, then the first `coveredBytes` of the header. */
  recordCrc(offset: number, headerBytes: number, coveredBytes: number, totalBytes: number): number;
  /**
   * Passes records of a whole WAL page at `base` from `position` on that are of a passed kind, follow one another and, where the rules say
   * so, hold their CRC. The first other one is the caller's. May pass none although it could.
   */
  passRecords(rules: PassRules, base: number, position: number, start: PassStart, passed: PassedRecords): void;
}

let window: Crc32cWindow | undefined;

/** The window of this thread. */
export function crc32cWindow(): Crc32cWindow {
  if (window === undefined) {
    const module = crcModule();
    window = module === null ? plainWindow() : moduleWindow(module);
  }
  return window;
}

/** Described in `crc32c-module.ts`. */
interface CrcFunctions {
  readonly update: (address: number, length: number, state: number) => number;
  readonly record: (address: number, headerBytes: number, coveredBytes: number, totalBytes: number) => number;
  readonly fold: (address: number, length: number) => number;
  readonly records: (
    base: number,
    position: number,
    linkLow: number,
    linkHigh: number,
    addressLow: number,
    addressHigh: number,
  ) => number;
}

interface CrcModule extends CrcFunctions {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
}

function moduleWindow({ bytes, words, update, record, records }: CrcModule): Crc32cWindow {
  const base = windowAddress;
  const content = bytes.subarray(base, base + windowBytes);
  const results = words.subarray(recordRulesAddress / 4, recordRulesAddress / 4 + 16);
  let known: PassRules | undefined;
  let edition = 0;
  const know = (rules: PassRules): void => {
    bytes.set(rules.passedKinds, passedKindsAddress);
    const { sizeBytes, infoOffset, prevOffset, crcOffset } = rules.header;
    results.set([sizeBytes, infoOffset, prevOffset, crcOffset, rules.checksCrc ? 1 : 0]);
    known = rules;
    edition = rules.edition;
  };
  return {
    bytes: content,
    words: new Int32Array(bytes.buffer, base, windowBytes / 4),
    load: (loaded) => content.set(loaded),
    crc: (offset, length, seed) => ~update(base + offset, length, ~seed) >>> 0,
    recordCrc: (offset, headerBytes, coveredBytes, totalBytes) =>
      record(base + offset, headerBytes, coveredBytes, totalBytes) >>> 0,
    passRecords: (rules, page, position, { link, address }, passed) => {
      if (known !== rules || edition !== rules.edition) know(rules);
      passed.position = records(base + page, position, link.low | 0, link.high | 0, address.low | 0, address.high | 0);
      passed.count = results[recordRules.count] ?? 0;
      passed.lastPosition = results[recordRules.lastPosition] ?? 0;
    },
  };
}

function plainWindow(): Crc32cWindow {
  const bytes = new Uint8Array(windowBytes);
  return {
    bytes,
    words: new Int32Array(bytes.buffer),
    load: (content) => bytes.set(content),
    crc: (offset, length, seed) => plainCrc32c(bytes, offset, offset + length, seed),
    recordCrc: (offset, headerBytes, coveredBytes, totalBytes) => {
      const body = plainCrc32c(bytes, offset + headerBytes, offset + totalBytes);
      return plainCrc32c(bytes, offset, offset + coveredBytes, body);
    },
    passRecords: (_rules, _base, position, _start, passed) => {
      passed.position = position;
      passed.count = 0;
    },
  };
}

function crcModule(): CrcModule | null {
  if (running !== undefined) return running;
  const started = startModule<CrcFunctions>(crc32cModule);
  if (started === undefined) return (running = null);
  const { memory, functions } = started;
  const words = new Int32Array(memory);
  if (tables[1] === 0) fillTables();
  words.set(tables);
  const { update, record, fold, records } = functions;
  return (running = { bytes: new Uint8Array(memory), words, update, record, fold, records });
}

function word(bytes: Uint8Array, position: number): number {
  return (
    (bytes[position] ?? 0) |
    ((bytes[position + 1] ?? 0) << 8) |
    ((bytes[position + 2] ?? 0) << 16) |
    ((bytes[position + 3] ?? 0) << 24)
  );
}

function entry(table: number, index: number): number {
  return tables[(table << 8) | index] ?? 0;
}

/** Table t, entry b: the effect of byte b followed by t zero bytes. */
function fillTables(): void {
  for (let index = 0; index < 256; index++) {
    let crc = index;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    tables[index] = crc;
  }
  for (let index = 256; index < tables.length; index++) {
    const before = tables[index - 256] ?? 0;
    tables[index] = (tables[before & 0xff] ?? 0) ^ (before >>> 8);
  }
}
