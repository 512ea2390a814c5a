import { startModule } from '../bytes/wasm-code.ts';
import { pageChecksumModule, windowBytes } from './page-checksum-module.ts';
import { laneCount, prime, seeds } from './page-checksum-seeds.ts';

/** Word of the page whose low half is the stored checksum, which counts as zero. */
const checksumWord = 2;

/**
 * Checksum of a page as both products store it, 1 … 65535: 32 parallel FNV-1a hashes over its little-endian words,
 * mixed with the block number so that a page in the wrong place fails. Lanes are taken four at a time, which keeps them
 * in registers and their multiplications overlapping. `soundPages` does the same for many pages, with vectors.
 * @param words holds the page; it is restored before this returns
 * @param start index of the page's first word
 * @param wordCount words of a page: block size / 4, a multiple of 32
 * @param blockNumber of the page in its fork (over all segment files), 0 … 2^32-1
 */
export function pageChecksum(words: Int32Array, start: number, wordCount: number, blockNumber: number): number {
  const stored = words[start + checksumWord] ?? 0;
  words[start + checksumWord] = stored & 0xffff_0000;
  let sum = blockNumber | 0;
  const end = start + wordCount;
  for (let lane = 0; lane < laneCount; lane += 4) {
    let a = seeds[lane] ?? 0;
    let b = seeds[lane + 1] ?? 0;
    let c = seeds[lane + 2] ?? 0;
    let d = seeds[lane + 3] ?? 0;
    for (let index = start + lane; index < end; index += laneCount) {
      a = mix(a ^ (words[index] ?? 0));
      b = mix(b ^ (words[index + 1] ?? 0));
      c = mix(c ^ (words[index + 2] ?? 0));
      d = mix(d ^ (words[index + 3] ?? 0));
    }
    // Two rounds of zeros spread the last words over all bits.
    sum ^= mix(mix(a)) ^ mix(mix(b)) ^ mix(mix(c)) ^ mix(mix(d));
  }
  words[start + checksumWord] = stored;
  return ((sum >>> 0) % 65_535) + 1;
}

function mix(value: number): number {
  return Math.imul(value, prime) ^ (value >>> 17);
}

type Sound = (address: number, pageBytes: number, count: number, firstBlock: number) => number;

interface Scanner {
  readonly window: Uint8Array;
  readonly sound: Sound;
}

/** Undefined until it is needed, null where the engine cannot run it. */
let scanner: Scanner | null | undefined;

/**
 * How many pages at the beginning of `pages`, before the first other one, are initialised (their `upper` is not 0) and
 * hold the checksum that `pageChecksum` gives.
 * @param pages whole pages of `pageBytes`, 1 KiB … 32 KiB
 * @param firstBlock of the first of them
 * @returns undefined where the engine has no vectors: then each page is to be judged by itself
 */
export function soundPages(pages: Uint8Array, pageBytes: number, firstBlock: number): number | undefined {
  scanner ??= startScanner();
  if (scanner === null) return undefined;
  const { window, sound } = scanner;
  const step = windowBytes - (windowBytes % pageBytes);
  let passed = 0;
  for (let start = 0; start < pages.length; start += step) {
    const piece = pages.subarray(start, Math.min(pages.length, start + step));
    window.set(piece);
    const count = piece.length / pageBytes;
    const found = sound(0, pageBytes, count, firstBlock + passed);
    passed += found;
    if (found < count) break;
  }
  return passed;
}

function startScanner(): Scanner | null {
  const running = startModule<{ readonly sound: Sound }>(pageChecksumModule);
  if (running === undefined) return null;
  return { window: new Uint8Array(running.memory, 0, windowBytes), sound: running.functions.sound };
}
