import { createCipheriv } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Bytes that do not compress, always the same for a `seed`. */
export function noise(length: number, seed: number): Buffer {
  const key = Buffer.alloc(16);
  key.writeUInt32LE(seed);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

/**
 * What test/fixtures/compression is made of: a little over 2 MiB of rows, long repetitions, repetitions just within the reach of a
 * linked lz4 block, and noise at its end, so that the last block of every block size is one that was stored. Compresses to a
 * few KiB. Changed, the fixtures must be made again.
 */
export const toolSample: Buffer = Buffer.concat([
  Buffer.concat([
    Buffer.from(Array.from({ length: 200 }, (_, n) => `${String(n)}\t${noise(8, n).toString('hex')}\trow\n`).join('')),
    ...Array.from({ length: 33 }, (_, n) => {
      const chunk = Buffer.alloc(65_000, n % 8 === 1 ? noise(700, n) : `row ${String(n)};`);
      noise(300, n >> 2).copy(chunk);
      return chunk;
    }),
  ]).subarray(0, 2 * 1024 * 1024),
  noise(1500, 99),
]);

/** A file of test/fixtures/compression, as the tool of its format wrote it. */
export function toolMade(name: string): Buffer {
  return gunzipSync(readFileSync(join(import.meta.dirname, '../fixtures/compression', `${name}.gz`)));
}
