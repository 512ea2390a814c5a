import { startModule } from '../bytes/wasm-code.ts';
import { primes, xxhash64Module } from './xxhash64-module.ts';

/** Longest input that the module takes, in bytes: no frame of ours holds more. */
const windowBytes = 1024 * 1024;

interface HashModule {
  readonly bytes: Uint8Array;
  readonly hash: (address: number, length: number) => number;
}
let loaded: { readonly module: HashModule | undefined } | undefined;

/** The low 32 bits, unsigned, of xxHash64 with seed 0: the checksum of zstd frames (RFC 8878, 3.1.1). */
export function xxhash64Low(bytes: Uint8Array): number {
  const { module } = (loaded ??= { module: loadModule() });
  if (module === undefined || bytes.length > windowBytes) return plainXxhash64Low(bytes);
  module.bytes.set(bytes);
  return module.hash(0, bytes.length) >>> 0;
}

function loadModule(): HashModule | undefined {
  const started = startModule<Pick<HashModule, 'hash'>>(() => xxhash64Module(windowBytes / 65_536));
  if (started === undefined) return undefined;
  return { bytes: new Uint8Array(started.memory), hash: started.functions.hash };
}

const [p1, p2, p3, p4, p5] = primes;
const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);
const rotate = (value: bigint, bits: bigint): bigint => wrap(value << bits) | (value >> (64n - bits));
const stir = (lane: bigint, input: bigint): bigint => wrap(rotate(wrap(lane + input * p2), 31n) * p1);

/** The same without WebAssembly, by a hundred times slower. */
export function plainXxhash64Low(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let offset = 0;
  let hash: bigint = p5;
  if (bytes.length >= 32) {
    let lanes: readonly bigint[] = [wrap(p1 + p2), p2, 0n, wrap(-p1)];
    for (; bytes.length - offset >= 32; offset += 32) {
      lanes = lanes.map((lane, index) => stir(lane, view.getBigUint64(offset + 8 * index, true)));
    }
    hash = wrap(lanes.reduce((sum, lane, index) => sum + rotate(lane, [1n, 7n, 12n, 18n][index] ?? 0n), 0n));
    for (const lane of lanes) hash = wrap((hash ^ stir(0n, lane)) * p1 + p4);
  }
  hash = wrap(hash + BigInt(bytes.length));
  for (; bytes.length - offset >= 8; offset += 8) {
    hash = wrap(rotate(hash ^ stir(0n, view.getBigUint64(offset, true)), 27n) * p1 + p4);
  }
  for (; bytes.length - offset >= 4; offset += 4) {
    hash = wrap(rotate(hash ^ wrap(BigInt(view.getUint32(offset, true)) * p1), 23n) * p2 + p3);
  }
  for (; offset < bytes.length; offset++) {
    hash = wrap(rotate(hash ^ wrap(BigInt(view.getUint8(offset)) * p5), 11n) * p1);
  }
  hash = wrap((hash ^ (hash >> 33n)) * p2);
  hash = wrap((hash ^ (hash >> 29n)) * p3);
  return Number((hash ^ (hash >> 32n)) & 0xffff_ffffn);
}
