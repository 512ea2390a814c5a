import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBackups, type DatedBackup } from './backup-order.ts';

const second = Date.parse('2026-11-22T12:00:00Z');
const dated = (backup: string, timeMs: number, startLsn: bigint, more: Partial<DatedBackup> = {}): DatedBackup => ({
  ...{ backup, timeMs, generation: 1, timeline: 1, startLsn },
  ...more,
});
const ordered = (...backups: DatedBackup[]): string[] => backups.sort(compareBackups).map(({ backup }) => backup);

describe('the order of backups', () => {
  it('is that of their times', () => {
    expect(ordered(dated('a', second + 1000, 1n), dated('b', second, 2n))).toEqual(['b', 'a']);
  });

  it('is that of their WAL within a second, which one of them may tell more exactly than the other', () => {
    expect(ordered(dated('a', second, 0x5000028n), dated('b', second, 0x2000028n))).toEqual(['b', 'a']);
    expect(ordered(dated('a', second, 0x5000028n), dated('b', second + 400, 0x2000028n))).toEqual(['b', 'a']);
    const later = { timeline: 2 };
    expect(ordered(dated('a', second, 0x2000028n, later), dated('b', second, 0x5000028n))).toEqual(['b', 'a']);
    const behind = { generation: 2 };
    expect(ordered(dated('a', second, 0x2000028n, behind), dated('b', second, 0x5000028n, later))).toEqual(['b', 'a']);
  });

  it('is that of their times again where their WAL begins at one position', () => {
    expect(ordered(dated('a', second + 400, 1n), dated('b', second + 100, 1n))).toEqual(['b', 'a']);
  });

  it('is that of their names at last', () => {
    expect(ordered(dated('b', second, 1n), dated('a', second, 1n))).toEqual(['a', 'b']);
  });

  it('is the same, however they come', () => {
    const any = fc.record({
      timeMs: fc.integer({ min: second, max: second + 3000 }),
      generation: fc.integer({ min: 1, max: 2 }),
      timeline: fc.integer({ min: 1, max: 2 }),
      startLsn: fc.bigInt({ min: 0n, max: 3n }),
    });
    const several = fc
      .array(any, { maxLength: 12 })
      .map((given) => given.map((one, at) => ({ ...one, backup: `${at}` })));
    fc.assert(
      fc.property(
        several.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => {
          expect(shuffled.toSorted(compareBackups)).toEqual(all.toSorted(compareBackups));
        },
      ),
    );
  });
});
