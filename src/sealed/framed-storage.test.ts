import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namesOf, pieces, readAll } from '../../test/contract/storage.contract.ts';
import { FaultyStorage } from '../../test/support/faulty-storage.ts';
import { MemoryStorage } from '../../test/support/memory-storage.ts';
import { openRetrying } from '../storage/retrying-storage.ts';
import type { Storage } from '../storage/storage.ts';
import { contentSizeOf } from './frame-format.ts';
import { framedStorage } from './framed-storage.ts';
import type { FrameProtection } from './object-frames.ts';

const master = Buffer.from('8d1f'.repeat(16), 'hex');
const protections: FrameProtection[] = [
  { kind: 'checksums', repository: 'ab'.repeat(16) },
  { kind: 'encrypted', master },
];
const pieceSize = 65_536;
const frameSize = pieceSize + 16;

function content(size: number, seed = 1): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8) * 7 + seed) & 0xff));
}

/** The stored name of the only object, in which `framed` has just put `name`. */
async function onlyName(inner: Storage): Promise<string> {
  const [name] = await namesOf(inner);
  return name!;
}

/** Puts other bytes in the place of an object. */
async function replace(inner: Storage, name: string, bytes: Uint8Array): Promise<void> {
  await inner.delete(name);
  await inner.put(name, pieces(bytes, 10_000_000));
}

const damaged = { code: 'CORRUPT' };

describe.each(protections)('frames: $kind', (protection) => {
  const open = () => {
    const inner = new MemoryStorage();
    return { inner, framed: framedStorage(inner, protection) };
  };

  it('gives every range of content of every size around the borders', { timeout: 300_000 }, async () => {
    const size = fc.constantFrom(0, 1, 15, 16, 17, pieceSize - 1, pieceSize, pieceSize + 1, 3 * pieceSize, 150_000);
    const near = fc.tuple(fc.constantFrom(0, 1, 2, 3), fc.integer({ min: -2, max: 2 }));
    const place = fc.oneof(
      near.map(([frame, off]) => Math.max(0, frame * pieceSize + off)),
      fc.nat(200_000),
    );
    const { framed } = open();
    const known = new Map<number, Buffer>();
    await fc.assert(
      fc.asyncProperty(size, place, place, fc.integer({ min: 1, max: 70_000 }), async (bytes, offset, length, step) => {
        const name = `size/${bytes}`;
        if (!known.has(bytes)) {
          known.set(bytes, content(bytes));
          expect(await framed.put(name, pieces(known.get(bytes)!, step))).toEqual({ sizeBytes: bytes });
        }
        expect(await framed.stat(name)).toMatchObject({ sizeBytes: bytes });
        const got = await readAll(framed, name, { offset, length });
        expect(got.equals(known.get(bytes)!.subarray(offset, offset + length))).toBe(true);
        expect((await readAll(framed, name, { offset })).equals(known.get(bytes)!.subarray(offset))).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it('stores the sizes that the format says', async () => {
    const { inner, framed } = open();
    for (const size of [0, 1, pieceSize, pieceSize + 1, 2 * pieceSize]) {
      await framed.put('x', pieces(content(size), 9999));
      const stored = (await inner.stat(await onlyName(inner)))!.sizeBytes;
      expect(stored).toBe(24 + size + 16 * Math.max(1, Math.ceil(size / pieceSize)));
      expect(contentSizeOf(stored)).toBe(size);
      await framed.delete('x');
    }
  });

  it('finds every flipped bit of an object', async () => {
    const { inner, framed } = open();
    await framed.put('a/x', pieces('the commit of a backup'));
    const name = await onlyName(inner);
    const sound = await readAll(inner, name);
    for (let bit = 0; bit < sound.length * 8; bit += 1) {
      const bytes = Buffer.from(sound);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      await replace(inner, name, bytes);
      // The fifth byte is the format.
      const code = bytes[4]! > 1 ? 'REPOSITORY_VERSION' : 'CORRUPT';
      await expect(readAll(framed, 'a/x'), `bit ${bit}`).rejects.toMatchObject({ code });
    }
  });

  it('finds flipped bits in every frame, and hands out nothing of a damaged one', async () => {
    const { inner, framed } = open();
    const clear = content(3 * pieceSize + 100);
    await framed.put('x', pieces(clear, 70_000));
    const name = await onlyName(inner);
    const sound = await readAll(inner, name);
    const positions = fc.integer({ min: 5 * 8, max: sound.length * 8 - 1 });
    await fc.assert(
      fc.asyncProperty(positions, async (bit) => {
        const bytes = Buffer.from(sound);
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        await replace(inner, name, bytes);
        const got: Uint8Array[] = [];
        const reading = async () => {
          for await (const piece of framed.get('x')) got.push(Uint8Array.from(piece));
        };
        await expect(reading()).rejects.toMatchObject(damaged);
        const whole = Buffer.concat(got);
        expect(whole.equals(clear.subarray(0, whole.length))).toBe(true);
        expect(whole.length).toBeLessThanOrEqual(Math.max(0, Math.floor((bit / 8 - 24) / frameSize)) * pieceSize);
      }),
      { numRuns: 100 },
    );
  });

  it('finds every length but its own', async () => {
    const { inner, framed } = open();
    const clear = content(2 * pieceSize);
    await framed.put('x', pieces(clear, 70_000));
    const name = await onlyName(inner);
    const sound = await readAll(inner, name);
    const longer = Buffer.concat([sound, Buffer.alloc(70_000)]);
    const borders = [0, 1, 23, 24, 25, 39, 40, 41, 24 + frameSize, 24 + frameSize + 1, 24 + frameSize + 16];
    for (const length of [...borders, sound.length - 1, sound.length + 1, sound.length + 16, longer.length]) {
      await replace(inner, name, longer.subarray(0, length));
      await expect(readAll(framed, 'x'), `${length} bytes`).rejects.toMatchObject(damaged);
      await expect(readAll(framed, 'x', { offset: clear.length - 5 }), `${length} bytes`).rejects.toMatchObject(
        damaged,
      );
      await expect(readAll(framed, 'x', { offset: clear.length }), `${length} bytes`).rejects.toMatchObject(damaged);
      await expect(readAll(framed, 'x', { offset: 999_999 }), `${length} bytes`).rejects.toMatchObject(damaged);
    }
  });

  it('finds that the content ends early also where the range ends there', async () => {
    const { inner, framed } = open();
    await framed.put('x', pieces(content(2 * pieceSize), 70_000));
    const name = await onlyName(inner);
    const sound = await readAll(inner, name);
    expect(await readAll(framed, 'x', { length: pieceSize })).toHaveLength(pieceSize);
    await replace(inner, name, sound.subarray(0, 24 + frameSize));
    await expect(readAll(framed, 'x', { length: pieceSize })).rejects.toMatchObject(damaged);
  });

  it('finds frames and objects in the place of others', async () => {
    const { inner, framed } = open();
    await framed.put('a', pieces(content(2 * pieceSize, 1), 70_000));
    const [a] = await namesOf(inner);
    await framed.put('b', pieces(content(2 * pieceSize, 2), 70_000));
    const b = (await namesOf(inner)).find((name) => name !== a)!;
    const [bytesA, bytesB] = [await readAll(inner, a!), await readAll(inner, b)];
    const frames = (bytes: Buffer) => [bytes.subarray(24, 24 + frameSize), bytes.subarray(24 + frameSize)] as const;
    const [first, second] = frames(bytesA);
    for (const body of [
      [second, first],
      [first, frames(bytesB)[1]],
      [first, first],
    ]) {
      await replace(inner, a!, Buffer.concat([bytesA.subarray(0, 24), ...body]));
      await expect(readAll(framed, 'a')).rejects.toMatchObject(damaged);
    }
    await replace(inner, a!, bytesB);
    await replace(inner, b, bytesA);
    await expect(readAll(framed, 'a')).rejects.toMatchObject(damaged);
    await expect(readAll(framed, 'b', { offset: pieceSize })).rejects.toMatchObject(damaged);
    await replace(inner, a!, bytesA);
    expect(await readAll(framed, 'a')).toHaveLength(2 * pieceSize);
  });

  it('reads another object that has the name by now', async () => {
    const { framed } = open();
    await framed.put('x', pieces(content(150_000, 1), 70_000));
    expect(await readAll(framed, 'x', { offset: 100_000 })).toHaveLength(50_000);
    await framed.delete('x');
    await framed.put('x', pieces(content(150_000, 2), 70_000));
    const again = await readAll(framed, 'x', { offset: 100_000 });
    expect(again.equals(content(150_000, 2).subarray(100_000))).toBe(true);
  });

  it('tells a size that no object has', async () => {
    const { inner, framed } = open();
    await framed.put('x', pieces('1234'));
    await replace(inner, await onlyName(inner), Buffer.alloc(39));
    await expect(framed.stat('x')).rejects.toMatchObject({ ...damaged, sentence: { key: 'sealed.bad-size' } });
    const sizes: number[] = [];
    for await (const { sizeBytes } of framed.list('')) sizes.push(sizeBytes);
    expect(sizes).toEqual([-1]);
  });

  it('speaks of objects by their clear names', async () => {
    const { inner, framed } = open();
    await expect(readAll(framed, 'a/x')).rejects.toThrow('"a/x"');
    await framed.put('a/x', pieces('1'));
    await expect(framed.put('a/x', pieces('2'))).rejects.toThrow('object "a/x" exists already');
    await replace(inner, await onlyName(inner), Buffer.alloc(40));
    const error = { message: '"a/x" is damaged, or another object lies in its place: it does not begin as it should' };
    await expect(readAll(framed, 'a/x')).rejects.toMatchObject(error);
  });

  it('passes on what a body throws, whatever it looks like', async () => {
    const { framed } = open();
    const failure = await readAll(new MemoryStorage(), 'elsewhere').catch((error: unknown) => error);
    const body = async function* () {
      await Promise.resolve();
      yield Buffer.from('1');
      throw failure;
    };
    await expect(framed.put('x', body)).rejects.toBe(failure);
  });

  it('recognises what it stored where the answer was lost, by its content', async () => {
    let puts = 0;
    const inner = new FaultyStorage(new MemoryStorage(), (call) =>
      call === 'put' && puts++ === 0 ? 'fail-after' : undefined,
    );
    const plan = { forMs: 60_000, pause: () => Promise.resolve() };
    const framed = framedStorage(await openRetrying(() => Promise.resolve(inner), plan), protection);
    const bytes = content(200_000);
    expect(await framed.put('x', pieces(bytes, 1000))).toEqual({ sizeBytes: 200_000 });
    puts = 0;
    let reading = 0;
    const changing = () => pieces(content(200_000, (reading += 1)), 1000)();
    await expect(framed.put('y', changing)).rejects.toMatchObject({ code: 'OBJECT_EXISTS' });
    expect((await readAll(framed, 'x')).equals(bytes)).toBe(true);
    await expect(framed.put('x', pieces(bytes, 1000))).rejects.toMatchObject({ code: 'OBJECT_EXISTS' });
  });

  it('draws a salt for each reading of the content', async () => {
    const first: Uint8Array[] = [];
    class ReadingTwice extends MemoryStorage {
      override async put(...[name, body]: Parameters<Storage['put']>) {
        for await (const piece of body()) first.push(Uint8Array.from(piece));
        return super.put(name, body);
      }
    }
    const inner = new ReadingTwice();
    await framedStorage(inner, protection).put('x', pieces('1234'));
    const header = await readAll(inner, await onlyName(inner), { length: 24 });
    expect(header.subarray(0, 8).equals(first[0]!.subarray(0, 8))).toBe(true);
    expect(header.equals(first[0]!)).toBe(false);
  });
});

it('an encrypted storage takes no object of checksums, nor the other way round', async () => {
  const inner = new MemoryStorage();
  const encrypted = framedStorage(inner, protections[1]!);
  const summed = framedStorage(inner, protections[0]!);
  await encrypted.put('x', pieces('secret'));
  const name = await onlyName(inner);
  await expect(readAll(summed, name)).rejects.toMatchObject(damaged);
  await inner.delete(name);
  await summed.put(name, pieces('forged'));
  await expect(readAll(encrypted, 'x')).rejects.toMatchObject(damaged);
});

it('takes no object of another repository', async () => {
  const inner = new MemoryStorage();
  await framedStorage(inner, protections[0]!).put('x', pieces('1'));
  const other = framedStorage(inner, { kind: 'checksums', repository: 'cd'.repeat(16) });
  await expect(readAll(other, 'x')).rejects.toMatchObject(damaged);
});

it('another master key reads nothing', async () => {
  const inner = new MemoryStorage();
  await framedStorage(inner, protections[1]!).put('x', pieces('secret'));
  const other = framedStorage(inner, { kind: 'encrypted', master: Buffer.alloc(32) });
  expect(await namesOf(other)).toEqual([]);
  await expect(readAll(other, 'x')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
});
