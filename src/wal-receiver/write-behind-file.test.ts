import { open } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { fromText } from '../bytes/byte-string.ts';
import { WriteBehindFile } from './write-behind-file.ts';

it('has the failure of the disk for every call from then on', async () => {
  const file = new WriteBehindFile(fromText('/dev/full'), await open('/dev/full', 'w'));
  const piece = Buffer.alloc(64 * 1024);
  expect(file.write(piece)).toBeUndefined();
  const full = {
    code: 'STORAGE_UNAVAILABLE',
    message: 'could not write "/dev/full": no space left on device (ENOSPC)',
    hint: { key: 'files.no-space.hint' },
    retryable: false,
  };
  await expect(file.sync()).rejects.toMatchObject(full);
  expect(() => file.write(piece)).toThrow(full.message);
  await expect(file.sync()).rejects.toMatchObject(full);
  await expect(file.close()).rejects.toMatchObject(full);
  // Closed it is nevertheless.
  await file.close();
});

it('makes its caller wait when enough is waiting to be written, and tells that caller of the failure', async () => {
  const file = new WriteBehindFile(fromText('/dev/full'), await open('/dev/full', 'w'));
  await expect(file.write(Buffer.alloc(5 * 1024 * 1024))).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  await expect(file.close()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
});
