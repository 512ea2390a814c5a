import { randomFillSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pageChecksum, soundPages } from './page-checksum.ts';

/** Straight from the description of the algorithm, one lane after another in big integers. */
function slowChecksum(page: Uint8Array, block: number): number {
  const view = new DataView(page.slice().buffer);
  view.setUint16(8, 0, true);
  const seeds =
    '5b1f36e9b852596002ab50aa1de66d2a79ff467a9bb9f8a3217e7cd283e13d2cf8d4474fe39eb97042c6ae16993216fa7b093b5d98daff3cf718902a0b1c9cdb' +
    'e58f764b187636bc5d7b3bb1e73de7de92bec979cca6c0b2304a097985aa43d4783125bb6ca8eaa2e407eac64b5cfc3e9fbf8c7615ca20bef2ca9fd3959bd756';
  const lanes = Array.from({ length: 32 }, (_, lane) => BigInt(`0x${seeds.slice(lane * 8, lane * 8 + 8)}`));
  const step = (lane: bigint, word: bigint): bigint => {
    const mixed = lane ^ word;
    return ((mixed * 16777619n) & 0xffff_ffffn) ^ (mixed >> 17n);
  };
  for (let offset = 0; offset < page.length; offset += 4) {
    const lane = (offset / 4) % 32;
    lanes[lane] = step(lanes[lane]!, BigInt(view.getUint32(offset, true)));
  }
  const sum = lanes.map((lane) => step(step(lane, 0n), 0n)).reduce((a, b) => a ^ b) ^ BigInt(block);
  return Number(sum % 65535n) + 1;
}

function fast(page: Uint8Array, block: number): number {
  const copy = page.slice();
  const checksum = pageChecksum(new Int32Array(copy.buffer), 0, copy.length / 4, block);
  expect(copy).toEqual(page);
  return checksum;
}

describe('pageChecksum', () => {
  // Vectors of the reference, made with a script that agreed with 2 520 pages of a real server.
  it.each([
    ['zeros', new Uint8Array(8192), [0xc6aa, 0xc6ab, 0xc6a8, 0x3957]],
    ['0 … 255', Uint8Array.from({ length: 8192 }, (_, index) => index), [0xe706, 0xe707, 0xe708, 0x18fb]],
    ['ones', new Uint8Array(8192).fill(0xff), [0x0e1c, 0x0e1d, 0x0e1a, 0xf1e5]],
  ])('is that of the reference for a page of %s', (_, page, expected) => {
    expect([0, 1, 131072, 0xffff_ffff].map((block) => fast(page, block))).toEqual(expected);
  });

  it('follows the description for any page, block number and block size', () => {
    const page = fc.constantFrom(1024, 8192, 32768).chain((size) =>
      fc.infiniteStream(fc.integer({ min: 0, max: 0xff })).map((bytes) => {
        const made = new Uint8Array(size);
        for (let index = 0; index < size; index += 7) made[index] = Number(bytes.next().value);
        return made;
      }),
    );
    fc.assert(
      fc.property(page, fc.integer({ min: 0, max: 0xffff_ffff }), (bytes, block) => {
        expect(fast(bytes, block)).toBe(slowChecksum(bytes, block));
      }),
      { numRuns: 30 },
    );
  });
});

describe('soundPages', () => {
  /** Pages with the checksum of their place, each initialised. */
  function pagesOf(size: number, count: number, firstBlock: number): Uint8Array {
    const bytes = randomFillSync(new Uint8Array(size * count));
    const view = new DataView(bytes.buffer);
    const words = new Int32Array(bytes.buffer);
    for (let page = 0; page < count; page++) {
      view.setUint16(page * size + 14, size, true);
      const checksum = pageChecksum(words, (page * size) / 4, size / 4, firstBlock + page);
      view.setUint16(page * size + 8, checksum, true);
    }
    return bytes;
  }

  it('passes all pages that hold the checksum of their place, of any size and block number, at any alignment', () => {
    const cases = fc.tuple(
      fc.constantFrom(1024, 2048, 8192, 32768),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 0, max: 0xffff_ff00 }),
      fc.nat(3),
    );
    fc.assert(
      fc.property(cases, ([size, count, firstBlock, shift]) => {
        const pages = pagesOf(size, count, firstBlock);
        const shifted = new Uint8Array(pages.length + shift).subarray(shift);
        shifted.set(pages);
        expect(soundPages(shifted, size, firstBlock)).toBe(count);
        expect(Buffer.from(shifted).equals(pages)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('stops at each page with a changed bit, and at one that was never initialised', () => {
    fc.assert(
      fc.property(fc.nat(39), fc.nat(8191), fc.nat(7), (page, byte, bit) => {
        const pages = pagesOf(8192, 40, 7);
        const at = page * 8192 + byte;
        pages[at] = (pages[at] ?? 0) ^ (1 << bit);
        expect(soundPages(pages, 8192, 7)).toBe(page);
        pages.fill(0, page * 8192 + 14, page * 8192 + 16);
        const words = new Int32Array(pages.buffer);
        const checksum = pageChecksum(words, page * 2048, 2048, 7 + page);
        new DataView(pages.buffer).setUint16(page * 8192 + 8, checksum, true);
        expect(soundPages(pages, 8192, 7)).toBe(page);
      }),
      { numRuns: 40 },
    );
  });
});
