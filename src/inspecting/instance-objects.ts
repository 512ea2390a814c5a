import { packName } from '../packs/chunk-ref.ts';
import { parseCopiedName } from '../repository/copied.ts';
import { parseHoldName } from '../repository/hold.ts';
import { parseMarkName } from '../repository/mark.ts';
import { idIn, isId } from '../repository/names.ts';
import type { Storage, StorageOptions, StoredObject } from '../storage/storage.ts';

/** What one listing of an instance tells; its WAL archive is left out. */
export interface InstanceObjects {
  /** Id of the backup that wrote it → number of the pack → its size. */
  readonly packs: ReadonlyMap<string, ReadonlyMap<number, ListedPack>>;
  /** All but packs. */
  readonly others: readonly StoredObject[];
  /** Names that no object of an instance has; a folder that holds nothing but such is not told by itself. */
  readonly unknown: readonly string[];
}

export interface ListedPack {
  readonly sizeBytes: number;
  readonly storedAtMs: number | undefined;
}

const walFolderName = 'wal/';

/** Lists an instance. @param onObject is told of everything that is listed */
export async function listInstanceObjects(
  storage: Storage,
  { onObject, ...options }: StorageOptions & { readonly onObject?: ((object: StoredObject) => void) | undefined } = {},
): Promise<InstanceObjects> {
  const packs = new Map<string, Map<number, ListedPack>>();
  const others: StoredObject[] = [];
  const unknown: string[] = [];
  const take = (object: StoredObject): void => {
    const { name, sizeBytes, storedAtMs } = object;
    const pack = parsePackName(name);
    const isUnknown = pack === undefined && !isInstanceObject(name);
    // Of what is none of a repository the size says nothing.
    onObject?.(isUnknown ? { ...object, sizeBytes: Math.max(0, sizeBytes) } : object);
    if (pack === undefined) {
      others.push(object);
      if (isUnknown) unknown.push(name);
      return;
    }
    const ofOwner = packs.get(pack.backup) ?? new Map<number, ListedPack>();
    packs.set(pack.backup, ofOwner.set(pack.number, { sizeBytes, storedAtMs }));
  };
  for await (const object of storage.list('', { ...options, recursive: false })) take(object);
  for await (const folder of storage.folders('', options)) {
    if (folder === walFolderName) continue;
    for await (const object of storage.list(folder, options)) take(object);
  }
  return { packs, others, unknown };
}

function parsePackName(name: string): { readonly backup: string; readonly number: number } | undefined {
  const [, backup = '', digits = ''] = /^packs\/([^/]+)\/[0-9]{5,}\/([0-9]{8,15})$/.exec(name) ?? [];
  const pack = { backup, number: Number(digits) };
  return isId(backup) && packName(pack) === name ? pack : undefined;
}

function isInstanceObject(name: string): boolean {
  if (name === 'instance.json') return true;
  if (['commits/', 'removals/', 'pruned/'].some((folder) => idIn(folder, name) !== undefined)) return true;
  if (name.startsWith('reserve/')) return isId(name.slice('reserve/'.length));
  if (parseCopiedName(name) !== undefined) return true;
  return parseHoldName(name) !== undefined || parseMarkName(name) !== undefined;
}
