import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { s3OptionNames, wordsOfPlace } from '../config/object-store-settings.ts';
import type { Place } from '../index.ts';
import { archiveCommandLine, chooseGeneration, openArchive, openPlace, readGenerations } from '../wal-archive.ts';

const placeOptions = [
  ...['--archive', '--generation', '--repo', '--instance', '--password-file', '--password-command'],
  ...s3OptionNames.map((name) => `--${name}`),
];

/**
 * The archive_command to configure, which names program, archive and generation; with placeholders where a path cannot stand
 * in one. A generation that was not named is the archive's open one; the first, while there is no archive yet.
 */
export async function archiveCommandFor({
  archive,
  generation,
  further = [],
}: {
  /** Directory of one by itself, or the words that name it. */
  readonly archive: string | readonly string[] | undefined;
  readonly generation: number | undefined;
  /** Words of the command beside those. */
  readonly further?: readonly string[];
}): Promise<string> {
  const called = process.argv[1] ?? 'gausskeep';
  const directory = archive ?? '/ARCHIVE';
  const words = typeof directory === 'string' ? plainPlace(directory) : directory;
  const place = typeof words === 'string' ? words : [...words, ...further];
  const first = typeof directory === 'string' ? await openGenerationOf(directory) : undefined;
  const named = generation ?? (archive === undefined ? 1 : first);
  try {
    return archiveCommandLine({ program: resolve(called), archive: place, generation: named });
  } catch {
    return archiveCommandLine({
      program: plainOr(realpathSync(called), '/PATH/gausskeep'),
      archive: typeof place === 'string' ? plainOr(place, '/ARCHIVE') : place.map((word) => plainOr(word, '/PATH')),
      generation: named,
    });
  }
}

/**
 * The value of archive_command for a recovered copy that takes over from its source: in the generation that is opened for it,
 * if any. undefined where a path cannot stand in one: whoever pastes a placeholder has lost what was there.
 */
export async function archiveCommandAfter(
  {
    place,
    generation,
    words,
  }: { readonly place: string; readonly generation: number; readonly words?: readonly string[] | undefined },
  { newGeneration, like }: { readonly newGeneration: boolean; readonly like: string | undefined },
): Promise<string | undefined> {
  const into = newGeneration ? await nextGenerationOf(place, generation) : generation;
  return plainCommand(words ?? plainPlace(place), into, pushOptionsOf(like));
}

/** The value of archive_command for an archive that is named; undefined where a path cannot stand in one. */
export async function archiveCommandTo(
  place: Place,
  generation: number | undefined,
  /** Of an archive of a repository. */
  words?: readonly string[],
): Promise<string | undefined> {
  const archive = words ?? (typeof place === 'string' ? plainPlace(place) : undefined);
  if (archive === undefined) return undefined;
  return plainCommand(archive, generation ?? (await openGenerationOf(place)), []);
}

function plainCommand(
  archive: string | readonly string[],
  generation: number,
  options: readonly string[],
): string | undefined {
  const called = process.argv[1] ?? 'gausskeep';
  for (const program of [resolve(called), realpathSync(called)]) {
    try {
      const line = archiveCommandLine({ program, archive, generation, options });
      // Words of it hold no quotes.
      return /^archive_command = '(.*)'$/.exec(line)?.[1];
    } catch {
      continue;
    }
  }
  return undefined;
}

/** What the archive_command of the source says besides program, archive and generation, if it is one of ours. */
function pushOptionsOf(like: string | undefined): string[] {
  const words = / wal push (.*)$/.exec(like ?? '')?.[1]?.split(' ') ?? [];
  const options: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--s3-allow-http') continue;
    if (placeOptions.includes(word)) at += 1;
    else if (word !== '' && word !== '%p' && !placeOptions.some((option) => word.startsWith(`${option}=`)))
      options.push(word);
  }
  return options;
}

/** A directory, or the words that name a place in an object store. */
function plainPlace(place: string): string | readonly string[] {
  const words = wordsOfPlace('archive', place);
  return words.length === 2 ? place : words;
}

/** Numbers are given in order. */
async function nextGenerationOf(directory: string, parent: number): Promise<number> {
  try {
    const archive = await openArchive((await openPlace(directory)).storage);
    return Math.max(parent, ...(await readGenerations(archive)).map(({ number }) => number)) + 1;
  } catch {
    return parent + 1;
  }
}

async function openGenerationOf(directory: Place): Promise<number> {
  try {
    const archive = await openArchive((await openPlace(directory)).storage);
    return chooseGeneration(await readGenerations(archive), undefined, 'push').number;
  } catch {
    return 1;
  }
}

function plainOr(path: string, placeholder: string): string {
  return /^[A-Za-z0-9_./:=,@+-]+$/.test(path) ? path : placeholder;
}
