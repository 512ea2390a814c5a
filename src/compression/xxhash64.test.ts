import { describe, expect, it } from 'vitest';
import { plainXxhash64Low, xxhash64Low } from './xxhash64.ts';

describe('xxHash64', () => {
  // The last four bytes of what `zstd --check` makes of these.
  it.each([
    ['', 0x51d8_e999],
    ['a', 0xa98c_6e5b],
    ['abc', 0xad77_0999],
    ['x'.repeat(100), 0x88a3_c094],
  ])('of %j', (text, expected) => {
    expect(xxhash64Low(Buffer.from(text))).toBe(expected);
    expect(plainXxhash64Low(Buffer.from(text))).toBe(expected);
  });

  it('by WebAssembly is the plain form, at every length', () => {
    const bytes = Buffer.alloc(4200);
    for (let index = 0; index < bytes.length; index++) bytes[index] = (index * 197 + (index >> 3)) & 0xff;
    for (const length of [...Array(140).keys(), 1000, 4096, 4199]) {
      expect(xxhash64Low(bytes.subarray(1, 1 + length)), String(length)).toBe(
        plainXxhash64Low(bytes.subarray(1, 1 + length)),
      );
    }
  });
});
