import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkRoom } from './check-room.ts';
import { orderOf, type BackupRequest, type LocalOrder } from './request.ts';

const segmentBytes = 16 * 1024 ** 2;
const base = [{ oid: undefined, location: undefined, relative: false, sizeKib: 1n }];

const order = (request: Omit<BackupRequest, 'source'>): LocalOrder =>
  orderOf({ ...request, source: { host: 'a', port: 1, user: 'b', password: undefined } }) as LocalOrder;

it('the WAL of a backup is counted where it goes, in the words of doctor', async () => {
  // A file system without room, as every Linux has one.
  const wal = { kind: 'plain', directory: join(tmpdir(), 'absent-target'), walDirectory: '/proc/wal' } as const;
  await expect(checkRoom(order({ output: wal }), base, segmentBytes)).rejects.toMatchObject({
    code: 'STORAGE_UNAVAILABLE',
    message: expect.stringMatching(
      /^\/proc\/wal: 0 MiB free, 16 MiB needed \(0 MiB of files, 16 MiB for one WAL segment, 0 MiB for the manifest; /,
    ) as unknown,
  });
  expect(await checkRoom(order({ output: wal, wal: 'none' }), base, segmentBytes)).toEqual([]);
  for (const kind of ['plain', 'tar'] as const) {
    await expect(checkRoom(order({ output: { kind, directory: '/proc/backup' } }), base, segmentBytes)).rejects.toThrow(
      '/proc/backup: 0 MiB free, 18 MiB needed (1 MiB of files, 16 MiB for one WAL segment, 1 MiB for the manifest; ',
    );
  }
});
