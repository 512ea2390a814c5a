import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lsn } from '../wal/lsn.ts';
import { contentLength, HeldComparison } from './compare-held.ts';
import type { HeldSegment } from './wal-store.ts';

/** A held segment that is read in pieces of `step` bytes. */
function heldOf(bytes: Uint8Array, isWhole: boolean, step = 700): HeldSegment {
  return {
    timeline: 1,
    startLsn: lsn(0n),
    isWhole,
    from: 'here',
    async *read() {
      await Promise.resolve();
      for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
    },
  };
}

/** WAL that has a zero here and there, as real WAL does. */
function content(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_none, index) => (index % 7 === 0 ? 0 : (index * 31) % 255)));
}

async function differenceOf(held: HeldSegment, sent: Uint8Array, step: number): Promise<number | undefined> {
  const comparison = new HeldComparison(held);
  for (let at = 0; at < sent.length; at += step) {
    const found = await comparison.findDifference(sent.subarray(at, at + step));
    if (found !== undefined) return found;
  }
  return undefined;
}

const sent = content(4096);

it('finds the first byte that differs, however both come in pieces', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(4095),
      fc.integer({ min: 1, max: 5000 }),
      fc.integer({ min: 1, max: 5000 }),
      fc.boolean(),
      async (at, ourStep, theirStep, isWhole) => {
        const ours = Buffer.from(sent);
        // Never zero: that would be a hole in what is not whole.
        ours[at] = ours[at] === 255 ? 1 : 255;
        expect(await differenceOf(heldOf(ours, isWhole, ourStep), sent, theirStep)).toBe(at);
      },
    ),
    { numRuns: 200 },
  );
});

it('takes what a crash kept from being written for no difference, in what is not whole', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(4095),
      fc.nat(7),
      fc.integer({ min: 1, max: 5000 }),
      fc.integer({ min: 1, max: 5000 }),
      async (end, sector, ourStep, theirStep) => {
        // The end was not written, and one sector before it neither.
        const ours = Buffer.from(sent).fill(0, end);
        ours.fill(0, sector * 512, (sector + 1) * 512);
        expect(await differenceOf(heldOf(ours, false, ourStep), sent, theirStep)).toBeUndefined();
      },
    ),
    { numRuns: 200 },
  );
});

it('takes no zeros for a hole behind which something else follows in the same sector', async () => {
  const ours = Buffer.from(sent).fill(0, 1030, 1040);
  expect(await differenceOf(heldOf(ours, false), sent, 300)).toBe(1030);
});

it('takes no zeros for a hole in a whole segment', async () => {
  const ours = Buffer.from(sent).fill(0, 2000);
  // Zeros are the same as zeros.
  expect(await differenceOf(heldOf(ours, true), sent, 300)).toBe(2000 % 7 === 0 ? 2001 : 2000);
});

it('names the hole where a difference lies behind one: the fork may have begun there', async () => {
  const ours = Buffer.from(sent).fill(0, 1030, 1536);
  ours[3000] = 255;
  expect(await differenceOf(heldOf(ours, false), sent, 300)).toBe(1030);
});

it('is at its end where what is held ends', async () => {
  const comparison = new HeldComparison(heldOf(sent.subarray(0, 1000), false));
  expect(await comparison.findDifference(sent.subarray(0, 900))).toBeUndefined();
  expect(comparison.isAtEnd).toBe(false);
  expect(await comparison.findDifference(sent.subarray(900))).toBeUndefined();
  expect(comparison.isAtEnd).toBe(true);
});

it('knows how much of a segment that is not whole is held', async () => {
  const padded = Buffer.alloc(8192);
  sent.copy(padded, 0, 0, 3000);
  expect(await contentLength(heldOf(padded, false))).toBe(3000);
  expect(await contentLength(heldOf(padded, true))).toBe(8192);
  expect(await contentLength(heldOf(Buffer.alloc(100), false))).toBe(0);
});
