import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { identityName } from './archive-identity.ts';
import type { Archive } from './archive.ts';
import { generationFolder, generationName, generationNumbers, type Generation } from './generation.ts';

/**
 * Tells an archive that has lost its identity from a directory that is none.
 * @throws BackupError `CORRUPT` where a generation has WAL
 */
export async function refuseLostIdentity(storage: Storage, options: StorageOptions = {}): Promise<void> {
  const [generation] = await generationsWithWal(storage, options);
  if (generation === undefined) return;
  const words = { storage: storage.description, name: identityName, folder: generationFolder(generation) };
  throw new BackupError('CORRUPT', say('archive.lost-identity', words), { hint: say('archive.lost.hint') });
}

/**
 * Tells a generation that has lost what says that it is one, where it is asked for or none is left.
 * @param wanted undefined: whichever there is
 * @throws BackupError `CORRUPT`
 */
export async function refuseLostGeneration(
  { storage }: Archive,
  generations: readonly Generation[],
  wanted: number | undefined,
  options: StorageOptions = {},
): Promise<void> {
  const isThere = wanted === undefined ? generations.length > 0 : generations.some(({ number }) => number === wanted);
  if (isThere) return;
  const lost = (await generationsWithWal(storage, options)).find((number) => wanted === undefined || number === wanted);
  if (lost === undefined) return;
  const words = { storage: storage.description, generation: lost, name: generationName(lost) };
  throw new BackupError('CORRUPT', say('archive.lost-generation', words), { hint: say('archive.lost.hint') });
}

async function generationsWithWal(storage: Storage, options: StorageOptions): Promise<number[]> {
  const numbers: number[] = [];
  for await (const number of generationNumbers(storage, options)) {
    if (await hasFolder(storage, `${generationFolder(number)}wal/`, options)) numbers.push(number);
  }
  return numbers.sort((a, b) => a - b);
}

async function hasFolder(storage: Storage, folder: string, options: StorageOptions): Promise<boolean> {
  for await (const name of storage.folders(folder, options)) return name !== '';
  return false;
}
