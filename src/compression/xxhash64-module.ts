import {
  add,
  assembleModule,
  block,
  branch,
  branchIf,
  constant,
  end,
  lessUnsigned,
  localGet,
  localSet,
  loop,
  noResult,
  subtract,
  type Code,
} from '../bytes/wasm-code.ts';

/**
 * A WebAssembly module that computes xxHash, 64 bits, seed 0, which JavaScript's numbers are too narrow for. It imports nothing, and exports
 * - `memory`, for the caller's bytes
 * - `hash(address, length) → low`: the low 32 bits of the hash, which is what zstd frames hold
 */
export function xxhash64Module(memoryPages: number): Uint8Array<ArrayBuffer> {
  return assembleModule(memoryPages, [
    { name: 'hash', parameters: 2, hasResult: true, locals: Array.from({ length: 6 }, () => i64), code: hashCode() },
  ]);
}

/** The primes of the specification: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md */
export const primes = [
  0x9e37_79b1_85eb_ca87n,
  0xc2b2_ae3d_27d4_eb4fn,
  0x1656_67b1_9e37_79f9n,
  0x85eb_ca77_c2b2_ae63n,
  0x27d4_eb2f_1656_67c5n,
] as const;

// Besides those of 32 bits: values and instructions of 64.
const i64 = 0x7e;
const when = 0x04;
const otherwise = 0x05;
const load64 = 0x29;
const loadByte64 = 0x31;
const loadWord64 = 0x35;
const constant64 = 0x42;
const add64 = 0x7c;
const multiply64 = 0x7e;
const xor64 = 0x85;
const shiftRight64 = 0x88;
const rotateLeft64 = 0x89;
const wrap = 0xa7;
const extend = 0xad;

const [address, length, first, second, third, fourth, hash, total] = [0, 1, 2, 3, 4, 5, 6, 7];
const lanes = [first, second, third, fourth];
const [p1, p2, p3, p4, p5] = primes;

const number = (value: bigint): Code => [constant64, ...signed64(BigInt.asIntN(64, value))];
const set = (local: number, ...value: Code): Code => [...value, localSet, local];
const rotated = (bits: number): Code => [constant64, ...signed64(BigInt(bits)), rotateLeft64];
const advance = (bytes: number): Code => [
  ...[localGet, address, constant, bytes, add, localSet, address],
  ...[localGet, length, constant, bytes, subtract, localSet, length],
];
const whileAtLeast = (bytes: number, step: Code): Code => [
  ...[block, noResult, loop, noResult, localGet, length, constant, bytes, lessUnsigned, branchIf, 1],
  ...[...step, ...advance(bytes), branch, 0, end, end],
];
/** What is on the stack, multiplied and rotated: the step of a lane that began with nothing. */
const stirred: Code = [...number(p2), multiply64, ...rotated(31), ...number(p1), multiply64];

/** `hash`, with what is on the stack worked into it and stirred again. */
const taken = (bits: number, factor: bigint, summand?: bigint): Code => [
  ...[xor64, ...rotated(bits), ...number(factor), multiply64],
  ...(summand === undefined ? [] : [...number(summand), add64]),
];

/** The four lanes, 32 bytes at a time, and their sum. */
function lanesStep(): Code {
  const stripe = lanes.flatMap((lane, index) => {
    const input: Code = [localGet, address, load64, 3, 8 * index, ...number(p2), multiply64];
    return set(lane, localGet, lane, ...input, add64, ...rotated(31), ...number(p1), multiply64);
  });
  const sum = lanes.flatMap((lane, index) => {
    const turned: Code = [localGet, lane, ...rotated([1, 7, 12, 18][index] ?? 0)];
    return index === 0 ? turned : [...turned, add64];
  });
  const merge = lanes.flatMap((lane) => {
    const mixed: Code = [localGet, hash, localGet, lane, ...stirred, xor64];
    return set(hash, ...mixed, ...number(p1), multiply64, ...number(p4), add64);
  });
  return [
    ...[...set(first, ...number(p1 + p2)), ...set(second, ...number(p2)), ...set(fourth, ...number(-p1))],
    ...[...whileAtLeast(32, stripe), ...set(hash, ...sum), ...merge],
  ];
}

function hashCode(): Code {
  const input = (instruction: number, align: number): Code => [localGet, address, instruction, align, 0];
  const eight = set(hash, localGet, hash, ...input(load64, 3), ...stirred, ...taken(27, p1, p4));
  const four = set(hash, localGet, hash, ...input(loadWord64, 2), ...number(p1), multiply64, ...taken(23, p2, p3));
  const one = set(hash, localGet, hash, ...input(loadByte64, 0), ...number(p5), multiply64, ...taken(11, p1));
  const shifted = (bits: number): Code =>
    set(hash, localGet, hash, localGet, hash, ...number(BigInt(bits)), shiftRight64, xor64);
  const times = (prime: bigint): Code => set(hash, localGet, hash, ...number(prime), multiply64);
  return [
    ...set(total, localGet, length, extend),
    ...[localGet, length, constant, 32, lessUnsigned, when, noResult],
    ...[...set(hash, ...number(p5)), otherwise, ...lanesStep(), end],
    ...set(hash, localGet, hash, localGet, total, add64),
    ...[...whileAtLeast(8, eight), ...whileAtLeast(4, four), ...whileAtLeast(1, one)],
    ...[...shifted(33), ...times(p2), ...shifted(29), ...times(p3), ...shifted(32)],
    ...[localGet, hash, wrap],
  ];
}

/** Signed LEB128. */
function signed64(value: bigint): Code {
  const low = Number(value & 0x7fn);
  const rest = value >> 7n;
  const isLast = (rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0);
  return isLast ? [low] : [low | 0x80, ...signed64(rest)];
}
