import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { BackupError, reasonOf } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { describeServer, type ServerIdentity } from '../server/identity.ts';
import { identityOfDirectory, identityOfProgram, opensDirectoryOf } from '../server/installed-release.ts';
import { capabilitiesOf } from '../server/capabilities-of.ts';
import { recoveryDialectOf } from '../server/recovery-dialect.ts';
import { textOf, type DataDirectory } from './data-directory.ts';

/** Environment variables by name, for the programs that are started. */
export type ProgramEnvironment = Readonly<Record<string, string | undefined>>;

/** The local programs of a server. */
export interface ServerPrograms {
  readonly directory: string;
  readonly identity: ServerIdentity;
  /** For starting them: as given, completed by what the installation needs. */
  readonly environment: ProgramEnvironment;
}

interface Candidate {
  readonly directory: string;
  readonly identity: ServerIdentity | undefined;
  /** Its version, or why it does not run. */
  readonly said: string;
  readonly hasRun: boolean;
}

const versionTimeoutMs = 15_000;

/** What programs have to fit. */
type Instance = Pick<DataDirectory, 'identity' | 'dialect' | 'record'>;

/**
 * Where the control program is that fits a data directory or a plain backup, for commands that are shown.
 * @returns undefined where the shell that pastes them finds it by its name, or nobody does
 */
export async function controlProgramPlace(
  directory: string,
  environment: ProgramEnvironment,
): Promise<string | undefined> {
  try {
    const version = textOf(join(directory, 'PG_VERSION'))?.trim();
    if (version === undefined) return undefined;
    const family = /^\d+$/.test(version) ? 'postgresql' : 'opengauss';
    const identity = identityOfDirectory(family, version, undefined);
    const dialect = recoveryDialectOf(capabilitiesOf(identity));
    const instance = { identity, dialect, record: undefined };
    const { directory: found } = await findPrograms(instance, { bindir: undefined, environment });
    const name = dialect.controlProgram ?? 'pg_ctl';
    const first = (environment['PATH'] ?? '').split(':').find((place) => isExecutable(join(place, name)));
    return first === found || !isExecutable(join(found, name)) ? undefined : found;
  } catch {
    return undefined;
  }
}

/**
 * Finds the programs that fit a data directory: in `bindir` alone when it is given, else in GAUSSHOME/bin, on PATH and
 * where packages put them. A physical copy opens with the same product and release only, so others are refused.
 * @throws BackupError `CONFIG_INVALID` when there are none, `SYSTEM_MISMATCH` when there are others
 */
export async function findPrograms(
  data: Instance,
  { bindir, environment }: { readonly bindir: string | undefined; readonly environment: ProgramEnvironment },
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ServerPrograms> {
  const places = bindir === undefined ? placesOf(data, environment) : [resolve(bindir)];
  const candidates: Candidate[] = [];
  for (const directory of places) {
    if (!isExecutable(join(directory, data.dialect.serverProgram))) continue;
    const candidate = await ask(data, directory, environment, signal);
    const { identity } = candidate;
    if (identity !== undefined && opensDirectoryOf(data.identity, data.record, identity)) {
      requireControlProgram(data, directory);
      return { directory, identity, environment: completed(data, directory, environment) };
    }
    candidates.push(candidate);
  }
  throw notFound(data, candidates, places);
}

function placesOf({ dialect, identity }: Instance, environment: ProgramEnvironment): string[] {
  const home = dialect.homeVariable === undefined ? undefined : environment[dialect.homeVariable];
  const onPath = (environment['PATH'] ?? '').split(':').filter((place) => place.startsWith('/'));
  const usual = dialect.usualDirectories.map((place) =>
    join(place.replace('{major}', String(identity.major ?? '')), 'bin'),
  );
  return [...new Set([...(home === undefined || home === '' ? [] : [join(home, 'bin')]), ...onPath, ...usual])];
}

async function ask(
  data: Instance,
  directory: string,
  environment: ProgramEnvironment,
  signal: AbortSignal | undefined,
): Promise<Candidate> {
  const program = join(directory, data.dialect.serverProgram);
  try {
    const { stdout } = await promisify(execFile)(program, ['--version'], {
      env: { ...completed(data, directory, environment) },
      timeout: versionTimeoutMs,
      maxBuffer: 64 * 1024,
      signal,
      cwd: '/',
    });
    const said = stdout.trim();
    const identity = identityOfProgram(data.identity.family, said, data.dialect.products);
    return { directory, said, identity, hasRun: true };
  } catch (error) {
    if (signal?.aborted === true) throw error;
    return { directory, said: failureOf(error), identity: undefined, hasRun: false };
  }
}

/** What a program said before it ended says more than that it ended. */
function failureOf(error: unknown): string {
  const { stderr } = error as { stderr?: unknown };
  const last = typeof stderr === 'string' ? stderr.trim().split('\n').at(-1) : undefined;
  return last === undefined || last === '' ? reasonOf(error) : last;
}

function requireControlProgram({ dialect }: Instance, directory: string): void {
  const { controlProgram } = dialect;
  if (controlProgram === undefined || isExecutable(join(directory, controlProgram))) return;
  throw new BackupError('CONFIG_INVALID', say('recovery.no-control-program', { program: controlProgram, directory }));
}

/**
 * openGauss's programs need GAUSSHOME and its libraries, which are in its lib. What the user has set stays, and comes first:
 * a GAUSSHOME alone says where the libraries are, too. A password is ours to log in with, and none of theirs.
 */
function completed({ dialect }: Instance, directory: string, given: ProgramEnvironment): ProgramEnvironment {
  const { homeVariable } = dialect;
  // A server hands its environment on to every command of an administrator, for as long as it runs.
  const environment: ProgramEnvironment = { ...given, PGPASSWORD: undefined };
  if (homeVariable === undefined) return environment;
  const homeGiven = environment[homeVariable] ?? '';
  const home = homeGiven === '' ? dirname(directory) : homeGiven;
  const places = (environment['LD_LIBRARY_PATH'] ?? '').split(':').filter((place) => place !== '');
  const library = join(home, 'lib');
  const libraries = places.includes(library) ? places : homeGiven === '' ? [library, ...places] : [...places, library];
  const path = homeGiven === '' ? [directory, environment['PATH'] ?? ''].join(':') : environment['PATH'];
  return { ...environment, [homeVariable]: home, LD_LIBRARY_PATH: libraries.join(':'), PATH: path };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function notFound(data: Instance, candidates: readonly Candidate[], places: readonly string[]): BackupError {
  const wanted = describeServer(data.identity);
  const [first] = candidates;
  if (first === undefined) {
    const looked = places.join(', ');
    return new BackupError(
      'CONFIG_INVALID',
      say('recovery.no-programs', { program: data.dialect.serverProgram, places: looked }),
      { hint: say('recovery.no-programs.hint', { wanted }) },
    );
  }
  if (candidates.every(({ hasRun }) => !hasRun)) {
    const { directory, said } = first;
    return new BackupError(
      'CONFIG_INVALID',
      say('recovery.cannot-start', { program: join(directory, data.dialect.serverProgram), reason: said }),
      { hint: say('recovery.cannot-start.hint') },
    );
  }
  const found = candidates.map(({ directory, said }) => `${directory}: ${said}`).join('; ');
  return new BackupError('SYSTEM_MISMATCH', say('recovery.other-programs', { wanted, found }), {
    hint: say('recovery.other-programs.hint'),
  });
}
