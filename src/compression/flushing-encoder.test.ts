import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { othersRead } from '../../test/support/other-readers.ts';
import { decompressBeginning } from './decompress-beginning.ts';
import { decompress } from './decompress.ts';
import type { Compression } from './detect.ts';
import { createFlushingEncoder } from './flushing-encoder.ts';

const kinds: Compression[] = ['gzip', 'lz4', 'zstd'];

async function* piecesOf(bytes: Uint8Array, length = 64 * 1024) {
  for (let at = 0; at < bytes.length; at += length) yield await Promise.resolve(bytes.subarray(at, at + length));
}

async function contentOf(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of source) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

/** Text that compresses, and bytes that do not. */
function content(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed | 1;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[at] = (at >> 12) % 2 === 0 ? 65 + ((state >>> 16) % 4) : state >>> 16;
  }
  return bytes;
}

describe.each(kinds)('%s', (kind) => {
  it('gives at a flush everything that came before, and whole files', async () => {
    const block = fc.record({ length: fc.integer({ min: 0, max: 20_000 }), flush: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(block, { maxLength: 12 }), fc.nat(), async (blocks, seed) => {
        const encoder = await createFlushingEncoder(kind);
        const all = content(240_000, seed);
        const stored: Uint8Array[] = [];
        let done = 0;
        for (const { length, flush } of blocks) {
          const part = Buffer.from(all.subarray(done, done + length));
          stored.push(...(await encoder.encode(part, flush)));
          // It is the caller's again.
          part.fill(0xee);
          done += length;
          if (!flush || done === 0) continue;
          const decoded = await contentOf(decompressBeginning(() => piecesOf(Buffer.concat(stored)), kind));
          expect(decoded.equals(all.subarray(0, done))).toBe(true);
        }
        stored.push(...(await encoder.end()));
        const file = Buffer.concat(stored);
        expect((await contentOf(decompress(piecesOf(file), kind))).equals(all.subarray(0, done))).toBe(true);
        expect((await contentOf(decompressBeginning(() => piecesOf(file), kind))).equals(all.subarray(0, done))).toBe(
          true,
        );
      }),
      { numRuns: 25 },
    );
  });

  it('loses nothing that was flushed to what comes behind: a cut, zeros, anything', async () => {
    const all = content(300_000, 7);
    const encoder = await createFlushingEncoder(kind);
    const flushed = Buffer.concat(await encoder.encode(all.subarray(0, 100_000), true));
    const more = Buffer.concat(await encoder.encode(all.subarray(100_000, 300_000), true));
    encoder.close();
    const random = content(8192, 99).subarray(4096);
    const tails = [0, 1, 100, 5000, more.length - 1].map((length) => more.subarray(0, length));
    for (const tail of [
      ...tails,
      Buffer.alloc(1),
      Buffer.alloc(9000),
      random,
      Buffer.concat([more.subarray(0, 3), random]),
    ]) {
      for (const pieces of [64 * 1024, 1000]) {
        const decoded = await contentOf(
          decompressBeginning(() => piecesOf(Buffer.concat([flushed, tail]), pieces), kind),
        );
        expect(decoded.length).toBeGreaterThanOrEqual(100_000);
        expect(decoded.equals(all.subarray(0, decoded.length))).toBe(true);
      }
    }
  });

  it('gives nothing that was never there when a power failure left holes behind the flush', async () => {
    const all = content(900_000, 11);
    const encoder = await createFlushingEncoder(kind);
    const flushed = Buffer.concat(await encoder.encode(all.subarray(0, 300_000), true));
    const more = Buffer.concat([
      ...(await encoder.encode(all.subarray(300_000, 500_000), false)),
      ...(await encoder.encode(all.subarray(500_000, 700_000), true)),
      ...(await encoder.encode(all.subarray(700_000), true)),
    ]);
    encoder.close();
    const file = Buffer.concat([flushed, more]);
    const firstSector = Math.ceil(flushed.length / 512) * 512;
    for (let hole = firstSector; hole < file.length; hole += 4096 * 13) {
      // gzip has nothing that tells a hole with data behind it.
      for (const length of kind === 'gzip' ? [file.length - hole] : [512, 4096, file.length - hole]) {
        const holed = Buffer.from(file).fill(0, hole, hole + length);
        const decoded = await contentOf(decompressBeginning(() => piecesOf(holed), kind));
        expect(decoded.length).toBeGreaterThanOrEqual(300_000);
        expect(decoded.equals(all.subarray(0, decoded.length))).toBe(true);
      }
    }
  });

  it('is read by others', async () => {
    const encoder = await createFlushingEncoder(kind);
    const all = content(200_000, 3);
    const stored: Uint8Array[] = [];
    for (let at = 0; at < all.length; at += 50_000)
      stored.push(...(await encoder.encode(all.subarray(at, at + 50_000), at % 100_000 === 0)));
    stored.push(...(await encoder.end()));
    expect(all.equals(othersRead[kind](Buffer.concat(stored)))).toBe(true);
  });

  it('refuses a level that it does not have', async () => {
    if (kind !== 'lz4') await expect(createFlushingEncoder(kind, 40)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    else await createFlushingEncoder(kind, 40);
  });
});
