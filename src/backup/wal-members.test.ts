import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lsn } from '../wal/lsn.ts';
import { segmentMembers } from './wal-members.ts';

const mebibyte = 1024 * 1024;

/** WAL of `length` bytes from `start`, byte i being i mod 251, cut into pieces at `cuts`. */
async function* walOf(start: bigint, length: number, cuts: readonly number[]) {
  const bytes = Uint8Array.from({ length }, (_, index) => index % 251);
  const ends = [...new Set([...cuts.filter((cut) => cut > 0 && cut < length), length])].sort((a, b) => a - b);
  let from = 0;
  for (const end of ends) {
    yield await Promise.resolve({ startLsn: lsn(start + BigInt(from)), bytes: bytes.subarray(from, end) });
    from = end;
  }
}

describe('segmentMembers', () => {
  it('cuts WAL into full segments with a .done mark each, the last one filled with zeros, at any piece size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 2 * mebibyte + 77 }),
        fc.array(fc.integer({ min: 1, max: 2 * mebibyte }), { maxLength: 8 }),
        async (length, cuts) => {
          const start = 0x1_0000_0000n - BigInt(mebibyte);
          const options = { startLsn: lsn(start), timeline: 3, segmentSizeBytes: mebibyte, fileMode: 0o600 };
          const names: string[] = [];
          const content: Buffer[] = [];
          for await (const member of segmentMembers(walOf(start, length, cuts), options)) {
            names.push(member.header.name);
            let size = 0;
            for await (const piece of member.content) {
              size += piece.length;
              content.push(Buffer.from(piece));
            }
            expect(size).toBe(member.header.size);
          }
          const segments = Math.ceil(length / mebibyte);
          const expected = ['000000030000000000000FFF', '000000030000000100000000', '000000030000000100000001'];
          expect(names).toEqual(expected.slice(0, segments).flatMap((name) => [name, `archive_status/${name}.done`]));
          const whole = Buffer.concat(content);
          expect(whole.length).toBe(segments * mebibyte);
          for (let index = 0; index < whole.length; index += 997) {
            expect(whole[index]).toBe(index < length ? index % 251 : 0);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('makes nothing of no WAL', async () => {
    const options = { startLsn: lsn(0n), timeline: 1, segmentSizeBytes: mebibyte, fileMode: 0o600 };
    const members = [];
    for await (const member of segmentMembers(walOf(0n, 0, []), options)) members.push(member);
    expect(members).toEqual([]);
  });
});
