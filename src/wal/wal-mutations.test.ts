import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WalBuilder } from '../../test/support/wal-builder.ts';
import { type BuiltRecord } from '../../test/support/wal-builder.ts';
import { built, heap, read, readInEveryWay } from '../../test/support/wal-reading.ts';
import { render } from '../messages/message.ts';
import { lsn, type Lsn } from './lsn.ts';
import { segmentEndLsn } from './segment.ts';
import { describeWalEnd } from './wal-end.ts';
import type { CrcCheck } from './wal-reader.ts';

const postgresql15 = 0xd110;
const openGauss = 0xd074;

describe('WE-07: a record that overwrites an aborted one', () => {
  function overwritten(named: (broken: BuiltRecord) => Lsn): {
    wal: WalBuilder;
    broken: BuiltRecord;
    after: BuiltRecord[];
  } {
    const { wal } = built(postgresql15);
    const broken = wal.appendBroken({ ...heap, main: Buffer.alloc(30_000, 1) }, 9000);
    const main = Buffer.alloc(16);
    main.writeBigUInt64LE(named(broken));
    wal.nextPageFlags = 8;
    const after = [wal.append({ rmid: 0, info: 0xd0, main }), wal.append({ ...heap, main: Buffer.from('after') })];
    return { wal, broken, after };
  }

  it('goes on behind it and tells which one was given up', () => {
    const { wal, broken, after } = overwritten((record) => record.startLsn);
    const { end, starts, abandoned } = readInEveryWay(wal.bytes(), wal.startLsn);
    expect(abandoned).toEqual([broken.startLsn]);
    expect(starts).not.toContain(broken.startLsn);
    expect(starts.slice(-2)).toEqual(after.map((record) => record.startLsn));
    expect(end.lsn).toBe(wal.position);
  });

  it('ends when the record names another', () => {
    const { wal, after } = overwritten(() => lsn(0x77n));
    expect(readInEveryWay(wal.bytes(), wal.startLsn).end).toMatchObject({
      lsn: after[0]!.startLsn,
      reason: { kind: 'wrong-overwrite' },
    });
  });

  it('is not known to openGauss, whose pages have no such flag', () => {
    const { wal } = built(openGauss);
    wal.fillPage(0);
    wal.nextPageFlags = 8;
    wal.append(heap);
    expect(readInEveryWay(wal.bytes(), wal.startLsn).end.reason).toMatchObject({ kind: 'bad-page-flags' });
  });
});

describe('positions at either end of what can be counted', () => {
  it('are led out of it by an error that says so', () => {
    for (const value of [-1n, 1n << 64n]) {
      expect(() => lsn(value)).toThrow(expect.objectContaining({ code: 'CORRUPT' }));
    }
    expect(segmentEndLsn(lsn((1n << 64n) - 0x100_0000n), 0x100_0000)).toBe((1n << 64n) - 1n);
    expect(segmentEndLsn(lsn(0x100_0000n), 0x100_0000)).toBe(0x200_0000n);
  });
});

describe('bytes from anywhere', () => {
  const kinds = new Set([
    ...['input-ended', 'zero-length', 'bad-length', 'bad-resource-manager', 'wrong-previous-link', 'bad-checksum'],
    ...['no-continuation', 'wrong-continuation-length', 'unexpected-continuation', 'wrong-overwrite', 'bad-magic'],
    ...['bad-page-flags', 'foreign-system', 'other-segment-size', 'other-page-size', 'wrong-page-address'],
    'timeline-backwards',
  ]);

  it('end with a reason, and what was visited before is a prefix of the records', () => {
    const { wal, records } = built(postgresql15);
    const original = wal.bytes();
    const starts = records.map((record) => record.startLsn);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(original.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.constantFrom<CrcCheck>('every-record', 'visited-records'),
        (changes, check) => {
          const bytes = Buffer.from(original);
          for (const [at, value] of changes) bytes[at] = value;
          const reading = read(bytes, wal.startLsn, { check });
          expect(kinds).toContain(reading.end.reason.kind);
          expect(reading.starts).toEqual(starts.slice(0, reading.starts.length));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('need not be WAL', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30_000 }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (bytes, start) => {
        const { end, starts } = read(bytes, lsn(start));
        expect(kinds).toContain(end.reason.kind);
        expect(starts).toEqual([]);
        expect(render(describeWalEnd(end))).not.toContain('{');
      }),
    );
  });
});
