/**
 * A WebAssembly module that computes CRC-32C by slicing-by-16, assembled here byte by byte so that nothing binary is
 * committed and nothing external builds it. Format: https://webassembly.github.io/spec/core/binary/
 *
 * It imports nothing, and exports
 * - `memory`: 16 tables of 256 i32 at 0 (filled by the caller), free space from 16384 on
 * - `update(address, length, state) → state`: the raw state, not inverted
 * - `record(address, headerLength, coveredLength, totalLength) → crc`: the final CRC of a WAL record, which covers the
 *   bytes behind the header first and then the first `coveredLength` bytes of the header
 */
export function crc32cModule(memoryPages: number): Uint8Array<ArrayBuffer> {
  const i32 = 0x7f;
  const types = vector([
    [0x60, ...vector([[i32], [i32], [i32]]), ...vector([[i32]])],
    [0x60, ...vector([[i32], [i32], [i32], [i32]]), ...vector([[i32]])],
  ]);
  const functions = vector([[0], [1]]);
  const memories = vector([[0x01, ...unsigned(memoryPages), ...unsigned(memoryPages)]]);
  const exports = vector([
    [...name('memory'), 0x02, 0],
    [...name('update'), 0x00, 0],
    [...name('record'), 0x00, 1],
  ]);
  const bodies = vector([sized(updateBody()), sized(recordBody())]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, types),
    ...section(3, functions),
    ...section(5, memories),
    ...section(7, exports),
    ...section(10, bodies),
  ]);
}

/** Bytes of the 16 lookup tables at the start of the memory. */
export const tablesBytes = 16 * 1024;

type Code = readonly number[];

// Instructions that are used.
const block = 0x02;
const loop = 0x03;
const end = 0x0b;
const branch = 0x0c;
const branchIf = 0x0d;
const call = 0x10;
const localGet = 0x20;
const localSet = 0x21;
const load = 0x28;
const loadByte = 0x2d;
const constant = 0x41;
const isZero = 0x45;
const lessUnsigned = 0x49;
const add = 0x6a;
const subtract = 0x6b;
const and = 0x71;
const xor = 0x73;
const shiftLeft = 0x74;
const shiftRight = 0x76;
const noResult = 0x40;

function updateBody(): Code {
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
    ...[1, 4, 0x7f], // four local i32
    ...[...whileAtLeast(16, sixteen), ...whileAtLeast(4, four)],
    ...[block, noResult, loop, noResult, localGet, length, isZero, branchIf, 1],
    ...[...one, ...advance(1), branch, 0, end, end],
    ...[localGet, state, end],
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

function recordBody(): Code {
  const [address, header, covered, total] = [0, 1, 2, 3];
  const minusOne = [constant, 0x7f];
  return [
    0,
    ...[localGet, address],
    ...[localGet, covered],
    ...[localGet, address, localGet, header, add, localGet, total, localGet, header, subtract, ...minusOne, call, 0],
    ...[call, 0, ...minusOne, xor, end],
  ];
}

function section(id: number, content: Code): Code {
  return [id, ...sized(content)];
}

function sized(content: Code): Code {
  return [...unsigned(content.length), ...content];
}

function vector(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function name(text: string): Code {
  return sized([...Buffer.from(text, 'utf8')]);
}

/** LEB128. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** Signed LEB128 of a value that is not negative. */
function signed(value: number): Code {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signed(value >>> 7)];
}
