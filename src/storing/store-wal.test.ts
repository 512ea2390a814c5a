import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MemoryStorage } from '../../test/support/memory-storage.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { parseLsn } from '../wal/lsn.ts';
import { storeWal } from './store-wal.ts';

it('leaves a segment that was begun behind the end of the backup, and keeps the beginning of one that the backup ends in', async () => {
  const directory = temporaryDirectory();
  const name = '000000010000000000000003';
  writeFileSync(join(directory, name), 'its beginning');
  const wal = { directory, archive: new MemoryStorage(), generation: 1, codec: 'none', level: undefined } as const;
  const options = { signal: new AbortController().signal };
  const stored = (end: string) =>
    storeWal({ ...wal, segmentSizeBytes: 16 * 1024 * 1024, endLsn: parseLsn(end) }, options);
  expect(await stored('0/3000000')).toEqual({ generation: 1, unfinished: [] });
  expect((await stored('0/3000100')).unfinished).toEqual([{ name, path: join(directory, name), sizeBytes: 13 }]);
});
