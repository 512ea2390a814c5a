import { describe, expect, it } from 'vitest';
import { flushesAsWhole } from './sync-places.ts';

const gibibyte = 1024 ** 3;

describe('a file system is flushed as a whole', () => {
  const usual = { files: 20_000, bytes: gibibyte, waitingBytes: gibibyte, kernel: '6.1.0-18-amd64' };

  it('for many files of which most of what waits is ours', () => {
    expect(flushesAsWhole(usual)).toBe(true);
    expect(flushesAsWhole({ ...usual, kernel: '5.8.0' })).toBe(true);
  });

  it.each([
    ['for few files', { files: 1000 }],
    ['where others have written much', { waitingBytes: 3 * gibibyte }],
    ['where the system does not tell', { waitingBytes: undefined }],
    ['where the kernel keeps failures to itself', { kernel: '5.7.19' }],
    ['where the kernel keeps failures to itself (4.19)', { kernel: '4.19.90-2003.4.0.0036.oe1.x86_64' }],
    ['where the kernel is none of Linux', { kernel: 'unknown' }],
  ])('not %s', (_, facts) => {
    expect(flushesAsWhole({ ...usual, ...facts })).toBe(false);
  });
});
