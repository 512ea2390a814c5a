import { readSmallObject, putIfAbsent } from '../storage/small-object.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';

/** Copies a small object as it is. @returns false when one of that name is there, or the source has none any more */
export async function copySmallObject(
  source: Storage,
  target: Storage,
  name: string,
  { limit, ...options }: StorageOptions & { readonly limit?: number } = {},
): Promise<boolean> {
  const bytes = await readSmallObject(source, name, limit === undefined ? options : { ...options, limit });
  return bytes !== undefined && putIfAbsent(target, name, bytes, options);
}
