import type { Storage, StorageOptions } from '../storage/storage.ts';
import { packName, type PackId } from './chunk-ref.ts';
import type { LostPack } from './damage.ts';

/** Packs that are not there, or not of the size that they had. One listing for each backup that wrote some. */
export async function missingPacks(
  storage: Storage,
  packs: readonly { readonly pack: PackId; readonly sizeBytes: number }[],
  options: StorageOptions = {},
): Promise<LostPack[]> {
  const wanted = new Map<string, Map<string, LostPack>>();
  for (const { pack, sizeBytes } of packs) {
    const folder = `packs/${pack.backup}/`;
    const ofFolder = wanted.get(folder) ?? new Map<string, LostPack>();
    const object = packName(pack);
    wanted.set(folder, ofFolder.set(object, { object, expected: sizeBytes, actual: undefined }));
  }
  const missing: LostPack[] = [];
  for (const [folder, lost] of wanted) {
    for await (const { name, sizeBytes } of storage.list(folder, options)) {
      const pack = lost.get(name);
      if (pack === undefined) continue;
      if (pack.expected === sizeBytes) lost.delete(name);
      else lost.set(name, { ...pack, actual: sizeBytes });
    }
    missing.push(...lost.values());
  }
  return missing;
}
