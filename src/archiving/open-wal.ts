import { checkInstance, chooseGeneration, findArchive, readGenerations, type Archive } from '../wal-archive/archive.ts';
import { openArchiveWal } from '../wal-archive/archive-wal.ts';
import type { FindPruned } from '../wal-archive/pruned-range.ts';
import { refuseLostGeneration, refuseLostIdentity } from '../wal-archive/lost-objects.ts';
import { openPlainWal } from '../wal-archive/plain-wal.ts';
import type { WalSource } from '../wal-archive/wal-source.ts';
import { noArchive } from '../wal-archive/no-archive.ts';
import type { Storage } from '../storage/storage.ts';

export interface OpenWalRequest {
  readonly storage: Storage;
  /** Default: the only open one, or the only one. */
  readonly generation?: number | undefined;
  /** Whose WAL it must be. */
  readonly systemIdentifier?: bigint | undefined;
  /** What retention removed, where that is known beside the archive. */
  readonly pruned?: FindPruned | undefined;
}

/** WAL to read, and the archive where it is one of ours. */
export interface OpenedWal {
  readonly source: WalSource;
  readonly archive: Archive | undefined;
  readonly generation: number | undefined;
}

/**
 * Opens WAL wherever it is: our archive, or a directory of another tool as it is.
 * @throws BackupError `REPOSITORY_NOT_FOUND` when there is no WAL, `SYSTEM_MISMATCH` when it is another instance's
 */
export async function openWal(
  { storage, generation, systemIdentifier, pruned }: OpenWalRequest,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<OpenedWal> {
  const archive = await findArchive(storage, options);
  if (archive === undefined) {
    await refuseLostIdentity(storage, options);
    if (generation !== undefined) throw noArchive(storage);
    return { source: await openPlainWal(storage, { systemIdentifier, ...options }), archive, generation: undefined };
  }
  checkInstance(archive, { ...(systemIdentifier === undefined ? {} : { systemIdentifier }) });
  const generations = await readGenerations(archive, options);
  await refuseLostGeneration(archive, generations, generation, options);
  const { number } = chooseGeneration(generations, generation, 'read');
  return { source: openArchiveWal(archive, generations, number, pruned), archive, generation: number };
}
