import type { Storage, StorageOptions } from '../storage/storage.ts';
import { deleteIfAllowed } from '../storage/object-lock.ts';
import { putIfAbsent } from '../storage/small-object.ts';
import { parseWalFileName, positionPart } from './wal-file-name.ts';

/** A standby that reads from an archive, and the segment that it needs first. */
export interface Hold {
  readonly name: string;
  readonly segment: string;
}

/** Folder of the holds; in a plain directory of WAL too, where other tools pass it over. */
const holdsFolder = 'holds/';

/** All holds. Of a name with several segments, as a crash may leave it, the oldest counts. */
export async function readHolds(storage: Storage, options: StorageOptions = {}): Promise<Hold[]> {
  const holds = new Map<string, Hold>();
  for await (const { name: stored } of storage.list(holdsFolder, options)) {
    const [name, segment, ...rest] = stored.slice(holdsFolder.length).split('/');
    if (name === undefined || segment === undefined || rest.length > 0) continue;
    if (parseWalFileName(segment)?.kind !== 'segment') continue;
    const known = holds.get(name);
    if (known === undefined || positionPart(segment) < positionPart(known.segment)) holds.set(name, { name, segment });
  }
  return [...holds.values()];
}

/** Says that `name` needs `segment` and what follows; what it said before is forgotten. */
export async function setHold(storage: Storage, { name, segment }: Hold, options: StorageOptions = {}): Promise<void> {
  await putIfAbsent(storage, `${holdsFolder}${name}/${segment}`, new Uint8Array(0), options);
  // The new one is durable before the old ones go: at no moment is there none.
  await removeHolds(storage, name, segment, options);
}

/** Forgets `name`: it needs nothing any more. @returns whether it was there */
export async function releaseHold(storage: Storage, name: string, options: StorageOptions = {}): Promise<boolean> {
  return removeHolds(storage, name, undefined, options);
}

async function removeHolds(
  storage: Storage,
  name: string,
  except: string | undefined,
  options: StorageOptions,
): Promise<boolean> {
  const names: string[] = [];
  for await (const object of storage.list(`${holdsFolder}${name}/`, options)) names.push(object.name);
  for (const stored of names) {
    // The oldest that is there counts: one that stays keeps more than it need.
    if (except === undefined) await storage.delete(stored, options);
    else if (stored !== `${holdsFolder}${name}/${except}`) await deleteIfAllowed(storage, stored, options);
  }
  return names.length > 0;
}
