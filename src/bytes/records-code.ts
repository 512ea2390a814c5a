import {
  add,
  and,
  atLeastUnsigned,
  block,
  branch,
  branchIf,
  call,
  constant,
  end,
  greaterUnsigned,
  i32,
  isZero,
  lessUnsigned,
  load,
  loadByte,
  loadShort,
  localGet,
  localSet,
  localTee,
  loop,
  noResult,
  notEqual,
  signed,
  store,
  subtract,
  unsigned,
  type Code,
} from './wasm-code.ts';

/** Length of a WAL page of both products. */
const pageBytes = 8192;

/** Words behind the passed kinds, by their place there: five rules, then two results. */
export const recordRules = {
  headerBytes: 0,
  infoOffset: 1,
  previousOffset: 2,
  crcOffset: 3,
  checksCrc: 4,
  count: 5,
  lastPosition: 6,
} as const;

export const recordsLocals: readonly number[] = [i32, i32, i32, i32, i32, i32, i32, i32, i32, i32];

/**
 * Code of `records(base, position, linkLow, linkHigh, addressLow, addressHigh) → position`: passes the records of a whole WAL page, at
 * `base` in the memory and at this address of the log, that begin at `position` and lie within it, as long as each is of a kind that is
 * passed, follows the one before it (whose address is the link) and, where asked, holds its CRC. Gives the position behind the
 * last of them; how many they are and where the last begins is in the results.
 * @param recordFunction index of `record`
 */
export function recordsCode(recordFunction: number, passedKinds: number, rules: number): Code {
  const [base, position, linkLow, linkHigh, addressLow, addressHigh] = [0, 1, 2, 3, 4, 5];
  const [headerBytes, infoOffset, previousOffset, crcOffset, checksCrc, count, last, at, total, previous] = [
    6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
  ];
  const rule = (local: number, place: number): Code => [
    ...[constant, ...signed(rules), load, 2, ...unsigned(place * 4), localSet, local],
  ];
  const field = (offset: number): Code => [localGet, at, localGet, offset, add];
  const result = (place: number, local: number): Code => [
    ...[constant, ...signed(rules), localGet, local, store, 2, ...unsigned(place * 4)],
  ];
  /** Ends the loop: leaves two blocks. */
  const ends: Code = [branchIf, 1];
  const sum: Code = [
    ...[localGet, at, localGet, headerBytes, localGet, crcOffset, localGet, total, call, recordFunction],
    ...[...field(crcOffset), load, 2, 0, notEqual, branchIf, 2],
  ];
  return [
    ...[...rule(headerBytes, recordRules.headerBytes), ...rule(infoOffset, recordRules.infoOffset)],
    ...[...rule(previousOffset, recordRules.previousOffset), ...rule(crcOffset, recordRules.crcOffset)],
    ...rule(checksCrc, recordRules.checksCrc),
    ...[block, noResult, loop, noResult],
    // A record that begins in the last bytes of a page has no whole length there.
    ...[localGet, position, constant, ...signed(pageBytes), atLeastUnsigned, ...ends],
    ...[localGet, base, localGet, position, add, localTee, at, load, 2, 0, localTee, total],
    ...[localGet, headerBytes, lessUnsigned, ...ends],
    ...[localGet, total, constant, ...signed(pageBytes), localGet, position, subtract, greaterUnsigned, ...ends],
    ...[...field(infoOffset), loadShort, 1, 0, loadByte, 0, ...unsigned(passedKinds), isZero, ...ends],
    ...[...field(previousOffset), localTee, previous, load, 2, 0, localGet, linkLow, notEqual, ...ends],
    ...[localGet, previous, load, 2, 4, localGet, linkHigh, notEqual, ...ends],
    ...[block, noResult, localGet, checksCrc, isZero, branchIf, 0, ...sum, end],
    ...[localGet, addressLow, localGet, position, localTee, last, add, localSet, linkLow],
    ...[localGet, addressHigh, localSet, linkHigh],
    ...[localGet, count, constant, 1, add, localSet, count],
    // Each begins at a multiple of 8.
    ...[localGet, position, localGet, total, add, constant, 7, add, constant, ...signed(-8), and, localSet, position],
    ...[branch, 0, end, end],
    ...[...result(recordRules.count, count), ...result(recordRules.lastPosition, last)],
    ...[localGet, position],
  ];
}
