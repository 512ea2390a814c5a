import type { StorageOptions } from '../storage/storage.ts';
import type { Archive } from '../wal-archive/archive.ts';
import { walFolder } from '../wal-archive/archive-wal.ts';
import type { Generation } from '../wal-archive/generation.ts';
import { openFiles } from '../wal-archive/open-folder.ts';
import { parseWalFileName, positionPart } from '../wal-archive/wal-file-name.ts';
import { lineKey } from './wal-needs.ts';

/** The lines of WAL of an archive: each timeline of each generation. */
export interface ArchivedLines {
  /** Those that got WAL since then, by `lineKey`. */
  readonly living: ReadonlySet<string>;
  /** The position of the last segment of each line, as `positionPart` has it. It shows that WAL went on up to there. */
  readonly last: ReadonlyMap<string, string>;
}

/** @param sinceMs ms since 1970 by the clock of the storage */
export async function readLines(
  { storage }: Archive,
  generations: readonly Generation[],
  sinceMs: number,
  options: StorageOptions = {},
): Promise<ArchivedLines> {
  const living = new Set<string>();
  const last = new Map<string, string>();
  for (const { number: generation } of generations) {
    const keyOf = (segment: string): string =>
      lineKey({ generation, timeline: Number.parseInt(segment.slice(0, 8), 16) });
    for await (const { name, storedAtMs = Infinity } of storage.list(walFolder(generation), options)) {
      if (!name.endsWith('.receipt')) continue;
      const file = parseWalFileName(name.slice(name.lastIndexOf('/') + 1, -'.receipt'.length));
      if (file?.kind !== 'segment' && file?.kind !== 'partial') continue;
      const line = keyOf(file.segment);
      if (storedAtMs >= sinceMs) living.add(line);
      const position = positionPart(file.segment);
      if (position > (last.get(line) ?? '')) last.set(line, position);
    }
    for (const { segment } of await openFiles(storage, generation, options)) living.add(keyOf(segment));
  }
  return { living, last };
}
