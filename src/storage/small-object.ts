import { BackupError } from '../errors/backup-error.ts';
import { onePiece } from '../bytes/one-piece.ts';
import type { Storage, StorageOptions } from './storage.ts';
import { damaged, largestSealedObject } from './sealed-json.ts';

/** The bytes of an object of at most `limit` bytes (default 64 KiB); undefined when there is none. @throws BackupError `CORRUPT` when it is larger */
export async function readSmallObject(
  storage: Storage,
  name: string,
  { signal, limit = largestSealedObject }: StorageOptions & { readonly limit?: number } = {},
): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of storage.get(name, { length: limit + 1, signal })) {
      pieces.push(Buffer.from(piece));
      size += piece.length;
    }
  } catch (error) {
    if (error instanceof BackupError && error.code === 'OBJECT_NOT_FOUND') return undefined;
    throw error;
  }
  if (size > limit) throw damaged(name);
  return Buffer.concat(pieces);
}

/** Creates an object. @returns false when one of that name exists, which is left as it is */
export async function putIfAbsent(
  storage: Storage,
  name: string,
  bytes: Uint8Array,
  options: StorageOptions = {},
): Promise<boolean> {
  try {
    await storage.put(name, () => onePiece(bytes), options);
    return true;
  } catch (error) {
    if (error instanceof BackupError && error.code === 'OBJECT_EXISTS') return false;
    throw error;
  }
}
