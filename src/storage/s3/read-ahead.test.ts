import { once } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ByteSource } from '../../bytes/byte-reader.ts';
import { ReadAhead } from './read-ahead.ts';

const object = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 31 + (index >> 8)) & 0xff));

function reader(fail: (call: number) => Error | undefined = () => undefined, content = object) {
  const requests: { offset: number; length: number }[] = [];
  const ahead = new ReadAhead(async function* (_name, offset, length): ByteSource {
    requests.push({ offset, length });
    await Promise.resolve();
    const error = fail(requests.length);
    if (error !== undefined) throw error;
    const bytes = content.subarray(offset, offset + length);
    for (let from = 0; from < bytes.length; from += 10_000) yield bytes.subarray(from, from + 10_000);
  });
  const read = async (offset: number, length: number, name = 'pack'): Promise<Buffer> => {
    const pieces: Uint8Array[] = [];
    for await (const piece of ahead.get(name, offset, length, undefined)) pieces.push(piece);
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

  it('reads the whole of a large object beside one that it went through', async () => {
    const large = 6_000_000;
    const { requests, read } = reader(undefined, Buffer.alloc(large, 'pack'));
    const through = async (name: string) => {
      for (let offset = 0; offset < large; offset += 500_000) await read(offset, 500_000, name);
    };
    await through('packs/a/0');
    expect(requests.map(({ length }) => length)).toEqual([500_000, 2_000_000, 8_000_000]);
    await through('packs/a/1');
    await read(0, 3_000, 'packs/b/0');
    await read(2_000_000, 3_000, 'packs/a/2');
    expect(requests.slice(3)).toEqual([
      { offset: 0, length: 16 * 1024 * 1024 },
      { offset: 0, length: 3_000 },
      { offset: 2_000_000, length: 3_000 },
    ]);
  });

  it('does not take small objects for large ones', async () => {
    const { requests, read } = reader();
    for (const name of ['one', 'two', 'three'])
      for (let offset = 0; offset < object.length; offset += 100_000) await read(offset, 100_000, name);
    expect(Math.max(...requests.map(({ length }) => length))).toBe(400_000);
  });

  it('gives what has come while the rest of the request is on its way', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const ahead = new ReadAhead(async function* (_name, offset, length): ByteSource {
      for (let from = offset; from < Math.min(offset + length, object.length); from += 10_000) {
        if (from >= 30_000) await held;
        yield object.subarray(from, Math.min(from + 10_000, offset + length));
      }
    });
    const read = async (offset: number, length: number): Promise<Buffer> => {
      const pieces: Uint8Array[] = [];
      for await (const piece of ahead.get('pack', offset, length, undefined)) pieces.push(piece);
      return Buffer.concat(pieces);
    };
    await read(0, 10_000);
    expect((await read(10_000, 15_000)).equals(object.subarray(10_000, 25_000))).toBe(true);
    const rest = read(25_000, 20_000);
    release();
    expect((await rest).equals(object.subarray(25_000, 45_000))).toBe(true);
  });

  it('asks again for what somebody else gave up, and not when the own reader did', async () => {
    const stop = new AbortController();
    const stopped = once(stop.signal, 'abort');
    let requests = 0;
    const ahead = new ReadAhead(async function* (_name, offset, length, signal): ByteSource {
      requests += 1;
      const bytes = object.subarray(offset, offset + length);
      yield bytes.subarray(0, 1_000);
      if (requests === 2) await stopped;
      signal?.throwIfAborted();
      yield bytes.subarray(1_000);
    });
    const read = async (offset: number, length: number, signal?: AbortSignal): Promise<Buffer> => {
      const pieces: Uint8Array[] = [];
      for await (const piece of ahead.get('pack', offset, length, signal)) pieces.push(piece);
      return Buffer.concat(pieces);
    };
    await read(0, 1_500);
    const mine = read(1_500, 1_500, stop.signal);
    const another = read(2_000, 1_000);
    stop.abort(new Error('signal 15'));
    await expect(mine).rejects.toThrow('signal 15');
    expect((await another).equals(object.subarray(2_000, 3_000))).toBe(true);
  });

  it('reads again what failed', async () => {
    const { requests, read } = reader((call) => (call === 2 ? new Error('lost') : undefined));
    await read(0, 1_000);
    await expect(read(1_000, 1_000)).rejects.toThrow('lost');
    expect((await read(1_000, 1_000)).equals(object.subarray(1_000, 2_000))).toBe(true);
    expect(requests).toHaveLength(3);
  });
});
