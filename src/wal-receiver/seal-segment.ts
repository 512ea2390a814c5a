import { BackupError } from '../errors/backup-error.ts';
import type { ErrorData } from '../errors/error-data.ts';
import { openLocalStorage } from '../storage/local-storage.ts';
import type { StorageOptions } from '../storage/storage.ts';
import type { Codec } from '../wal-archive/codec.ts';
import { openFolder } from '../wal-archive/open-folder.ts';
import { pushSegment } from '../wal-archive/push-segment.ts';

/** A whole segment in `open/` that is to be stored. */
export interface SealOrder {
  readonly directory: string;
  readonly generation: number;
  /** 24 digits. */
  readonly segment: string;
  readonly codec: Codec;
  readonly level: number | undefined;
}

/** What the thread that seals answers. */
export type SealAnswer = { readonly kind: 'sealed' } | { readonly kind: 'failed'; readonly error: ErrorData };

/**
 * Stores a segment in the archive as a push does, then removes it from `open/`. Again after a kill at any moment: what is
 * stored then has the same content.
 * @throws BackupError as `pushSegment`; then the file is where it was
 */
export async function sealSegment(order: SealOrder, options: StorageOptions = {}): Promise<void> {
  const { directory, generation, segment, codec, level } = order;
  const storage = await openLocalStorage(directory);
  const name = openFolder(generation) + segment;
  const isThere = async (): Promise<boolean> => (await storage.stat(name, options)) !== undefined;
  if (!(await isThere())) return;
  const file = { kind: 'segment', name: segment, segment } as const;
  const read = (offset?: number) => storage.get(name, { ...options, offset });
  try {
    await pushSegment({ storage, file, read, generation, codec, level }, options);
  } catch (error) {
    // A cleanup removed it meanwhile: nobody wants it any more.
    const isGone = error instanceof BackupError && error.code === 'OBJECT_NOT_FOUND' && !(await isThere());
    if (isGone) return;
    throw error;
  }
  await storage.delete(name, options);
}
