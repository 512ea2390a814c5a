import {
  add,
  and,
  assembleModule,
  block,
  branch,
  branchIf,
  constant,
  end,
  equal,
  i32,
  isZero,
  load,
  loadShort,
  localGet,
  localSet,
  localTee,
  loop,
  noResult,
  notEqual,
  remainderUnsigned,
  signed,
  store,
  unsigned,
  v128,
  vectorConstant,
  vectorLane,
  vectorLoad,
  vectorMultiply,
  vectorShiftRight,
  vectorSplat,
  vectorXor,
  xor,
  type Code,
} from '../bytes/wasm-code.ts';
import { prime, seeds } from './page-checksum-seeds.ts';

/** Bytes of the memory: so many stay in the second cache. */
export const windowBytes = 128 * 1024;

/**
 * A WebAssembly module that computes page checksums with vectors: 32 lanes are eight vectors of four. It imports nothing, and exports
 * - `memory`
 * - `sound(address, pageBytes, count, firstBlock) → pages`: how many of `count` pages from `address` on, before the first
 *   other one, are initialised (`upper` is not 0) and hold the checksum that `pageChecksum` gives
 */
export function pageChecksumModule(): Uint8Array<ArrayBuffer> {
  const vectors = Array.from({ length: seeds.length / 4 }, () => v128);
  const locals = [i32, i32, i32, i32, v128, v128, ...vectors];
  const code = soundCode();
  return assembleModule(windowBytes / 65_536, [{ name: 'sound', parameters: 4, hasResult: true, locals, code }]);
}

/** Where a page header has its checksum (the low half of this word) and its `upper`. Source: storage/bufpage.h. */
const checksumOffset = 8;
const upperOffset = 14;

function soundCode(): Code {
  const [address, pageBytes, count, blockNumber, index, stop, stored, position, primes, value] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
  ];
  const lanes = Array.from({ length: seeds.length / 4 }, (_, number) => number + 10);
  /** The vector on the stack, times the prime, and its upper bits. */
  const mix: Code = [
    ...[localTee, value, localGet, primes, ...vectorMultiply],
    ...[localGet, value, constant, 17, ...vectorShiftRight, ...vectorXor],
  ];
  const begin = lanes.flatMap((lane, number) => [
    ...[...vectorConstant([...seeds.subarray(number * 4, number * 4 + 4)]), localSet, lane],
  ]);
  const words = lanes.flatMap((lane, number) => [
    ...[localGet, lane, localGet, position, ...vectorLoad, 0, ...unsigned(number * 16), ...vectorXor],
    ...[...mix, localSet, lane],
  ]);
  // Two rounds of zeros spread the last words over all bits.
  const spread = lanes.flatMap((lane, number) => [localGet, lane, ...mix, ...mix, ...(number === 0 ? [] : vectorXor)]);
  const laneOfValue = (lane: number): Code => [localGet, value, ...vectorLane, lane];
  const checksum: Code = [
    ...[...spread, localSet, value],
    ...[...laneOfValue(0), ...laneOfValue(1), xor, ...laneOfValue(2), xor, ...laneOfValue(3), xor],
    ...[localGet, blockNumber, localGet, index, add, xor],
    ...[constant, ...signed(65_535), remainderUnsigned, constant, 1, add],
  ];
  const page: Code = [
    ...[...begin, localGet, address, localSet, position],
    ...[localGet, address, localGet, pageBytes, add, localSet, stop],
    // The stored checksum counts as zero.
    ...[localGet, address, localGet, address, load, 2, checksumOffset, localTee, stored],
    ...[constant, ...signed(-65_536), and, store, 2, checksumOffset],
    ...[loop, noResult, ...words, localGet, position, constant, ...signed(128), add, localTee, position],
    ...[localGet, stop, notEqual, branchIf, 0, end],
    ...[localGet, address, localGet, stored, store, 2, checksumOffset],
    ...checksum,
    ...[localGet, stored, constant, ...signed(65_535), and],
  ];
  return [
    ...[constant, ...signed(prime), ...vectorSplat, localSet, primes],
    ...[block, noResult, loop, noResult],
    ...[localGet, index, localGet, count, equal, branchIf, 1],
    ...[localGet, address, loadShort, 1, upperOffset, isZero, branchIf, 1],
    ...[...page, notEqual, branchIf, 1],
    ...[localGet, address, localGet, pageBytes, add, localSet, address],
    ...[localGet, index, constant, 1, add, localSet, index, branch, 0, end, end],
    ...[localGet, index],
  ];
}
