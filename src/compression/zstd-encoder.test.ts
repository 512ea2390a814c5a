import { describe, expect, it } from 'vitest';
import { collect, reused } from '../../test/support/byte-pieces.ts';
import { compress, decompress } from './decompress.ts';
import { createZstdEncoder, type NodeZstdEncoder } from './zstd-encoder.ts';
import { xxhash64Low } from './xxhash64.ts';

const text = Buffer.from('a row of a table; '.repeat(5000));

/** What follows the four bytes that all frames begin with. RFC 8878, 3.1.1.1. */
const hasChecksum = (frame: Uint8Array): boolean => ((frame[4] ?? 0) & 0x04) !== 0;
const unpack = (bytes: Uint8Array): Promise<Buffer> => collect(decompress(reused(bytes, 1000), 'zstd'));

describe('a frame', () => {
  it.each([undefined, -131_072, -7, 1, 19])(
    'of level %s has a checksum, which is its last four bytes',
    async (level) => {
      const { encode, close } = await createZstdEncoder({ level });
      for (const block of [text, text.subarray(0, 1), new Uint8Array(0)]) {
        const frame = Buffer.from(await encode(block));
        expect(hasChecksum(frame)).toBe(true);
        expect(frame.readUInt32LE(frame.length - 4)).toBe(xxhash64Low(block));
        expect((await unpack(frame)).equals(block)).toBe(true);
      }
      close();
    },
  );

  it('is not taken with another checksum, nor with content that is not as it was', async () => {
    const bytes = Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 7919) & 0xff));
    const packed = await collect(compress(reused(bytes, 500), 'zstd'));
    for (const place of [packed.length - 1, packed.length - 4, packed.length - 40]) {
      for (const bit of [0x01, 0x80]) {
        const damaged = Buffer.from(packed);
        damaged[place] = (damaged[place] ?? 0) ^ bit;
        await expect(unpack(damaged), `${String(place)} ${String(bit)}`).rejects.toMatchObject({ code: 'CORRUPT' });
      }
    }
  });

  it.each([-131_073, 20, 1.5])('has no level %d', async (level) => {
    await expect(createZstdEncoder({ level })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('where Node has zstd itself', () => {
  it('that makes the frames: with the level, a checksum, the length, and in one piece', async () => {
    const calls: { data: Uint8Array; options: object }[] = [];
    const node: NodeZstdEncoder = {
      constants: { ZSTD_c_compressionLevel: 100, ZSTD_c_checksumFlag: 201 },
      zstdCompress: (data, options, done) => {
        calls.push({ data, options });
        done(null, Uint8Array.of(1, 2, 3));
      },
    };
    const { encode } = await createZstdEncoder({ level: 5 }, node);
    expect(await encode(text)).toEqual(Uint8Array.of(1, 2, 3));
    expect(calls).toHaveLength(1);
    expect(calls[0]?.data).toBe(text);
    const bound = text.length + (text.length >> 8);
    expect(calls[0]?.options).toMatchObject({ params: { 100: 5, 201: 1 }, pledgedSrcSize: text.length });
    expect((calls[0]?.options as { chunkSize: number }).chunkSize).toBeGreaterThan(bound);
  });

  it('its error is passed on', async () => {
    const zstdCompress: NodeZstdEncoder['zstdCompress'] = (_data, _options, done) => done(new Error('no memory'), text);
    const { encode } = await createZstdEncoder({}, { zstdCompress, constants: {} });
    await expect(encode(text)).rejects.toThrow('no memory');
  });
});

describe('a frame of the server with `long`', () => {
  /** A window of 2^log bytes, and blocks that are not compressed. RFC 8878, 3.1.1.1.2 and 3.1.1.2. */
  const frameOf = (log: number): Buffer =>
    Buffer.concat([
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, (log - 10) << 3]),
      Buffer.from([((5 << 3) | 1) & 0xff, 0, 0]),
      Buffer.from('hello'),
    ]);

  it('is read with the window of 128 MiB that it has', async () => {
    expect((await unpack(frameOf(27))).toString()).toBe('hello');
  });

  it('is refused with a larger one, which would take as much memory', async () => {
    await expect(unpack(frameOf(31))).rejects.toMatchObject({ code: 'CORRUPT' });
  });
});
