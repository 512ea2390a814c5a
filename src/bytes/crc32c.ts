import { crc32cModule, foldMarginBytes, foldRestBytes, foldWorthBytes, tablesBytes } from './crc32c-module.ts';
import { startModule } from './wasm-code.ts';

/** Castagnoli polynomial, bit-reversed. Source: port/pg_crc32c.h of both products; RFC 3720 §12.1. */
const polynomial = 0x82f6_3b78;

/** Bytes that are copied into the memory of the module at once by `crc32c`: they stay in the second cache. */
const pieceBytes = 128 * 1024;

/** Where they are copied to: behind zeros and what is left of the piece before, see `fold`. */
const pieceAddress = tablesBytes + foldMarginBytes;
const pieceEnd = pieceAddress + foldRestBytes + pieceBytes;
const windowAddress = Math.ceil(pieceEnd / 65_536) * 65_536;

/** Below this the copy into the module costs more than it saves (measured on Node 20, x86-64). */
const shortBytes = 96;

/** Largest input of a `Crc32cWindow`. */
export const windowBytes = 1024 * 1024;

const tables = buildTables();
const module = instantiate();

/**
 * CRC-32C of `bytes`, 0 … 2^32-1.
 * @param seed the value returned for the bytes before these: `crc32c(b, crc32c(a))` is the CRC of a followed by b
 */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  return crc32cRange(bytes, 0, bytes.length, seed);
}

/** CRC-32C of `bytes[start … end)`, without making a view of it. */
export function crc32cRange(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  if (module === undefined || end - start < shortBytes) return plainCrc32c(bytes, start, end, seed);
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
 * The same without WebAssembly: slicing-by-8.
 * For short inputs, and for all where the engine has no WebAssembly (`--jitless`) or no address space for it (`ulimit -v`).
 */
export function plainCrc32c(bytes: Uint8Array, start: number, end: number, seed = 0): number {
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
}

/** The window of this thread. */
export const crc32cWindow: Crc32cWindow = module === undefined ? plainWindow() : moduleWindow(module);

/** Described in `crc32c-module.ts`. */
interface CrcFunctions {
  readonly update: (address: number, length: number, state: number) => number;
  readonly record: (address: number, headerBytes: number, coveredBytes: number, totalBytes: number) => number;
  readonly fold: (address: number, length: number) => number;
}

interface CrcModule extends CrcFunctions {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
}

function moduleWindow({ bytes, update, record }: CrcModule): Crc32cWindow {
  const base = windowAddress;
  const window = bytes.subarray(base, base + windowBytes);
  return {
    bytes: window,
    words: new Int32Array(bytes.buffer, base, windowBytes / 4),
    load: (content) => window.set(content),
    crc: (offset, length, seed) => ~update(base + offset, length, ~seed) >>> 0,
    recordCrc: (offset, headerBytes, coveredBytes, totalBytes) =>
      record(base + offset, headerBytes, coveredBytes, totalBytes) >>> 0,
  };
}

function plainWindow(): Crc32cWindow {
  const window = new Uint8Array(windowBytes);
  return {
    bytes: window,
    words: new Int32Array(window.buffer),
    load: (content) => window.set(content),
    crc: (offset, length, seed) => plainCrc32c(window, offset, offset + length, seed),
    recordCrc: (offset, headerBytes, coveredBytes, totalBytes) => {
      const body = plainCrc32c(window, offset + headerBytes, offset + totalBytes);
      return plainCrc32c(window, offset, offset + coveredBytes, body);
    },
  };
}

function instantiate(): CrcModule | undefined {
  const running = startModule<CrcFunctions>(() => crc32cModule((windowAddress + windowBytes) / 65_536));
  if (running === undefined) return undefined;
  const { memory, functions } = running;
  const { update, record, fold } = functions;
  const words = new Int32Array(memory);
  words.set(tables);
  return { bytes: new Uint8Array(memory), words, update, record, fold };
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
function buildTables(): Int32Array {
  const values = new Int32Array(16 * 256);
  for (let index = 0; index < 256; index++) {
    let crc = index;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    values[index] = crc;
  }
  for (let index = 256; index < values.length; index++) {
    const before = values[index - 256] ?? 0;
    values[index] = (values[before & 0xff] ?? 0) ^ (before >>> 8);
  }
  return values;
}
