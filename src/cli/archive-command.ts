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

/**
 * The value of archive_command for a recovered copy that takes over from its source: in the generation that is opened for it,
 * if any.
 */
export async function archiveCommandAfter(
  { place, generation }: { readonly place: string; readonly generation: number },
  { newGeneration }: { readonly newGeneration: boolean },
): Promise<string> {
  const into = newGeneration ? await nextGenerationOf(place, generation) : generation;
  const line = await archiveCommandFor({ archive: place, generation: into });
  // Words of it hold no quotes.
  return /^archive_command = '(.*)'$/.exec(line)?.[1] ?? line;
}

/** Numbers are given in order. */
async function nextGenerationOf(directory: string, parent: number): Promise<number> {
  try {
    const archive = await openArchive(await openLocalStorage(directory));
    return Math.max(parent, ...(await readGenerations(archive)).map(({ number }) => number)) + 1;
  } catch {
    return parent + 1;
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
