import { readEnvironment } from '../config/environment.ts';
import type { GivenOptions } from '../config/option-table.ts';
import { parseOptions } from '../config/parse-options.ts';
import { readGeneration } from '../config/places.ts';
import {
  readRepositorySettings,
  repositoryIfNamed,
  repositoryWords,
  type RepositorySettings,
} from '../config/repository-settings.ts';
import { walPushOptions } from '../config/wal-options.ts';
import { placeOf } from '../config/object-store-settings.ts';
import { BackupError } from '../errors/backup-error.ts';
import type { ExaminedArchive } from '../index.ts';
import { say } from '../messages/message.ts';
import { openKnownInstance, openRepository } from '../repository-wal.ts';
import { isS3Place, s3PlaceBelow, shownPlace } from '../wal-archive.ts';
import { placeName } from './fetch-from-repository.ts';
import { openNamedKnownInstance } from './open-instance.ts';
import type { ProgramContext } from './program.ts';
import { wordsOfPush } from './judge-push.ts';
import { passwordWays } from './repository-password.ts';

type OpenedInstance = Awaited<ReturnType<typeof openNamedKnownInstance>>;
type Looked = Awaited<ReturnType<NonNullable<ExaminedArchive['open']>>>;

/** The archive of the instance that the command line of `doctor` names, opened, and the words that name it for others. @throws BackupError */
export async function archiveOfNamed(
  given: GivenOptions,
  context: ProgramContext,
): Promise<{ readonly archive: ExaminedArchive; readonly words: readonly string[] } | undefined> {
  const environment = readEnvironment();
  const settings = await repositoryIfNamed(context.program, given, environment, ['archive']);
  if (settings === undefined) return undefined;
  const instance = await openNamedKnownInstance(settings, context);
  const opened = openedArchive(settings, instance);
  const path = typeof opened.place === 'string' ? opened.place : placeName(settings);
  const generation = readGeneration(given, environment);
  const archive = { path, generation, open: () => Promise.resolve(opened) };
  return { archive, words: repositoryWords(settings, instance.isEncrypted) };
}

/**
 * Where a server archives by the words of its archive_command, if they are those of `wal push` into a repository or an object store: what they say counts, and
 * what the environment of this run says of places does not, which is not that of the server. Undefined where it is not plainly to be seen.
 */
export async function archiveOfCommand(
  commandWords: readonly string[],
  given: GivenOptions,
  context: ProgramContext,
): Promise<ExaminedArchive | undefined> {
  const words = wordsOfPush(commandWords);
  if (words === undefined || words.some((word) => word.includes('%'))) return undefined;
  try {
    const push = parseOptions(context.program, walPushOptions, words);
    const named = push.last('repo') ?? push.last('archive');
    if (named === undefined || (isS3Place(named) ? !isStoreNamed(push) : !named.startsWith('/'))) return undefined;
    const generation = push.last('generation');
    const numbered = generation === undefined ? undefined : Number(generation);
    if (push.has('archive')) {
      const place = await placeOf(named, push, {});
      return { path: place, generation: numbered };
    }
    const settings = await readRepositorySettings(push, {});
    if (settings.instance === undefined) return undefined;
    return { path: placeName(settings), generation: numbered, open: () => openQuietly(settings, given, context) };
  } catch (error) {
    if (error instanceof BackupError) return undefined;
    throw error;
  }
}

/** Else the environment of the server says which it is. */
function isStoreNamed(push: GivenOptions): boolean {
  return push.has('s3-endpoint') || push.has('s3-region');
}

/** Nobody is asked for a password, and no command that a server names is run: it may be anything. */
async function openQuietly(
  settings: RepositorySettings,
  given: GivenOptions,
  context: ProgramContext,
): Promise<Looked> {
  const { signal } = context;
  const { repository: directory = '', instance = '' } = settings;
  const own = await readRepositorySettings(given, readEnvironment());
  const ofCommand = settings.password?.kind === 'file' ? settings.password : undefined;
  const { password } = passwordWays({ password: own.password ?? ofCommand }, directory, context);
  const askPassword = password ?? (() => Promise.reject(passwordUnknown(settings)));
  const repository = await openRepository(directory, { askPassword, signal });
  return openedArchive(settings, await openKnownInstance(repository, instance, { signal }));
}

function passwordUnknown({ repository = '' }: RepositorySettings): BackupError {
  return new BackupError(
    'AUTHENTICATION',
    say('repository-wal.doctor-password', { directory: shownPlace(repository) }),
  );
}

/** Of an unencrypted one by its own place, where room can be looked at. */
function openedArchive({ repository = '' }: RepositorySettings, instance: OpenedInstance): Looked {
  const { name, wal, isEncrypted, identity } = instance;
  const { systemIdentifier } = identity;
  if (isS3Place(repository)) {
    const place = isEncrypted ? wal : s3PlaceBelow(repository, `instances/${name}/wal`);
    return { place, directory: undefined, systemIdentifier };
  }
  return { place: wal, directory: repository, systemIdentifier };
}
