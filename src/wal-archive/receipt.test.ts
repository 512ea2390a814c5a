import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BackupError } from '../errors/backup-error.ts';
import { lsn, type Lsn } from '../wal/lsn.ts';
import { codecSuffixes } from './codec.ts';
import { decodeReceipt, encodeReceipt, findFork, type Receipt, type SegmentLinks } from './receipt.ts';

const position = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map(lsn);
const maybe = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(value, { nil: undefined });
const hex = (digits: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`));
const count = fc.nat({ max: 1 << 30 });
const links: fc.Arbitrary<SegmentLinks> = fc.record({
  continuation: count,
  first: maybe(position),
  previous: maybe(position),
  last: maybe(position),
  lastComplete: maybe(position),
  missing: count,
  end: position,
  overwrites: fc.boolean(),
  unfinished: maybe(
    fc.record({
      header: fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes) as Uint8Array),
      bodyCrc: fc.nat({ max: 0xffff_ffff }),
    }),
  ),
});
const receipt: fc.Arbitrary<Receipt> = fc.record({
  name: fc.stringMatching(/^[0-9A-F]{24}(?:\.partial)?$/),
  sizeBytes: count,
  sha256: hex(64),
  codec: fc.constantFrom(...codecSuffixes.map(([codec]) => codec)),
  storedBytes: count,
  pushedAt: fc.constant('2026-11-21T10:00:00.000Z'),
  links: maybe(links),
});

describe('a receipt', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(receipt, (one) => {
        expect(decodeReceipt(encodeReceipt(one), one.name)).toEqual(one);
      }),
    );
  });

  it('of which one bit was turned, or a piece is missing, is damaged', () => {
    fc.assert(
      fc.property(receipt, fc.nat(), fc.nat({ max: 7 }), fc.boolean(), (one, at, bit, cuts) => {
        const bytes = encodeReceipt(one);
        const index = at % bytes.length;
        const changed = cuts ? bytes.subarray(0, index) : Buffer.from(bytes);
        if (!cuts) changed[index] = changed[index]! ^ (1 << bit);
        expect(() => decodeReceipt(changed, one.name)).toThrow(BackupError);
      }),
    );
  });

  it('is that of its own segment only', () => {
    fc.assert(
      fc.property(receipt, (one) => {
        expect(() => decodeReceipt(encodeReceipt(one), 'F'.repeat(24))).toThrow(/is damaged/);
      }),
    );
  });
});

describe('what follows a segment', () => {
  const at = (value: bigint): Lsn => lsn(value);
  const before: SegmentLinks = {
    continuation: 0,
    first: at(0x1000028n),
    previous: at(0xfffff00n),
    last: at(0x1fffff0n),
    lastComplete: at(0x1ffff00n),
    missing: 24,
    end: at(0x1fffff0n),
    overwrites: false,
    unfinished: undefined,
  };
  const next: SegmentLinks = { ...before, continuation: 24, previous: before.last, first: at(0x2000040n) };

  it('goes on with the bytes that were missing, behind the last record', () => {
    expect(findFork(before, next)).toBeUndefined();
    expect(findFork(before, { ...next, continuation: 16 })).toEqual({
      what: 'continuation',
      expected: '24',
      found: '16',
    });
    expect(findFork(before, { ...next, previous: at(0x1fffe00n) })).toMatchObject({ what: 'previous' });
  });

  it('may give up the record that was begun', () => {
    const overwrites = { ...next, overwrites: true, continuation: 0, previous: before.lastComplete };
    expect(findFork(before, overwrites)).toBeUndefined();
    expect(findFork(before, { ...overwrites, previous: before.last })).toMatchObject({ what: 'previous' });
  });

  it('is not judged where one of the two knows nothing', () => {
    expect(findFork(undefined, next)).toBeUndefined();
    expect(findFork(before, undefined)).toBeUndefined();
    expect(findFork(before, { ...next, previous: undefined })).toBeUndefined();
  });
});
