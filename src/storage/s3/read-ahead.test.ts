import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ByteSource } from '../../bytes/byte-reader.ts';
import { ReadAhead } from './read-ahead.ts';

const object = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 31 + (index >> 8)) & 0xff));

function reader(fail: (call: number) => Error | undefined = () => undefined) {
  const requests: { offset: number; length: number }[] = [];
  const ahead = new ReadAhead(async function* (_name, offset, length): ByteSource {
    requests.push({ offset, length });
    await Promise.resolve();
    const error = fail(requests.length);
    if (error !== undefined) throw error;
    const bytes = object.subarray(offset, offset + length);
    for (let from = 0; from < bytes.length; from += 10_000) yield bytes.subarray(from, from + 10_000);
  });
  const read = async (offset: number, length: number): Promise<Buffer> => {
    const pieces: Uint8Array[] = [];
    for await (const piece of ahead.get('pack', offset, length, undefined)) pieces.push(piece);
    return Buffer.concat(pieces);
  };
  return { requests, read };
}

describe('reading ahead', () => {
  it('gives the bytes of any ranges, in any order, side by side', async () => {
    const range = fc.tuple(fc.nat(object.length + 10), fc.nat(50_000));
    await fc.assert(
      fc.asyncProperty(fc.array(range, { maxLength: 30 }), fc.boolean(), async (ranges, together) => {
        const { read } = reader();
        const wanted = ranges.map(([offset, length]) => object.subarray(offset, offset + length));
        const found: Buffer[] = [];
        if (together) found.push(...(await Promise.all(ranges.map((one) => read(...one)))));
        else for (const one of ranges) found.push(await read(...one));
        expect(found.every((bytes, index) => bytes.equals(wanted[index]!))).toBe(true);
      }),
    );
  });

  it('makes few requests of parts one behind the other, and reads what is alone as it is', async () => {
    const { requests, read } = reader();
    for (let offset = 0; offset < object.length; offset += 3_000) await read(offset, 3_000);
    expect(requests.map(({ length }) => length)).toEqual([3_000, 12_000, 48_000, 192_000, 768_000]);
    const apart = reader();
    await apart.read(0, 100);
    await apart.read(299_000, 100);
    expect(apart.requests).toEqual([
      { offset: 0, length: 100 },
      { offset: 299_000, length: 100 },
    ]);
  });

  it('reads again what failed', async () => {
    const { requests, read } = reader((call) => (call === 2 ? new Error('lost') : undefined));
    await read(0, 1_000);
    await expect(read(1_000, 1_000)).rejects.toThrow('lost');
    expect((await read(1_000, 1_000)).equals(object.subarray(1_000, 2_000))).toBe(true);
    expect(requests).toHaveLength(3);
  });
});
