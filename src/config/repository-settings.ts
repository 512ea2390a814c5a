import { resolve } from 'node:path';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { readConfiguration, type Configuration } from './configuration-file.ts';
import type { Environment } from './environment.ts';
import type { GivenOptions } from './option-table.ts';
import { placeOf, refuseUnusedS3Options, wordsOfPlace } from './object-store-settings.ts';
import { usage } from './parse-options.ts';

/** Where the password of a repository comes from, where nobody is asked. */
export type PasswordSource =
  | { readonly kind: 'file'; readonly path: string }
  /** Run by sh; prints the password. */
  | { readonly kind: 'command'; readonly command: string };

/** Which repository, what of it, and how it is opened. */
export interface RepositorySettings {
  /** Its directory, absolute; or its place in an object store. */
  readonly repository: string | undefined;
  readonly instance: string | undefined;
  /** Undefined: somebody is asked, if the repository is encrypted. */
  readonly password: PasswordSource | undefined;
  /** The environment names the password, and something else the repository: it is for those that are encrypted, and this one need not be. */
  readonly isPasswordOfOthers?: boolean | undefined;
}

const repositoryOptions = ['repo', 'instance', 'password-file', 'password-command'];

/**
 * Each by its option (`--repo`, `--instance`, `--password-file`, `--password-command`), else from the environment
 * (`GAUSSKEEP_REPO`, `GAUSSKEEP_INSTANCE`, …), else from the configuration file. What the file says of instance and password is
 * said of its repository: it counts only with that.
 * @param operand the repository, where a command takes it as a word of its own
 * @throws BackupError `CONFIG_INVALID`
 */
export async function readRepositorySettings(
  given: GivenOptions,
  environment: Environment,
  operand?: string,
): Promise<RepositorySettings> {
  const option = (name: string): string | undefined => given.last(name);
  const variable = (name: string): string | undefined => nonEmpty(environment[variableOf(name)]);
  const repo = operand ?? option('repo') ?? variable('repo');
  const repository = repo === undefined ? undefined : await placeOf(filled(repo), given, environment);
  const instance = option('instance') ?? variable('instance');
  const ofOptions = passwordBy(option, (name) => `--${name}`);
  const password = ofOptions ?? passwordBy(variable, variableOf);
  const isNamedBeside = (operand ?? option('repo')) === undefined && variable('repo') !== undefined;
  const isPasswordOfOthers = ofOptions === undefined && password !== undefined && !isNamedBeside ? true : undefined;
  const others = [given.last('archive'), given.last('to') ?? variable('to')];
  if (repository !== undefined && instance !== undefined && password !== undefined) {
    refuseUnusedS3Options(given, [repository, ...others]);
    return { repository, instance, password, isPasswordOfOthers };
  }
  const file = await readConfiguration(environment);
  const repositoryOfFile = file.repo === undefined ? undefined : await placeOf(file.repo, given, environment);
  refuseUnusedS3Options(given, [repository ?? repositoryOfFile, ...others]);
  const ofFile: Partial<Configuration> = repository === undefined || repository === repositoryOfFile ? file : {};
  return {
    repository: repository ?? repositoryOfFile,
    instance: instance ?? ofFile.instance,
    password: password ?? passwordOfFile(ofFile),
    isPasswordOfOthers,
  };
}

/**
 * The repository that another one is copied into: by `--to`, `--to-password-file`, `--to-password-command`, else from the environment (`GAUSSKEEP_TO`, …). What names the password of all
 * repositories is not for this one.
 * @throws BackupError `CONFIG_INVALID` when nothing names it
 */
export async function readTargetSettings(
  given: GivenOptions,
  environment: Environment,
): Promise<RepositorySettings & { readonly repository: string }> {
  const option = (name: string): string | undefined => given.last(name);
  const variable = (name: string): string | undefined => nonEmpty(environment[variableOf(name)]);
  const to = option('to') ?? variable('to');
  if (to === undefined) {
    throw new BackupError('CONFIG_INVALID', say('copy.no-target'), { hint: say('copy.no-target.hint') });
  }
  const ofOptions = passwordBy(
    (name) => option(`to-${name}`),
    (name) => `--to-${name}`,
  );
  const ofEnvironment = (): PasswordSource | undefined =>
    passwordBy(
      (name) => variable(`to-${name}`),
      (name) => variableOf(`to-${name}`),
    );
  const repository = await placeOf(filled(to), given, environment);
  return { repository, instance: undefined, password: ofOptions ?? ofEnvironment() };
}

/**
 * The repository, where a command that works on an archive or on backups is to work on one: what the command line names counts, else what
 * the environment names, else what the configuration file names; at one place a repository with its instance comes before the others.
 * @param others options for what is no repository
 * @throws BackupError `USAGE` when the command line names both; `CONFIG_INVALID`
 */
export async function repositoryIfNamed(
  program: string,
  given: GivenOptions,
  environment: Environment,
  others: readonly string[],
): Promise<RepositorySettings | undefined> {
  const isNamed = repositoryOptions.some((option) => given.has(option));
  const other = others.find((option) => given.has(option));
  if (other !== undefined) {
    if (!isNamed) return undefined;
    throw usage(program, say('storing.repo-and-place', { second: `--${other}` }));
  }
  if (isNamed) return readRepositorySettings(given, environment);
  const isOfEnvironment = nonEmpty(environment['GAUSSKEEP_REPO']) !== undefined;
  if (!isOfEnvironment && others.some((option) => nonEmpty(environment[variableOf(option)]) !== undefined)) {
    return undefined;
  }
  const settings = await readRepositorySettings(given, environment);
  return settings.repository === undefined || settings.instance === undefined ? undefined : settings;
}

/** Where the repository is. @throws BackupError `CONFIG_INVALID` when nothing names it */
export function repositoryOf({ repository }: RepositorySettings): string {
  if (repository !== undefined) return repository;
  throw new BackupError('CONFIG_INVALID', say('repo.none-named'), { hint: say('repo.none-named.hint') });
}

/**
 * Of a command line that names them, whatever the environment is.
 * @param isEncrypted false: of a password that may be for other repositories there is no word, because on a command line it is an error
 */
export function repositoryWords(
  { repository, instance, password: named, isPasswordOfOthers }: RepositorySettings,
  isEncrypted = true,
): string[] {
  const password = !isEncrypted && isPasswordOfOthers === true ? undefined : named;
  const options = {
    repo: repository,
    instance,
    'password-file': password?.kind === 'file' ? password.path : undefined,
    'password-command': password?.kind === 'command' ? password.command : undefined,
  };
  return Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : wordsOfPlace(name, value)));
}

function variableOf(name: string): string {
  return `GAUSSKEEP_${name.toUpperCase().replaceAll('-', '_')}`;
}

/** What is named nearer overrules both; at one place they exclude each other. An empty path or command names nothing, and is wrong. */
function passwordBy(
  valueOf: (name: string) => string | undefined,
  shown: (name: string) => string,
): PasswordSource | undefined {
  const [path, command] = [valueOf('password-file'), valueOf('password-command')];
  if (path !== undefined && command !== undefined) {
    const names = { file: shown('password-file'), command: shown('password-command') };
    throw new BackupError('CONFIG_INVALID', say('repo.two-passwords', names));
  }
  if (path !== undefined) return { kind: 'file', path: resolve(filled(path)) };
  if (command === undefined) return undefined;
  if (command.trim() !== '') return { kind: 'command', command };
  throw new BackupError('CONFIG_INVALID', say('repo.empty-command'));
}

function passwordOfFile({
  passwordFile: path,
  passwordCommand: command,
}: Partial<Configuration>): PasswordSource | undefined {
  if (path !== undefined) return { kind: 'file', path };
  return command === undefined ? undefined : { kind: 'command', command };
}

function filled(path: string): string {
  if (path !== '') return path;
  throw new BackupError('CONFIG_INVALID', say('repo.empty-path'));
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
