import { realpathSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { readEnvironment } from '../config/environment.ts';
import type { GivenOptions } from '../config/option-table.ts';
import { wordsOfPlace } from '../config/object-store-settings.ts';
import { archiveOf, readGeneration, readPlaces } from '../config/places.ts';
import {
  repositoryIfNamed,
  repositoryOf,
  repositoryWords,
  type RepositorySettings,
} from '../config/repository-settings.ts';
import { openPlace, openRetrying, type FindPruned, type Storage } from '../wal-archive.ts';
import type { ProgramContext } from './program.ts';

/** A WAL archive that was opened. */
export interface OpenedWal {
  readonly storage: Storage;
  /** Its path; undefined: files are reached through the storage only. */
  readonly directory: string | undefined;
  /** Whether it is part of an encrypted repository. */
  readonly isEncrypted?: boolean | undefined;
  /** Whose WAL it is, where that is known beside the archive. */
  readonly systemIdentifier: bigint | undefined;
  /** What retention removed of it, where that is said beside the archive. */
  readonly pruned?: FindPruned | undefined;
  /** Of a repository: the folder of the instance. */
  readonly instance?: Storage | undefined;
}

/** The WAL archive that a command works on: one by itself, or that of an instance of a repository. */
export interface NamedWal {
  /** For people, and to tell archives apart. */
  readonly name: string;
  readonly generation: number | undefined;
  readonly isOfRepository: boolean;
  /** The words of a command line that name it, whatever the environment is, once it was opened. */
  readonly words: (opened: OpenedWal) => readonly string[];
  /** @throws BackupError `REPOSITORY_NOT_FOUND`; of a repository also as `openRepository`, `BACKUP_NOT_FOUND` before its first backup */
  readonly open: () => Promise<OpenedWal>;
}

/** What names the archive, for a command line; undefined where nothing does. @throws BackupError `USAGE`, `CONFIG_INVALID` */
export async function namedPlaces(
  given: GivenOptions,
  { program }: ProgramContext,
): Promise<{ readonly archive: string | readonly string[] | undefined; readonly generation: number | undefined }> {
  const environment = readEnvironment();
  const repository = await repositoryIfNamed(program, given, environment, ['archive']);
  if (repository === undefined) return readPlaces(given, environment, ['archive', 'generation']);
  return { archive: repositoryWords(repository), generation: readGeneration(given, environment) };
}

/** @throws BackupError `USAGE`, `CONFIG_INVALID` */
export async function namedWal(given: GivenOptions, context: ProgramContext): Promise<NamedWal> {
  const environment = readEnvironment();
  const repository = await repositoryIfNamed(context.program, given, environment, ['archive']);
  if (repository !== undefined) return walOfRepository(repository, readGeneration(given, environment), context);
  const places = await readPlaces(given, environment, ['archive', 'generation']);
  const directory = archiveOf(places);
  return {
    name: directory,
    generation: places.generation,
    isOfRepository: false,
    words: () => wordsOfPlace('archive', directory),
    open: async () => {
      const opened = await openPlace(directory, { signal: context.signal });
      const pruned = opened.directory === undefined ? undefined : prunedAround(opened.directory, context);
      return { ...opened, systemIdentifier: undefined, pruned };
    },
  };
}

/**
 * What retention removed of an archive that is named by its directory, where that is the one of an instance of an unencrypted repository. An archive does not
 * depend on anything beside it: where the repository cannot be read nothing is known.
 */
function prunedAround(directory: string, context: ProgramContext): FindPruned {
  return async (options) => {
    const path = realpathSync(directory);
    const instance = dirname(path);
    const instances = dirname(instance);
    if (basename(path) !== 'wal' || basename(instances) !== 'instances') return [];
    try {
      const { openKnownInstance, openRepository, readPruned } = await import('../repository-wal.ts');
      const repository = await openRepository(dirname(instances), options);
      const { storage } = await openKnownInstance(repository, basename(instance), { ...options });
      return await readPruned(storage, options);
    } catch {
      context.signal.throwIfAborted();
      return [];
    }
  };
}

function walOfRepository(
  settings: RepositorySettings,
  generation: number | undefined,
  context: ProgramContext,
): NamedWal {
  const place = repositoryOf(settings);
  return {
    name: `${place}|${settings.instance ?? ''}`,
    generation,
    isOfRepository: true,
    words: (opened) => repositoryWords(settings, opened.isEncrypted),
    open: async () => {
      // Only here: what a server runs for each segment does not load it for an archive by itself.
      const { openNamedKnownInstance } = await import('./open-instance.ts');
      const { wal, identity, isEncrypted, storage: instance } = await openNamedKnownInstance(settings, context);
      const { systemIdentifier } = identity;
      const pruned: FindPruned = async (options) => {
        const { readPruned } = await import('../repository-wal.ts');
        // A passing failure must not end a recovery.
        const patient = await openRetrying(() => Promise.resolve(instance), { forMs: 60_000 }, options);
        return readPruned(patient, options);
      };
      return { ...(await openPlace(wal)), isEncrypted, systemIdentifier, pruned, instance };
    },
  };
}
