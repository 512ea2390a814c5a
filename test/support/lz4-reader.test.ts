import { describe, expect, it } from 'vitest';
import { readLz4 } from './lz4-reader.ts';
import { toolMade, toolSample } from './tool-sample.ts';

describe('the lz4 reader of the tests', () => {
  it.each(['sample', 'linked-blocks', 'independent-blocks', 'block-checksums', 'no-content-checksum', 'content-size'])(
    'reads what the lz4 program writes: %s',
    (name) => {
      expect(readLz4(toolMade(`${name}.lz4`)).equals(toolSample)).toBe(true);
    },
  );

  it('takes no byte that is not as it was, no end that comes early, nothing behind the end', () => {
    const packed = toolMade('sample-1500.lz4');
    expect(readLz4(packed).equals(toolSample.subarray(0, 1500))).toBe(true);
    for (let place = 0; place < packed.length; place += 1) {
      const damaged = Buffer.from(packed);
      damaged[place] = (damaged[place] ?? 0) ^ 0x10;
      expect(() => readLz4(damaged), String(place)).toThrow();
      expect(() => readLz4(packed.subarray(0, place)), String(place)).toThrow();
    }
    expect(() => readLz4(Buffer.concat([packed, Buffer.alloc(4)]))).toThrow();
    const skippable = Buffer.from('5a2a4d1803000000616263', 'hex');
    expect(readLz4(Buffer.concat([packed, skippable, packed])).length).toBe(3000);
  });
});
