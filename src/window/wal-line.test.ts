import { describe, expect, it } from 'vitest';
import { WalBuilder } from '../../test/support/wal-builder.ts';
import { lsn, type Lsn } from '../wal/lsn.ts';
import { segmentName } from '../wal/segment.ts';
import { LineWalker, type LineBreak, type LineSegment } from './wal-line.ts';
import { indexSegment } from '../../test/support/whole-wal.ts';

const segmentSizeBytes = 1024 * 1024;
const startLsn = lsn(0x100_0000n);

/** Three segments of records; the first and the last bytes of each are known. */
function builtLine(): Buffer {
  const builder = new WalBuilder({ magic: 0xd116, startLsn, segmentSizeBytes });
  while (builder.position < startLsn + 3n * BigInt(segmentSizeBytes) - 4000n) {
    builder.append({ rmid: 10, info: 0, main: new Uint8Array(1500).fill(7) });
  }
  return builder.bytes({ wholeSegment: true });
}

function lineSegment(bytes: Buffer, at: number): LineSegment {
  const start = lsn(startLsn + BigInt(at * segmentSizeBytes));
  const part = bytes.subarray(at * segmentSizeBytes, (at + 1) * segmentSizeBytes);
  const content = indexSegment(part, { startLsn: start, check: 'every-record' });
  return {
    name: segmentName(1, start, segmentSizeBytes),
    timeline: 1,
    startLsn: start,
    segmentSizeBytes,
    from: 'test',
    content,
  };
}

function breaks(...segments: LineSegment[]): { endLsn: Lsn | undefined; broken: LineBreak }[] {
  const walker = new LineWalker();
  const items = [...segments.flatMap((segment) => walker.step(segment)), ...walker.finish()];
  return items.flatMap((item) => (item.kind === 'break' ? [{ endLsn: item.endLsn, broken: item.break }] : []));
}

describe('a record that was not written to its end', () => {
  const whole = builtLine();
  const parts = (bytes: Buffer): LineSegment[] => [0, 1, 2].map((at) => lineSegment(bytes, at));

  it('is no news where there is none', () => {
    expect(breaks(...parts(whole))).toMatchObject([{ broken: { kind: 'end', isTorn: false } }]);
  });

  it.each([
    ['within a page', 8192 * 40 + 100],
    ['at the border of two pages', 8192 * 41],
  ])('ends the line, torn %s', (_, keptBytes) => {
    for (const behind of [0, 0xff]) {
      const torn = Buffer.from(whole);
      torn.fill(behind, segmentSizeBytes + keptBytes);
      const [first, second] = parts(torn);
      const found = breaks(first!, second!);
      expect(found).toMatchObject([{ broken: { kind: 'end', isTorn: true, firstSegment: second!.name } }]);
      expect(found[0]!.endLsn).toBeLessThan(startLsn + BigInt(segmentSizeBytes + keptBytes));
    }
  });

  it('ends the line, torn at the border of two segments, where the next was begun', () => {
    const torn = Buffer.from(whole);
    // The first page of the next segment has its header and nothing else.
    torn.fill(0, segmentSizeBytes + 40);
    const [first, second] = parts(torn);
    const found = breaks(first!, second!);
    expect(found).toMatchObject([{ broken: { kind: 'end' } }]);
    expect(found[0]!.endLsn).toBeLessThanOrEqual(startLsn + BigInt(segmentSizeBytes));
    expect(found).toEqual(breaks(first!).map(({ endLsn }) => ({ endLsn, broken: found[0]!.broken })));
  });

  it('is damage where WAL follows', () => {
    const torn = Buffer.from(whole);
    torn.fill(0, segmentSizeBytes + 8192 * 40 + 100, 2 * segmentSizeBytes);
    expect(breaks(...parts(torn))).toMatchObject([
      { broken: { kind: 'damaged', firstSegment: lineSegment(torn, 1).name } },
      { broken: { kind: 'end' } },
    ]);
  });
});
