import { join } from 'node:path';
import { fromText } from '../bytes/byte-string.ts';
import { refuseFull, space } from '../checks/space-checks.ts';
import { freeSpace } from '../files/free-space.ts';
import type { DataDirectory } from './data-directory.ts';

/**
 * A server that fetches its WAL from an archive puts each segment into its WAL directory first: without room for one it stops at once.
 * @throws BackupError `STORAGE_UNAVAILABLE`
 */
export async function checkRoomForWal({ path, record, control, capabilities }: DataDirectory): Promise<void> {
  if (record?.archive === undefined) return;
  const directory = join(path, capabilities.walDirectory);
  const { freeBytes, storesAsWritten } = await freeSpace(fromText(directory), 'server');
  const needed = { files: 0n, wal: BigInt(control.walSegmentSizeBytes), manifest: 0n };
  refuseFull(space({ path: directory, freeBytes, storesAsWritten, needed }, 'recovery'), undefined);
}
