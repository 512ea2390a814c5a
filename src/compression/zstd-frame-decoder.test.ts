import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PackageFrames } from './zstd-package.ts';
import { ZstdFrameDecoder } from './zstd-frame-decoder.ts';

const frames = await PackageFrames.load();
const decoder = await ZstdFrameDecoder.load();

const contents = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 5000 }),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 50 }), fc.integer({ min: 1, max: 20_000 }))
    .map(([piece, times]) => {
      return new Uint8Array(Buffer.alloc(Math.min(piece.length * times, 262_144), piece));
    }),
);

describe('a frame in memory', () => {
  it('gives what it was made of, one after another with the same decoder', () => {
    fc.assert(
      fc.property(contents, fc.constantFrom(-5, 1, 3, 12), (content, level) => {
        const decoded = decoder.decode(frames.encode(content, level), content.length);
        expect(Buffer.compare(decoded, content)).toBe(0);
      }),
    );
  });

  it('is not taken when it is damaged, cut, followed by something or of another length', () => {
    const content = Buffer.from('a row of a table; '.repeat(9000) + 'the end');
    const frame = frames.encode(content, 3);
    const refused = (bytes: Uint8Array, length = content.length): void => {
      expect(() => decoder.decode(bytes, length)).toThrow(expect.objectContaining({ code: 'CORRUPT' }) as Error);
    };
    for (let length = 0; length < frame.length; length += 1 + (length >> 4)) refused(frame.subarray(0, length));
    refused(Buffer.concat([frame, frame]));
    refused(Buffer.concat([frame, Uint8Array.of(0)]));
    refused(Buffer.concat([frame, frames.encode(new Uint8Array(0), 3)]));
    refused(frame, content.length - 1);
    refused(frame, content.length + 1);
    for (let at = frame.length - 4; at < frame.length; at += 1) {
      const damaged = Uint8Array.from(frame);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      refused(damaged);
    }
    // A failure leaves nothing behind.
    expect(Buffer.compare(decoder.decode(frame, content.length), content)).toBe(0);
  });

  it('never decodes to more than it may, whatever it says', () => {
    // Blocks of type 1: four bytes each that stand for 128 KiB.
    const header = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58);
    const word = (131_072 << 3) | (1 << 1);
    const block = Uint8Array.of(word & 0xff, (word >> 8) & 0xff, (word >> 16) & 0xff, 7);
    const last = Uint8Array.from(block);
    last[0] = (last[0] ?? 0) | 1;
    const blocks = Array.from({ length: 50_000 }, () => block);
    const bomb = Buffer.concat([header, ...blocks, last]);
    expect(() => decoder.decode(bomb, 262_144)).toThrow(expect.objectContaining({ code: 'CORRUPT' }) as Error);
    expect(decoder.decode(Buffer.concat([header, block, last]), 262_144).every((byte) => byte === 7)).toBe(true);
  });

  it('is decoded by Node where that can and the package is missing', async () => {
    const node = { zstdDecompressSync: () => Uint8Array.of(1, 2, 3) };
    const other = await ZstdFrameDecoder.load(node, () => Promise.reject(new Error('missing')));
    const frame = frames.encode(Uint8Array.of(4, 5, 6), 3);
    expect([...other.decode(frame, 3)]).toEqual([1, 2, 3]);
    expect(() => other.decode(frame.subarray(0, -1), 3)).toThrow();
    await expect(ZstdFrameDecoder.load({}, () => Promise.reject(new Error('missing')))).rejects.toThrow('missing');
  });
});
