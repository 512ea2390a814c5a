import { describe, expect, it } from 'vitest';
import { crc32c } from './crc32c.ts';

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
});
