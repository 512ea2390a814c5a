import type { Storage, StorageOptions } from '../storage/storage.ts';
import { walFolder } from './archive-wal.ts';
import { generationNumbers } from './generation.ts';
import { parseWalFileName } from './wal-file-name.ts';

/** The last segment of an archive by its name, and when its receipt was stored. */
export interface NewestSegment {
  readonly generation: number;
  readonly name: string;
  /** By the clock of the storage. */
  readonly storedAtMs: number | undefined;
}

/**
 * The segment with a receipt whose name comes last in its generation; of several generations the one that was stored last. Looks
 * at names in one folder of each generation: what lies before it may have gaps. Undefined: no segment is there.
 */
export async function newestSegment(
  storage: Storage,
  options: StorageOptions = {},
): Promise<NewestSegment | undefined> {
  let newest: NewestSegment | undefined;
  for await (const generation of generationNumbers(storage, options)) {
    const last = await lastOf(storage, generation, options);
    if (last === undefined) continue;
    const isLater = newest === undefined || (last.storedAtMs ?? 0) >= (newest.storedAtMs ?? 0);
    if (isLater) newest = last;
  }
  return newest;
}

async function lastOf(
  storage: Storage,
  generation: number,
  options: StorageOptions,
): Promise<NewestSegment | undefined> {
  const wal = walFolder(generation);
  const folders: string[] = [];
  for await (const folder of storage.folders(wal, options)) {
    if (/^[0-9A-F]{16}$/.test(folder.slice(wal.length, -1))) folders.push(folder);
  }
  // The last one may hold nothing that is finished.
  for (const folder of folders.reverse()) {
    let last: NewestSegment | undefined;
    for await (const { name: object, storedAtMs } of storage.list(folder, { ...options, recursive: false })) {
      const name = /^(.*)\.receipt$/.exec(object.slice(folder.length))?.[1] ?? '';
      if (parseWalFileName(name)?.kind === 'segment') last = { generation, name, storedAtMs };
    }
    if (last !== undefined) return last;
  }
  return undefined;
}
