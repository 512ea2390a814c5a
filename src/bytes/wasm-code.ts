/**
 * Words of WebAssembly's binary format, for modules that are assembled in the source: nothing binary is committed and
 * nothing external builds them. Format: https://webassembly.github.io/spec/core/binary/
 */
export type Code = readonly number[];

/** Types of values. */
export const i32 = 0x7f;
export const v128 = 0x7b;

// Instructions on 32-bit integers and the flow of control.
export const block = 0x02;
export const loop = 0x03;
export const end = 0x0b;
export const branch = 0x0c;
export const branchIf = 0x0d;
export const call = 0x10;
export const localGet = 0x20;
export const localSet = 0x21;
export const localTee = 0x22;
export const load = 0x28;
export const loadByte = 0x2d;
export const loadShort = 0x2f;
export const store = 0x36;
export const storeByte = 0x3a;
export const constant = 0x41;
export const isZero = 0x45;
export const equal = 0x46;
export const notEqual = 0x47;
export const lessUnsigned = 0x49;
export const greaterUnsigned = 0x4b;
export const atLeastUnsigned = 0x4f;
export const add = 0x6a;
export const subtract = 0x6b;
export const remainderUnsigned = 0x70;
export const and = 0x71;
export const xor = 0x73;
export const shiftLeft = 0x74;
export const shiftRight = 0x76;
export const noResult = 0x40;

// Instructions on vectors of 128 bits.
export const vectorLoad: Code = [0xfd, 0x00];
export const vectorStore: Code = [0xfd, 0x0b];
export const vectorSplat: Code = [0xfd, 0x11];
export const vectorXor: Code = [0xfd, 0x51];
export const vectorShiftRight: Code = [0xfd, 0xad, 0x01];
export const vectorMultiply: Code = [0xfd, 0xb5, 0x01];
/** Followed by the index of the 32-bit integer. */
export const vectorLane: Code = [0xfd, 0x1b];

/** Followed by nothing: both memories are the only one. Takes target, source, length. */
export const copyMemory: Code = [0xfc, 0x0a, 0x00, 0x00];

/** A vector of four 32-bit integers as a constant. */
export function vectorConstant(lanes: readonly number[]): Code {
  return [0xfd, 0x0c, ...lanes.flatMap((lane) => [0, 8, 16, 24].map((shift) => (lane >>> shift) & 0xff))];
}

/** A function: its name where it is exported, its parameters (all i32), whether it gives an i32, its locals and code. */
export interface FunctionSource {
  readonly name: string;
  readonly parameters: number;
  readonly hasResult: boolean;
  /** Types of locals behind the parameters. */
  readonly locals: readonly number[];
  readonly code: Code;
}

/** A module with one memory of a fixed size, exported as `memory`, and functions that are exported by their names. */
export function assembleModule(memoryPages: number, functions: readonly FunctionSource[]): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters, hasResult }) => [
    ...[0x60, ...vector(Array.from({ length: parameters }, () => [i32]))],
    ...vector(hasResult ? [[i32]] : []),
  ]);
  const bodies = functions.map(({ locals, code }) => sized([...vector(locals.map((type) => [1, type])), ...code, end]));
  const exports = functions.map(({ name: exported }, index) => [...name(exported), 0x00, ...unsigned(index)]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(types)),
    ...section(3, vector(functions.map((_, index) => unsigned(index)))),
    ...section(5, vector([[0x01, ...unsigned(memoryPages), ...unsigned(memoryPages)]])),
    ...section(7, vector([[...name('memory'), 0x02, 0], ...exports])),
    ...section(10, vector(bodies)),
  ]);
}

/** LEB128. */
export function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** Signed LEB128 of a 32-bit integer. */
export function signed(value: number): Code {
  return value < 0x40 && value >= -0x40 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
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

/** What is used of the engine's WebAssembly; the language libraries that we compile against do not declare it. */
interface Engine {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

/** A running module: its memory and its functions, of which the caller knows the types. */
export interface RunningModule<Functions> {
  readonly memory: ArrayBuffer;
  readonly functions: Functions;
}

/**
 * Starts a module. Undefined where the engine has no WebAssembly (`--jitless`), no vectors, or no addresses for its
 * memory: the engine reserves some 10 GB of them, more than `ulimit -v` may grant.
 */
export function startModule<Functions>(bytes: () => Uint8Array<ArrayBuffer>): RunningModule<Functions> | undefined {
  const engine = (globalThis as unknown as { readonly WebAssembly?: Engine }).WebAssembly;
  if (engine === undefined) return undefined;
  try {
    const { exports } = new engine.Instance(new engine.Module(bytes()));
    return { memory: (exports as { memory: { buffer: ArrayBuffer } }).memory.buffer, functions: exports as Functions };
  } catch {
    return undefined;
  }
}
