import { describe, expect, it, vi } from 'vitest';
import { loadLz4, loadZstd, loadZstdBlocks } from './native-codecs.ts';

// What Node throws when an optional dependency was left out (npm install --omit=optional).
vi.mock('lz4-napi', () => {
  throw new Error("Cannot find package 'lz4-napi' imported from /x.js\nRequire stack:\n- /x.js");
});
vi.mock('@cloudpss/zstd/napi', () => {
  throw new Error("Cannot find package '@cloudpss/zstd'");
});

describe('a codec that is not installed', () => {
  it.each([
    ['lz4', 'lz4-napi', loadLz4],
    ['zstd', '@cloudpss/zstd', loadZstd],
    ['zstd', '@cloudpss/zstd', loadZstdBlocks],
  ] as const)('%s names the package to install', async (codec, name, load) => {
    await expect(load()).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      sentence: { key: 'compression.codec-missing', parameters: { codec, package: name } },
      hint: { parameters: { package: name } },
    });
  });
});
