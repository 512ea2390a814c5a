import type { Storage, StorageOptions } from '../storage/storage.ts';
import { packName, type PackId } from './chunk-ref.ts';

/** Objects that packs are not: names of those that are not there, or not of the size that they had. One listing for each backup that wrote some. */
export async function missingPacks(
  storage: Storage,
  packs: readonly { readonly pack: PackId; readonly sizeBytes: number }[],
  options: StorageOptions = {},
): Promise<string[]> {
  const wanted = new Map<string, Map<string, number>>();
  for (const { pack, sizeBytes } of packs) {
    const folder = `packs/${pack.backup}/`;
    const ofFolder = wanted.get(folder) ?? new Map<string, number>();
    wanted.set(folder, ofFolder.set(packName(pack), sizeBytes));
  }
  const missing: string[] = [];
  for (const [folder, sizes] of wanted) {
    for await (const { name, sizeBytes } of storage.list(folder, options)) {
      if (sizes.get(name) === sizeBytes) sizes.delete(name);
    }
    missing.push(...sizes.keys());
  }
  return missing;
}
