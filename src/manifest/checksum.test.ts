import { describe, expect, it } from 'vitest';
import { checksumAlgorithms, checksumDigits, createChecksum, parseChecksumAlgorithm } from './checksum.ts';

describe('createChecksum', () => {
  it('gives the published values of "abc", CRC-32C in the byte order of PostgreSQL', () => {
    const of = (algorithm: (typeof checksumAlgorithms)[number], text: string): string => {
      const checksum = createChecksum(algorithm);
      for (const character of text) checksum.update(Buffer.from(character));
      return checksum.digestHex();
    };
    expect(of('NONE', 'abc')).toBe('');
    // RFC 3720: CRC-32C of "123456789" is E3069283.
    expect(of('CRC32C', '123456789')).toBe('839206e3');
    expect(of('SHA224', 'abc')).toBe('23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7');
    expect(of('SHA256', 'abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(of('SHA384', 'abc')).toMatch(/^cb00753f45a35e8bb5a03d699ac65007/);
    expect(of('SHA512', 'abc')).toMatch(/^ddaf35a193617abacc417349ae204131/);
    for (const algorithm of checksumAlgorithms) expect(of(algorithm, 'abc')).toHaveLength(checksumDigits[algorithm]);
  });
});

describe('parseChecksumAlgorithm', () => {
  it('takes any case and nothing else', () => {
    expect(parseChecksumAlgorithm('sha256')).toBe('SHA256');
    expect(parseChecksumAlgorithm('Crc32c')).toBe('CRC32C');
    expect(parseChecksumAlgorithm('none')).toBe('NONE');
    expect(parseChecksumAlgorithm('md5')).toBeUndefined();
    expect(parseChecksumAlgorithm('')).toBeUndefined();
  });
});
