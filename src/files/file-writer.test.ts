import { openSync } from 'node:fs';
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
});
