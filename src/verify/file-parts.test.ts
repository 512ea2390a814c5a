import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromText } from '../bytes/byte-string.ts';
import { checkFile, type FileCheck, type FileCheckResult } from './check-file.ts';
import { divideCheck, takePagesApart, type DividedCheck } from './file-parts.ts';

/** The result of all parts, put together. */
function done(divided: DividedCheck | undefined): FileCheckResult | undefined {
  return divided?.join(divided.parts.map((part) => checkFile(part)));
}

const mebibyte = 1024 * 1024;
const sizeBytes = 130 * mebibyte + 5;

describe('a large file in parts', () => {
  let directory: string;
  let check: FileCheck;
  let summed: FileCheck;

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
    summed = { ...check, algorithm: 'SHA256' };
  });

  afterAll(() => rmSync(directory, { recursive: true }));

  it('tells what the whole file tells: size, CRC, pages and the blocks that fail', () => {
    const whole = checkFile(check);
    const divided = divideCheck(check, sizeBytes);
    expect(divided).toMatchObject({ parts: { length: 2 }, readingParts: 2 });
    expect(done(divided)).toEqual(whole);
    expect(whole).toMatchObject({ content: { sizeBytes, pages: { bad: 3, partialBytes: 5 } } });
  });

  it('tells what the whole file tells when it is shorter or longer than it was surveyed', () => {
    for (const surveyed of [sizeBytes + 100 * mebibyte, 128 * mebibyte]) {
      expect(done(divideCheck(check, surveyed))).toEqual(checkFile(check));
      expect(done(takePagesApart(summed, surveyed))).toEqual(checkFile(summed));
    }
  });

  it('has its pages checked beside its checksum where that cannot be put together', () => {
    const divided = takePagesApart(summed, sizeBytes);
    expect(divided).toMatchObject({ parts: { length: 3 }, readingParts: 1 });
    expect(done(divided)).toEqual(checkFile(summed));
    expect(checkFile(summed)).toMatchObject({ content: { sizeBytes, pages: { bad: 3, partialBytes: 5 } } });
    expect(takePagesApart(check, sizeBytes)).toBeUndefined();
    expect(takePagesApart({ ...summed, pages: undefined }, sizeBytes)).toBeUndefined();
    expect(takePagesApart({ ...summed, incremental: 'name' }, sizeBytes)).toBeUndefined();
  });

  it('has no parts of bytes where the checksum cannot be put together', () => {
    expect(divideCheck(summed, sizeBytes).parts).toHaveLength(1);
  });

  it('tells the failure of any part', () => {
    const missing = { ...check, path: fromText(join(directory, 'missing')) };
    const failed = { kind: 'failed', action: 'open' };
    expect(divideCheck(check, sizeBytes).join([checkFile(check), checkFile(missing)])).toMatchObject(failed);
    const { join: joinApart } = takePagesApart(summed, sizeBytes) ?? divideCheck(check, sizeBytes);
    expect(joinApart([checkFile(missing), checkFile(check)])).toMatchObject(failed);
    expect(joinApart([checkFile(check), checkFile(missing)])).toMatchObject(failed);
  });
});
