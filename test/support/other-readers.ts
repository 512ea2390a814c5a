import { execFileSync } from 'node:child_process';
import { decompress as zstd } from '@cloudpss/zstd/napi';
import type { Compression } from '../../src/compression/detect.ts';
import { readLz4 } from './lz4-reader.ts';

/**
 * What others make of a whole compressed file, without our readers: the gzip program, which every machine has; a reader of lz4
 * that checks all checksums; libzstd in one call, which checks the content's, whereas our reader feeds its streaming form.
 */
export const othersRead: Readonly<Record<Compression, (packed: Uint8Array) => Uint8Array>> = {
  gzip: (packed) =>
    execFileSync('gzip', ['-dc'], { input: packed, maxBuffer: 1 << 28, stdio: ['pipe', 'pipe', 'ignore'] }),
  lz4: readLz4,
  zstd,
};
