import type { Environment } from '../config/environment.ts';
import type { GivenOptions } from '../config/option-table.ts';
import { usage } from '../config/parse-options.ts';
import {
  readRepositorySettings,
  repositoryIfNamed,
  repositoryOf,
  type RepositorySettings,
} from '../config/repository-settings.ts';
import {
  choiceWarnings,
  chooseBackup,
  holdBackup,
  passedOver,
  readCatalogue,
  readPruned,
  refusePruned,
  StoredBackups,
  type FindPruned,
  type KeptHold,
  type Place,
  type PreparedRecovery,
  type RepositoryInstance,
} from '../index.ts';
import { say, type Message } from '../messages/message.ts';
import { warningLine } from './error-text.ts';
import { placeName } from './fetch-from-repository.ts';
import { openNamedKnownInstance } from './open-instance.ts';
import { tellLost } from './tell-lost.ts';
import type { ProgramContext } from './program.ts';
import { shownPlace } from '../wal-archive.ts';

/** An instance of a repository as it was named. */
export interface NamedInstance {
  readonly repository: string;
  readonly instance: string;
}

/** What a restore reads from a repository. */
export interface RepositoryPlaces {
  /** Before the name of each backup. */
  readonly name: string;
  /** Its directory, and the name in it, for people. */
  readonly named: NamedInstance;
  readonly archive: Place;
  /** What retention removed of the archive. */
  readonly pruned: (...options: Parameters<FindPruned>) => ReturnType<typeof readPruned>;
  /** Of that, what was said when the repository was opened. */
  readonly knownPruned: Awaited<ReturnType<typeof readPruned>>;
  readonly backups: readonly Place[];
  readonly instance: RepositoryInstance;
  /** Ids by the names of the backups. */
  readonly ids: ReadonlyMap<string, string>;
  /** Commits that cannot be read, where no backup was named: they were told. */
  readonly passedOver: readonly { readonly name: string; readonly reason: Message }[];
  /** What named it. */
  readonly settings: RepositorySettings;
}

/** Options that name where a backup or WAL is without a repository. */
const otherPlaces = ['from', 'archive', 'backups'] as const;

/**
 * The places of the repository that was named: by `--repo`, or, where the command line names no backup and no archive, by the environment or the configuration file.
 * @throws BackupError `USAGE` when both are named
 */
export async function repositoryPlaces(
  given: GivenOptions,
  environment: Environment,
  context: ProgramContext,
): Promise<RepositoryPlaces | undefined> {
  const { program } = context;
  const [operand] = given.operands;
  if (operand !== undefined) {
    const isNamed = given.has('repo') || given.has('instance') || given.has('backup');
    if (isNamed) throw usage(program, say('storing.repo-and-place', { second: operand }));
    return undefined;
  }
  const other = otherPlaces.find((option) => given.has(option));
  if (given.has('backup') && other !== undefined) {
    throw usage(program, say('storing.repo-and-place', { second: `--${other}` }));
  }
  const settings = given.has('backup')
    ? await readRepositorySettings(given, environment)
    : await repositoryIfNamed(program, given, environment, otherPlaces);
  if (settings === undefined) return undefined;
  const instance = await openNamedKnownInstance(settings, context);
  tellLost(instance, context);
  const catalogue = await readCatalogue(instance.storage, { signal: context.signal });
  const wanted = given.last('backup');
  const sound = catalogue.backups.filter(({ isCondemned }) => !isCondemned);
  const chosen = wanted === undefined ? sound : [chooseBackup(catalogue, wanted)];
  const { terminal } = context;
  // Where none was named every one may be the one to begin with.
  const unread = wanted === undefined ? catalogue.damagedCommits : [];
  const warnings = [
    ...unread.map(passedOver),
    ...(wanted === undefined ? [] : chosen.flatMap((one) => choiceWarnings(catalogue, wanted, one))),
  ];
  for (const warning of warnings) terminal.line(warningLine(program, warning));
  const backups = chosen.map(({ commit, storedAtMs }) => ({ name: commit.name, root: commit.root, storedAtMs }));
  const name = placeName(settings);
  const ids = new Map(chosen.map(({ commit }) => [commit.name, commit.backup]));
  const named = { repository: shownPlace(repositoryOf(settings)), instance: settings.instance ?? '' };
  const places = [new StoredBackups(name, instance.storage, backups)];
  const pruned: RepositoryPlaces['pruned'] = (options) => readPruned(instance.storage, options);
  const knownPruned = await pruned({ signal: context.signal });
  return {
    ...{ name, named, instance, ids, settings, archive: instance.wal, pruned, knownPruned, backups: places },
    passedOver: unread.map(({ backup, error }) => ({ name: backup, reason: error.sentence })),
  };
}

/**
 * Keeps retention from the backup that is restored, and from its WAL, while that takes: the hold is to be left behind where a recovery fetches WAL, and released else. Where nothing can be
 * written to the repository it is read without, and that is said. Where retention has begun meanwhile to remove WAL that was proved, the restore is refused.
 */
export async function holdRestored(
  { instance, ids, pruned, knownPruned }: RepositoryPlaces,
  proved: PreparedRecovery['proved'],
  { program, terminal, signal }: ProgramContext,
): Promise<KeptHold | undefined> {
  const backup = ids.get(proved.backup.folder.replace(/\/$/, ''));
  if (backup === undefined) return undefined;
  const hold = await holdBackup(instance.storage, backup, { signal });
  if (hold === undefined) terminal.line(warningLine(program, say('storing.no-hold')));
  try {
    const known = new Set(knownPruned.map(({ storedName }) => storedName));
    const ranges = await pruned({ signal });
    refusePruned(
      proved,
      ranges.filter(({ storedName }) => !known.has(storedName)),
    );
  } catch (error) {
    await hold?.release().catch(() => undefined);
    throw error;
  }
  return hold;
}
