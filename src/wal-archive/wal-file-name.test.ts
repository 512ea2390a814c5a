import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codecSuffixes } from './codec.ts';
import { parseStoredName, parseWalFileName, segmentAt, segmentEnd } from './wal-file-name.ts';

const segment = '0000000100000002000000A0';
const sizeBytes = 16 * 1024 * 1024;

describe('the name of a file that a server archives', () => {
  it.each([
    [segment, { kind: 'segment', segment }],
    [`${segment}.partial`, { kind: 'partial', segment }],
    [`${segment}.00000028.backup`, { kind: 'backup-history', segment }],
    ['0000000A.history', { kind: 'history', timeline: 10 }],
  ])('%s', (name, expected) => {
    expect(parseWalFileName(name)).toEqual({ name, ...expected });
  });

  it.each(['', segment.toLowerCase(), `${segment}0`, segment.slice(1), `${segment}.tmp`, 'A.history', `../${segment}`])(
    'is none: "%s"',
    (name) => {
      expect(parseWalFileName(name)).toBeUndefined();
    },
  );

  it('is found behind what tools append for a compression', () => {
    for (const [codec, suffix] of codecSuffixes) {
      expect(parseStoredName(segment + suffix)).toEqual({ file: parseWalFileName(segment), codec });
      const partial = { file: parseWalFileName(`${segment}.partial`), codec };
      expect(parseStoredName(`${segment}.partial${suffix}`)).toEqual(partial);
      // pg_receivewal
      expect(parseStoredName(`${segment}${suffix}.partial`)).toEqual(partial);
    }
    expect(parseStoredName(`${segment}.gz.lz4`)).toBeUndefined();
  });

  it('of any text is one of these or nothing', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const parsed = parseStoredName(text);
        if (parsed !== undefined) expect(text.startsWith(parsed.file.name.slice(0, 8))).toBe(true);
      }),
    );
  });
});

describe('segments of one timeline', () => {
  it('lie one behind the other, over the border of a 4 GB file as well', () => {
    expect(segmentAt('0000000100000002000000FF', 1, sizeBytes)).toBe('000000010000000300000000');
    expect(segmentAt('000000010000000300000000', -1, sizeBytes)).toBe('0000000100000002000000FF');
    expect(segmentAt('000000010000000000000000', -1, sizeBytes)).toBeUndefined();
    expect(segmentAt('00000001FFFFFFFF000000FF', 1, sizeBytes)).toBeUndefined();
  });

  it('end where the next begins', () => {
    expect(segmentEnd('0000000100000002000000FF', sizeBytes)).toBe(0x3_0000_0000n);
    expect(segmentEnd('00000001FFFFFFFF000000FF', sizeBytes)).toBe((1n << 64n) - 1n);
    expect(segmentEnd('000000010000000200000100', sizeBytes)).toBeUndefined();
  });
});
