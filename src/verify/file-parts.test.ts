import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromText } from '../bytes/byte-string.ts';
import { checkFile, type FileCheck } from './check-file.ts';
import { joinResults, partsOf } from './file-parts.ts';

const mebibyte = 1024 * 1024;
const sizeBytes = 130 * mebibyte + 5;

describe('a large file in parts', () => {
  let directory: string;
  let check: FileCheck;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'gausskeep-parts-'));
    const path = join(directory, '16384.3');
    const file = openSync(path, 'w');
    // Pages with an LSN and without a checksum that fits, in each part and on both sides of where they meet.
    for (const page of [0, 64 * 128 - 1, 64 * 128, 130 * 128 - 1]) {
      const bytes = Buffer.alloc(8192, page % 251);
      writeSync(file, bytes, 0, bytes.length, page * 8192);
    }
    closeSync(file);
    truncateSync(path, sizeBytes);
    check = {
      path: fromText(path),
      algorithm: 'CRC32C',
      pages: { format: 'postgresql', blockSizeBytes: 8192, firstBlock: 393_216 },
    };
  });

  afterAll(() => rmSync(directory, { recursive: true }));

  it('tells what the whole file tells: size, CRC, pages and the blocks that fail', () => {
    const whole = checkFile(check);
    const parts = partsOf(check, sizeBytes);
    expect(parts).toHaveLength(2);
    const joined = joinResults(parts.map((part) => checkFile(part)));
    expect(joined).toEqual(whole);
    expect(whole).toMatchObject({ content: { sizeBytes, pages: { bad: 3, partialBytes: 5 } } });
  });

  it('tells what the whole file tells when it is shorter or longer than it was surveyed', () => {
    for (const surveyed of [sizeBytes + 100 * mebibyte, 128 * mebibyte]) {
      const joined = joinResults(partsOf(check, surveyed).map((part) => checkFile(part)));
      expect(joined).toEqual(checkFile(check));
    }
  });

  it('has no parts where the checksum cannot be put together', () => {
    expect(partsOf({ ...check, algorithm: 'SHA256' }, sizeBytes)).toHaveLength(1);
  });

  it('tells the failure of any part', () => {
    const missing = { ...check, path: fromText(join(directory, 'missing')) };
    const parts = [checkFile(check), checkFile(missing)];
    expect(joinResults(parts)).toMatchObject({ kind: 'failed', action: 'open' });
  });
});
