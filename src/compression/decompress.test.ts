import { execFileSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect, reused } from '../../test/support/byte-pieces.ts';
import { othersRead } from '../../test/support/other-readers.ts';
import { noise, toolMade, toolSample } from '../../test/support/tool-sample.ts';
import { compress, decompress, decompressDetected } from './decompress.ts';
import { compressionOfName, detectCompression, type Compression } from './detect.ts';
import { XxHash32, xxhash32 } from './xxhash32.ts';

const kinds = ['gzip', 'lz4', 'zstd'] as const;

/** What the common tool makes of the first bytes of `toolSample`: the gzip program now, the others when the fixtures were made. */
function toolWrites(kind: Compression, length?: 1500 | 50_000): Buffer {
  if (kind === 'gzip')
    return execFileSync('gzip', ['-c'], { input: toolSample.subarray(0, length), maxBuffer: 1 << 28 });
  return toolMade(`sample${length === undefined ? '' : `-${String(length)}`}.${kind === 'lz4' ? 'lz4' : 'zst'}`);
}

/** Half of it compressible, with repetitions over more than a block. */
const sample = Buffer.concat(
  Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? Buffer.alloc(65_536, `row ${n};`) : noise(40_000, n))),
);

function unpack(bytes: Uint8Array, kind: Compression, chunk = 32_768): Promise<Buffer> {
  return collect(decompress(reused(bytes, chunk), kind));
}

describe.each(kinds)('%s', (kind) => {
  it.each([0, 1, 100, 1_048_575, 1_048_576, 1_048_577, 2_900_000])(
    'gives back %i bytes, and others read them too',
    async (length) => {
      const bytes = sample.subarray(0, length);
      const packed = await collect(compress(reused(bytes, 32_768), kind));
      expect(detectCompression(packed)).toBe(kind);
      expect((await unpack(packed, kind)).equals(bytes)).toBe(true);
      expect(bytes.equals(othersRead[kind](packed))).toBe(true);
    },
  );

  it('reads what the common tool writes, in pieces of any size', async () => {
    const packed = toolWrites(kind);
    for (const chunk of [511, 65_536, packed.length]) {
      expect((await unpack(packed, kind, chunk)).equals(toolSample)).toBe(true);
    }
    expect((await unpack(toolWrites(kind, 1500), kind, 1)).equals(toolSample.subarray(0, 1500))).toBe(true);
  });

  it('reads files of several parts, mixed from ours and others', async () => {
    const ours = await collect(compress(reused(sample.subarray(0, 70_000), 4096), kind));
    const other = toolWrites(kind, 50_000);
    const [first, second] = [sample.subarray(0, 70_000), toolSample.subarray(0, 50_000)];
    expect((await unpack(Buffer.concat([ours, other]), kind)).equals(Buffer.concat([first, second]))).toBe(true);
    expect((await unpack(Buffer.concat([other, ours]), kind)).equals(Buffer.concat([second, first]))).toBe(true);
  });

  it('finds every truncation', async () => {
    for (const packed of [
      await collect(compress(reused(sample.subarray(0, 1500), 4096), kind)),
      toolWrites(kind, 1500),
    ]) {
      for (let length = 0; length < packed.length; length += 11) {
        await expect(unpack(packed.subarray(0, length), kind)).rejects.toMatchObject({ code: 'CORRUPT' });
      }
    }
  });

  it('refuses other data behind its end', async () => {
    const packed = await collect(compress(reused(sample.subarray(0, 1500), 4096), kind));
    for (const junk of [Buffer.from('junk'), Buffer.from('junk'.repeat(100)), Buffer.alloc(30, 1)]) {
      await expect(unpack(Buffer.concat([packed, junk]), kind)).rejects.toMatchObject({ code: 'CORRUPT' });
      await expect(unpack(Buffer.concat([packed, junk]), kind, 1)).rejects.toMatchObject({ code: 'CORRUPT' });
    }
  });

  it('never gives wrong bytes out silently when a byte is changed', async () => {
    const bytes = sample.subarray(64_000, 67_000);
    const packed = await collect(compress(reused(bytes, 4096), kind));
    await fc.assert(
      fc.asyncProperty(fc.nat(packed.length - 1), fc.integer({ min: 1, max: 255 }), async (offset, change) => {
        const damaged = Buffer.from(packed);
        damaged[offset] = (damaged[offset] ?? 0) ^ change;
        await unpack(damaged, kind).then(
          (content) => {
            expect(content.equals(bytes)).toBe(true);
          },
          (error: unknown) => expect(error).toMatchObject({ name: 'BackupError', code: 'CORRUPT' }),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('passes the error of its source on', async () => {
    const broken = async function* () {
      yield await Promise.resolve(toolWrites(kind).subarray(0, 1000));
      throw new Error('no more');
    };
    await expect(collect(decompress(broken(), kind))).rejects.toThrow('no more');
  });

  it('ends its source when it is left early', async () => {
    const packed = toolWrites(kind);
    let ended = false;
    const source = async function* () {
      try {
        yield* reused(packed, 1000);
      } finally {
        ended = true;
      }
    };
    const content = decompress(source(), kind);
    await content.next();
    await content.return(undefined);
    expect(ended).toBe(true);
  });

  it('stops when its signal is aborted', async () => {
    const controller = new AbortController();
    const packed = await collect(compress(reused(sample, 4096), kind));
    const content = decompress(reused(packed, 1000), kind, { signal: controller.signal });
    controller.abort();
    await expect(collect(content)).rejects.toThrow('aborted');
  });

  it('is found by content and by name', async () => {
    const packed = toolWrites(kind, 1500);
    expect((await collect(decompressDetected(reused(packed, 1)))).equals(toolSample.subarray(0, 1500))).toBe(true);
    expect(compressionOfName(`base.tar${{ gzip: '.gz', lz4: '.lz4', zstd: '.zst' }[kind]}`)).toBe(kind);
  });
});

describe('gzip', () => {
  it('accepts zeros behind its end, and nothing behind them', async () => {
    for (const packed of [gzipSync('x'), await collect(compress(reused(Buffer.from('x'), 1), 'gzip'))]) {
      const padded = Buffer.concat([packed, Buffer.alloc(700)]);
      for (const chunk of [1, 100, 65_536]) {
        expect((await unpack(padded, 'gzip', chunk)).toString()).toBe('x');
        await expect(unpack(Buffer.concat([padded, Buffer.from('!')]), 'gzip', chunk)).rejects.toMatchObject({
          sentence: { key: 'compression.trailing-data' },
        });
      }
    }
  });

  it('refuses a member of ours that lies about its length', async () => {
    const packed = await collect(compress(reused(sample.subarray(0, 1000), 1000), 'gzip'));
    for (const length of [0, 27, 2 ** 31, packed.length - 1]) {
      const lying = Buffer.from(packed);
      lying.writeUInt32LE(length, 16);
      await expect(unpack(lying, 'gzip')).rejects.toMatchObject({ code: 'CORRUPT' });
    }
    const huge = Buffer.from(packed);
    huge.writeUInt32LE(2 ** 31, packed.length - 4);
    await expect(unpack(huge, 'gzip')).rejects.toMatchObject({ sentence: { key: 'compression.impossible-size' } });
  });
});

describe('lz4', () => {
  it.each([
    ['linked blocks', 'linked-blocks'],
    ['independent blocks', 'independent-blocks'],
    ['block checksums', 'block-checksums'],
    ['no content checksum', 'no-content-checksum'],
    ['a content size', 'content-size'],
  ])('reads frames with %s', async (_title, name) => {
    expect((await unpack(toolMade(`${name}.lz4`), 'lz4')).equals(toolSample)).toBe(true);
  });

  it('skips skippable frames', async () => {
    const skippable = Buffer.concat([Buffer.from('5a2a4d1803000000', 'hex'), Buffer.from('abc')]);
    const packed = Buffer.concat([skippable, toolMade('sample-1500.lz4'), skippable]);
    expect((await unpack(packed, 'lz4')).equals(toolSample.subarray(0, 1500))).toBe(true);
  });

  it('has the hash of its specification', () => {
    expect(xxhash32(Buffer.from(''))).toBe(0x02cc5d05);
    expect(xxhash32(Buffer.from('a'))).toBe(0x550d7456);
    expect(xxhash32(Buffer.from('Nobody inspects the spammish repetition'))).toBe(0xe2293b2f);
    const pieces = new XxHash32();
    for (let offset = 0; offset < 100_000; offset += 777) pieces.update(sample.subarray(offset, offset + 777));
    expect(pieces.digest()).toBe(xxhash32(sample.subarray(0, 129 * 777)));
  });
});

describe('zstd', () => {
  it('reads a frame with a content size', async () => {
    expect((await unpack(toolMade('content-size.zst'), 'zstd')).equals(toolSample)).toBe(true);
  });

  it('holds no more than a few blocks of data that compresses to nothing', async () => {
    // 128 MiB of zeros are 4 KiB of zstd: a codec that is fed with them at once gives them out at once.
    const bomb = toolMade('zeros-128MiB.zst');
    expect(bomb.length).toBeLessThan(20_000);
    let length = 0;
    for await (const piece of decompress(reused(bomb, 65_536), 'zstd')) {
      expect(piece.length).toBeLessThanOrEqual(128 * 1024);
      length += piece.length;
    }
    expect(length).toBe(1 << 27);
  });
});

it('passes on what is not compressed', async () => {
  expect(await collect(decompressDetected(reused(Buffer.from('ab'), 1)))).toEqual(Buffer.from('ab'));
  expect(await collect(decompressDetected(reused(Buffer.from('abcdefgh'), 3)))).toEqual(Buffer.from('abcdefgh'));
  expect(await collect(decompressDetected(reused(Buffer.alloc(0), 3)))).toEqual(Buffer.alloc(0));
});

describe('lz4 frames of what cannot be compressed', () => {
  it('are stored, whole, and another reader takes them', async () => {
    const content = noise(2 * 1024 * 1024 + 4321, 1);
    const packed = await collect(compress(reused(content, 65_536), 'lz4'));
    expect(packed.length).toBeLessThan(content.length + 200);
    expect(content.equals(othersRead.lz4(packed))).toBe(true);
    expect((await unpack(packed, 'lz4')).equals(content)).toBe(true);
  });
});
