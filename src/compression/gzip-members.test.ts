import { execFileSync } from 'node:child_process';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { collect, reused } from '../../test/support/byte-pieces.ts';
import { readGzip } from '../../test/support/gzip-reader.ts';
import { noise } from '../../test/support/tool-sample.ts';
import { gzipBlockSize, gzipMembers, sizedHeaderLength, sizedMemberLength } from './gzip-members.ts';

function sample(length: number): Buffer {
  const random = noise(Math.min(length, 65_536), length);
  return Buffer.concat(
    Array.from({ length: Math.ceil(length / 65_536) }, (_, n) => (n % 3 === 0 ? Buffer.alloc(65_536, n) : random)),
  ).subarray(0, length);
}

describe('gzipMembers', () => {
  it.each([0, 1, 511, gzipBlockSize - 1, gzipBlockSize, gzipBlockSize + 1, 5 * gzipBlockSize + 12_345])(
    'compresses %i bytes so that zlib, gzip and a reader that takes only what RFC 1952 says read them',
    async (length) => {
      const bytes = sample(length);
      const compressed = await collect(gzipMembers(reused(bytes, 32_768), { level: 1 }));
      expect(gunzipSync(compressed).equals(bytes)).toBe(true);
      expect(execFileSync('gzip', ['-dc'], { input: compressed, maxBuffer: 1 << 26 }).equals(bytes)).toBe(true);
      execFileSync('gzip', ['-t'], { input: compressed });
      expect(readGzip(compressed).equals(bytes)).toBe(true);
    },
  );

  it('tells the length of each member in its header', async () => {
    const bytes = sample(3 * gzipBlockSize + 7);
    const compressed = await collect(gzipMembers(reused(bytes, 60_001)));
    const lengths: number[] = [];
    for (let offset = 0; offset < compressed.length;) {
      const length = sizedMemberLength(compressed.subarray(offset, offset + sizedHeaderLength)) ?? 0;
      expect(length).toBeGreaterThan(sizedHeaderLength);
      lengths.push(gunzipSync(compressed.subarray(offset, offset + length)).length);
      offset += length;
    }
    expect(lengths).toEqual([gzipBlockSize, gzipBlockSize, gzipBlockSize, 7]);
  });

  it('gives the same bytes however many blocks are in flight and however the input is cut', async () => {
    const bytes = sample(4 * gzipBlockSize + 1);
    const once = await collect(gzipMembers(reused(bytes, 32_768), { level: 6, concurrency: 1 }));
    const many = await collect(gzipMembers(reused(bytes, 3_000_001), { level: 6, concurrency: 8 }));
    expect(many.equals(once)).toBe(true);
  });

  it('never pulls more than the blocks in flight ahead of its reader', async () => {
    let pulled = 0;
    const endless = async function* () {
      for (;;) {
        pulled += 1;
        yield await Promise.resolve(new Uint8Array(gzipBlockSize));
      }
    };
    const members = gzipMembers(endless(), { concurrency: 3 });
    await members.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(pulled).toBeLessThanOrEqual(4);
    await members.return();
  });

  it('passes the error of its source on, and ends the source when it is left early', async () => {
    const broken = async function* () {
      yield await Promise.resolve(new Uint8Array(2 * gzipBlockSize));
      throw new Error('no more');
    };
    await expect(collect(gzipMembers(broken()))).rejects.toThrow('no more');
    let ended = false;
    const source = async function* () {
      try {
        for (;;) yield await Promise.resolve(new Uint8Array(gzipBlockSize));
      } finally {
        ended = true;
      }
    };
    const members = gzipMembers(source());
    await members.next();
    await members.return();
    expect(ended).toBe(true);
  });

  it('stops when its signal is aborted', async () => {
    const controller = new AbortController();
    const source = async function* () {
      for (;;) {
        controller.abort();
        yield await Promise.resolve(new Uint8Array(10));
      }
    };
    await expect(collect(gzipMembers(source(), { signal: controller.signal }))).rejects.toThrow('aborted');
  });

  it('refuses levels that gzip does not have', async () => {
    await expect(collect(gzipMembers(reused(sample(1), 1), { level: 10 }))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });
});
