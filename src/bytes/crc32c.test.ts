import { randomFillSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinCrc32c } from './crc32c-join.ts';
import { crc32c, openCrc32cStream, crc32cRange, crc32cWindow, plainCrc32c, windowBytes } from './crc32c.ts';

/** Bit by bit, from the definition. */
function reference(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f6_3b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

function patterned(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7919 + (index >>> 8)) & 0xff);
}

describe('crc32c', () => {
  it('gives the check value of the polynomial', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe306_9283);
  });

  it('gives the values of RFC 3720 B.4', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a91_36aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8_ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd_794e);
  });

  it('is 0 for no bytes, and leaves the seed as it is', () => {
    expect(crc32c(new Uint8Array(0))).toBe(0);
    expect(crc32c(new Uint8Array(0), 0xdead_beef)).toBe(0xdead_beef);
  });

  it.each([
    1, 7, 8, 15, 16, 17, 95, 96, 97, 12_287, 12_288, 12_289, 65_537, 131_071, 131_073, 136_411, 262_145, 400_003,
  ])('equals the definition for %i bytes, with and without WebAssembly', (length) => {
    const bytes = patterned(length);
    expect(crc32c(bytes)).toBe(reference(bytes));
    expect(plainCrc32c(bytes, 0, length)).toBe(reference(bytes));
  });

  it('chains over any split', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(400), (bytes, at) => {
        expect(crc32c(bytes.subarray(at), crc32c(bytes.subarray(0, at)))).toBe(crc32c(bytes));
      }),
    );
  });

  it('folds messages of any length, alignment, content and seed to what slicing gives', () => {
    const random = randomFillSync(new Uint8Array(600_000));
    const lengths = fc.integer({ min: 11_000, max: 20_000 });
    // Around the pieces that are copied at once, and what is left of each.
    const aroundPieces = fc.tuple(fc.constantFrom(1, 2, 3), fc.integer({ min: -200, max: 5600 }));
    fc.assert(
      fc.property(
        fc.oneof(
          lengths,
          aroundPieces.map(([pieces, more]) => pieces * 131_072 + more),
        ),
        fc.nat(3),
        fc.integer({ min: 0, max: 0xffff_ffff }),
        (length, start, seed) => {
          expect(crc32cRange(random, start, start + length, seed)).toBe(
            plainCrc32c(random, start, start + length, seed),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is the same of bytes that are read to where it is computed, in pieces of any size', () => {
    const random = randomFillSync(new Uint8Array(400_000));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 131_072 }), { maxLength: 5 }), fc.nat(9), (large, small) => {
        const stream = openCrc32cStream();
        if (stream === undefined) throw new Error('there is no WebAssembly');
        let position = 0;
        for (const wanted of [...Array<number>(small).fill(1), ...large, small]) {
          const piece = random.subarray(position, position + wanted);
          stream.target.set(piece);
          stream.take(piece.length);
          position += piece.length;
        }
        expect(stream.finish()).toBe(plainCrc32c(random, 0, position));
      }),
      { numRuns: 100 },
    );
  });

  it('is joined from the CRCs of two parts', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.uint8Array({ maxLength: 400 }), (a, b) => {
        expect(joinCrc32c(crc32c(a), crc32c(b), b.length)).toBe(crc32c(b, crc32c(a)));
      }),
    );
    const long = patterned(3_000_001);
    expect(joinCrc32c(77, crc32c(long), long.length)).toBe(crc32c(long, 77));
  });

  it('takes a range without a view', () => {
    const bytes = patterned(1000);
    expect(crc32cRange(bytes, 3, 900)).toBe(crc32c(bytes.subarray(3, 900)));
    expect(crc32cRange(bytes, 900, 900, 5)).toBe(5);
  });
});

describe('crc32cWindow', () => {
  it('gives CRCs over parts of what was loaded', () => {
    const bytes = patterned(windowBytes);
    crc32cWindow().load(bytes);
    expect(crc32cWindow().crc(0, windowBytes, 0)).toBe(crc32c(bytes));
    expect(crc32cWindow().crc(11, 1234, 77)).toBe(crc32c(bytes.subarray(11, 11 + 1234), 77));
    expect(crc32cWindow().words[5]).toBe(Buffer.from(bytes).readInt32LE(20));
  });

  it('gives the CRC of a WAL record: body first, then the head of the header', () => {
    const bytes = patterned(5000);
    crc32cWindow().load(bytes);
    const expected = crc32c(bytes.subarray(8, 28), crc32c(bytes.subarray(32, 308)));
    expect(crc32cWindow().recordCrc(8, 24, 20, 300)).toBe(expected);
  });
});
