import { recordsCode, recordsLocals } from './records-code.ts';
import {
  add,
  and,
  assembleModule,
  block,
  branch,
  branchIf,
  call,
  constant,
  copyMemory,
  end,
  i32,
  isZero,
  lessUnsigned,
  load,
  loadByte,
  localGet,
  localSet,
  localTee,
  loop,
  noResult,
  shiftLeft,
  shiftRight,
  signed,
  storeByte,
  subtract,
  unsigned,
  v128,
  vectorLoad,
  vectorStore,
  vectorXor,
  xor,
  type Code,
} from './wasm-code.ts';

/** Bytes of the 16 lookup tables at the start of the memory. */
const tablesBytes = 16 * 1024;

/** Where the rules of `records` lie: a byte for each `rmid << 8 | info`, behind them the words that `recordRules` describes. */
export const passedKindsAddress = tablesBytes;
export const recordRulesAddress = passedKindsAddress + 65_536;

/** Where what `crc32c` works on begins: behind 5280 zeros. */
export const pieceAddress = recordRulesAddress + 64 + 5280;

/** Bytes that are copied to there at once: they stay in the second cache. */
export const pieceBytes = 128 * 1024;

/**
 * Folding: x^5275 = x^4508 + x^2751 + 1 modulo the polynomial (the shortest multiple with four terms). Its eighth power has
 * these exponents in bytes, so that a byte of the message may be added to the bytes so far behind it, and counts as zero then.
 */
const foldDistances = [5275, 5275 - 2751, 5275 - 4508] as const;

/** Bytes that folding leaves: at least 5275, and so many that what is folded is a multiple of 64. */
export const foldRestBytes = 5275 + 63;

/** Below this length folding and what it leaves cost more than slicing. */
export const foldWorthBytes = 12 * 1024;

/** Where the window begins, and its length: see `Crc32cWindow`. */
export const windowAddress =
  Math.ceil((pieceAddress + pieceBytes + Math.max(foldRestBytes, foldWorthBytes)) / 65_536) * 65_536;
export const windowBytes = 1024 * 1024;

/**
 * A WebAssembly module for CRC-32C. It imports nothing, and exports
 * - `memory`: 16 tables of 256 i32 at 0 (filled by the caller), then what is named above
 * - `update(address, length, state) → state`: the raw state, not inverted, by slicing-by-16
 * - `record(address, headerLength, coveredLength, totalLength) → crc`: the final CRC of a WAL record, which covers the
 *   bytes behind the header first and then the first `coveredLength` bytes of the header
 * - `fold(address, length) → rest`: replaces a message of at least `foldRestBytes` by one of `rest` bytes, at most `foldRestBytes`, with the
 *   same CRC when both begin with the state 0, and moves that to `address`. In front of `address` lie 5280 bytes of zeros.
 * - `records`: described in `records-code.ts`
 */
export function crc32cModule(): Uint8Array<ArrayBuffer> {
  return assembleModule((windowAddress + windowBytes) / 65_536, [
    { name: 'update', parameters: 3, hasResult: true, locals: [i32, i32, i32, i32], code: updateCode() },
    { name: 'record', parameters: 4, hasResult: true, locals: [], code: recordCode() },
    { name: 'fold', parameters: 2, hasResult: true, locals: [i32, i32, i32, v128], code: foldCode() },
    {
      name: 'records',
      parameters: 6,
      hasResult: true,
      locals: recordsLocals,
      code: recordsCode(1, passedKindsAddress, recordRulesAddress),
    },
  ]);
}

function updateCode(): Code {
  const [address, length, state, first, second, third, fourth] = [0, 1, 2, 3, 4, 5, 6];
  const word = (offset: number): Code => [localGet, address, load, 2, ...unsigned(offset)];
  const advance = (bytes: number): Code => [
    ...[localGet, address, constant, bytes, add, localSet, address],
    ...[localGet, length, constant, bytes, subtract, localSet, length],
  ];
  const sixteen: Code = [
    ...[...word(0), localGet, state, xor, localSet, first],
    ...[...word(4), localSet, second],
    ...[...word(8), localSet, third],
    ...[...word(12), localSet, fourth],
    // The words that do not depend on the state come first, so that the processor can start on them early.
    ...[...slices(fourth, 0), ...slices(third, 4), xor, ...slices(second, 8), xor, ...slices(first, 12), xor],
    ...[localSet, state],
  ];
  const four: Code = [...word(0), localGet, state, xor, localSet, first, ...slices(first, 0), localSet, state];
  const one: Code = [
    ...[localGet, address, loadByte, 0, 0, localGet, state, xor, constant, ...signed(0xff), and],
    ...[constant, 2, shiftLeft, load, 2, 0, localGet, state, constant, 8, shiftRight, xor, localSet, state],
  ];
  const whileAtLeast = (bytes: number, step: Code): Code => [
    ...[block, noResult, loop, noResult],
    ...[localGet, length, constant, bytes, lessUnsigned, branchIf, 1],
    ...[...step, ...advance(bytes), branch, 0, end, end],
  ];
  return [
    ...[...whileAtLeast(16, sixteen), ...whileAtLeast(4, four)],
    ...[block, noResult, loop, noResult, localGet, length, isZero, branchIf, 1],
    ...[...one, ...advance(1), branch, 0, end, end],
    ...[localGet, state],
  ];
}

/** Leaves the xor of the four table entries that the bytes of a word select; its last byte uses table `lowest`. */
function slices(word: number, lowest: number): Code {
  const entry = (byte: number): Code => [
    localGet,
    word,
    ...(byte === 0 ? [constant, 2, shiftLeft] : [constant, 8 * byte - 2, shiftRight]),
    ...[constant, ...signed(0x3fc), and, load, 2, ...unsigned((lowest + 3 - byte) * 1024)],
  ];
  return [...entry(0), ...entry(1), xor, ...entry(2), xor, ...entry(3), xor];
}

function recordCode(): Code {
  const [address, header, covered, total] = [0, 1, 2, 3];
  const minusOne = [constant, ...signed(-1)];
  return [
    ...[localGet, address],
    ...[localGet, covered],
    ...[localGet, address, localGet, header, add, localGet, total, localGet, header, subtract, ...minusOne, call, 0],
    ...[call, 0, ...minusOne, xor],
  ];
}

function foldCode(): Code {
  const [address, length, position, cut, stop, value] = [0, 1, 2, 3, 4, 5];
  const [far, middle, near] = foldDistances;
  /** Pushes the address so many bytes before `position`; the offset of a load cannot be negative. */
  const before = (distance: number): Code => [localGet, position, constant, ...signed(distance), subtract];
  const vectorAt = (distance: number, offset: number): Code => [
    ...before(distance),
    ...vectorLoad,
    0,
    ...unsigned(offset),
  ];
  /** Each of 16 bytes takes what comes to it from those before it, which are final: the shortest distance is 767. */
  const sixteen = (offset: number): Code => [
    ...[localGet, position],
    ...[...vectorAt(far, offset), ...vectorAt(middle, offset), ...vectorXor],
    ...[...vectorAt(near, offset), ...vectorXor, localGet, position, ...vectorLoad, 0, offset, ...vectorXor],
    ...[...vectorStore, 0, offset],
  ];
  const advance = (bytes: number): Code => [localGet, position, constant, ...signed(bytes), add, localSet, position];
  const main: Code = [
    ...[localGet, address, localSet, position],
    ...[block, noResult, loop, noResult, localGet, position, localGet, cut, subtract, isZero, branchIf, 1],
    ...[...sixteen(0), ...sixteen(16), ...sixteen(32), ...sixteen(48), ...advance(64), branch, 0, end, end],
  ];
  /** What comes from before `cut` to the bytes behind it, over one distance. */
  const toRest = (distance: number): Code => [
    ...[localGet, cut, localTee, position, constant, ...signed(distance - (distance % 16)), add, localSet, stop],
    ...[block, noResult, loop, noResult, localGet, position, localGet, stop, subtract, isZero, branchIf, 1],
    ...[...vectorAt(distance, 0), localGet, position, ...vectorLoad, 0, 0, ...vectorXor, localSet, value],
    ...[localGet, position, localGet, value, ...vectorStore, 0, 0, ...advance(16), branch, 0, end, end],
    ...Array.from({ length: distance % 16 }, (_, byte) => [
      ...[localGet, position, ...before(distance), loadByte, 0, byte, localGet, position, loadByte, 0, byte, xor],
      ...[storeByte, 0, byte],
    ]).flat(),
  ];
  const rest: Code = [localGet, address, localGet, length, add, localGet, cut, subtract];
  return [
    // cut = address + the largest multiple of 64 that leaves 5275 bytes
    ...[
      localGet,
      address,
      localGet,
      length,
      constant,
      ...signed(far),
      subtract,
      constant,
      ...signed(-64),
      and,
      add,
      localSet,
      cut,
    ],
    ...[...main, ...toRest(far), ...toRest(middle), ...toRest(near)],
    ...[localGet, address, localGet, cut, ...rest, ...copyMemory],
    ...rest,
  ];
}
