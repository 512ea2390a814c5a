import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromText } from '../bytes/byte-string.ts';
import { FileWriter } from './file-writer.ts';

describe('FileWriter', () => {
  it('says that the disk is full, where, and what to do', () => {
    const file = new FileWriter(fromText('/dev/full'), openSync('/dev/full', 'w'));
    const write = () => {
      file.write(Buffer.from('x'));
    };
    expect(write).toThrow('could not write "/dev/full": no space left on device (ENOSPC)');
    expect(write).toThrow(
      expect.objectContaining({
        code: 'STORAGE_UNAVAILABLE',
        retryable: false,
        hint: { key: 'files.no-space.hint', parameters: {} },
      }),
    );
    file.close();
  });

  it('holds what was written where the kernel is to write it at its close, and needs no file that can be truncated', () => {
    const directory = mkdtempSync(join(tmpdir(), 'gausskeep-writer-'));
    const path = join(directory, 'file');
    for (const target of [path, '/dev/null']) {
      const file = new FileWriter(fromText(target), openSync(target, 'w'));
      file.writeAtClose();
      file.write(Buffer.from('one '));
      file.write(Buffer.from('two'));
      file.close();
    }
    expect(readFileSync(path, 'utf8')).toBe('one two');
    rmSync(directory, { recursive: true });
  });
});
