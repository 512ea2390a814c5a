import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromText } from '../bytes/byte-string.ts';
import { EarlySync } from './early-sync.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gausskeep-sync-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('flushing while later files are written', () => {
  it('closes each file when it is on disk, and is full before descriptors run out', async () => {
    const sync = new EarlySync();
    const descriptors: number[] = [];
    let waits = 0;
    for (let file = 0; file < 200; file++) {
      const path = join(directory, String(file));
      const descriptor = openSync(path, 'wx');
      descriptors.push(descriptor);
      const flushed = sync.begin(fromText(path), descriptor);
      writeSync(descriptor, 'content');
      sync.wrote(flushed, 64 * 1024 * 1024);
      sync.end(flushed);
      if (!sync.isFull) continue;
      waits += 1;
      await sync.progress();
    }
    while (!sync.isIdle) await sync.progress();
    expect(waits).toBeGreaterThan(0);
    for (const descriptor of descriptors) expect(() => fstatSync(descriptor)).toThrow(/EBADF/);
    expect(readFileSync(join(directory, '199'), 'utf8')).toBe('content');
  });

  it('leaves the end of files to somebody else where that is said, but flushes large ones while they grow', async () => {
    const sync = new EarlySync({ wholeFiles: false });
    // A device that takes bytes and cannot flush them.
    const [small, large] = [openSync('/dev/null', 'w'), openSync('/dev/null', 'w')];
    sync.end(sync.begin(fromText('/dev/null'), small));
    expect(sync.isIdle).toBe(true);
    sync.check();
    expect(() => fstatSync(small)).toThrow(/EBADF/);
    const growing = sync.begin(fromText('/dev/null'), large);
    sync.wrote(growing, 64 * 1024 * 1024);
    sync.end(growing);
    await expect(sync.progress()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    expect(() => closeSync(large)).toThrow(/EBADF/);
  });

  it('says which file could not be flushed, and goes on saying so', async () => {
    const sync = new EarlySync();
    // A device that takes bytes and cannot flush them.
    const descriptor = openSync('/dev/null', 'w');
    sync.end(sync.begin(fromText('/dev/null'), descriptor));
    await expect(sync.progress()).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      message: expect.stringMatching(/"\/dev\/null".*\(EINVAL\)/) as string,
    });
    expect(sync.isIdle).toBe(true);
    expect(() => sync.check()).toThrow(/EINVAL/);
    expect(() => closeSync(descriptor)).toThrow(/EBADF/);
  });
});
