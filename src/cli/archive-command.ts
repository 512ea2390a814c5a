import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Places } from '../config/places.ts';
import {
  archiveCommandLine,
  chooseGeneration,
  openArchive,
  openLocalStorage,
  readGenerations,
} from '../wal-archive.ts';

/**
 * The archive_command to configure, which names program, archive and generation; with placeholders where a path cannot stand
 * in one. A generation that was not named is the archive's open one; the first, while there is no archive yet.
 */
export async function archiveCommandFor({
  archive,
  generation,
}: Pick<Places, 'archive' | 'generation'>): Promise<string> {
  const called = process.argv[1] ?? 'gausskeep';
  const place = archive ?? '/ARCHIVE';
  const named = generation ?? (archive === undefined ? 1 : await openGenerationOf(archive));
  try {
    return archiveCommandLine({ program: resolve(called), archive: place, generation: named });
  } catch {
    return archiveCommandLine({
      program: plainOr(realpathSync(called), '/PATH/gausskeep'),
      archive: plainOr(place, '/ARCHIVE'),
      generation: named,
    });
  }
}

async function openGenerationOf(directory: string): Promise<number> {
  try {
    const archive = await openArchive(await openLocalStorage(directory));
    return chooseGeneration(await readGenerations(archive), undefined, 'push').number;
  } catch {
    return 1;
  }
}

function plainOr(path: string, placeholder: string): string {
  return /^[A-Za-z0-9_./:=,@+-]+$/.test(path) ? path : placeholder;
}
