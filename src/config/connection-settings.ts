import { existsSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import type { Environment } from './environment.ts';
import { readPasswordFile } from './password-file.ts';

/** What the command line says about the connection; undefined where it says nothing. Values are still text. */
export interface ConnectionOptions {
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly user?: string | undefined;
}

const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;

/** Plain data that `openConnection` takes. The database, the kind of replication and the dialect are for the caller to add. */
export interface ResolvedConnection {
  readonly host: string;
  readonly hostaddr: string | undefined;
  readonly port: number;
  readonly user: string;
  readonly sslmode: (typeof sslModes)[number];
  /** undefined waits for ever. */
  readonly connectTimeoutMs: number | undefined;
  /** From PGAPPNAME; the program has its own name for it otherwise. */
  readonly applicationName: string | undefined;
  /** Further startup parameters: `options` (PGOPTIONS), `client_encoding` (PGCLIENTENCODING). */
  readonly parameters: Readonly<Record<string, string>>;
  /** From PGPASSWORD or the password file. Never show it. */
  readonly password: string | undefined;
  /** The file that the password came from. */
  readonly passwordFile: string | undefined;
  /** To be shown before connecting. */
  readonly warnings: readonly Message[];
}

/** Where packages of PostgreSQL put the socket, Debian's place first; PostgreSQL's own default is the other one. */
const defaultSocketDirectories = ['/var/run/postgresql', '/tmp'] as const;

/**
 * Connection settings: the command line, else the environment as libpq reads it (PGHOST, PGHOSTADDR, PGPORT, PGUSER, PGPASSWORD,
 * PGPASSFILE, PGAPPNAME, PGCONNECT_TIMEOUT, PGSSLMODE, PGOPTIONS, PGCLIENTENCODING), else the defaults: the first default
 * directory with the socket of that port, port 5432, the name of the operating system's user, sslmode prefer.
 * @param database what the password file is asked for: `replication` for a physical replication connection
 * @throws BackupError `USAGE` or `CONFIG_INVALID` for values that cannot be; a password is never repeated in it
 */
export async function resolveConnection(
  options: ConnectionOptions,
  environment: Environment,
  database = 'replication',
): Promise<ResolvedConnection> {
  refuseService(environment);
  const port = portOf(options, environment);
  const host = hostOf(options, environment);
  const user = given(options.user) ?? given(environment['PGUSER']) ?? systemUser();
  // An address of the environment must not send `-h` elsewhere.
  const hostaddr = given(options.host) === undefined ? given(environment['PGHOSTADDR']) : undefined;
  const connection = {
    host: host ?? hostaddr ?? socketDirectory(port),
    hostaddr,
    port,
    user,
    sslmode: sslModeOf(environment),
    connectTimeoutMs: connectTimeoutOf(environment),
    applicationName: given(environment['PGAPPNAME']),
    parameters: parametersOf(environment),
  };
  const fromEnvironment = given(environment['PGPASSWORD']);
  if (fromEnvironment !== undefined) {
    return { ...connection, password: fromEnvironment, passwordFile: undefined, warnings: [] };
  }
  const path = given(environment['PGPASSFILE']) ?? join(given(environment['HOME']) ?? homedir(), '.pgpass');
  const query = { host: passwordHost(connection.host), port, database, user };
  const { password, warnings } = await readPasswordFile(path, query);
  return { ...connection, password, passwordFile: password === undefined ? undefined : path, warnings };
}

/** A service names a server: going to another one instead would be worse than not going at all. */
function refuseService(environment: Environment): void {
  const name = (['PGSERVICE', 'PGSERVICEFILE'] as const).find((known) => given(environment[known]) !== undefined);
  if (name === undefined) return;
  throw new BackupError('CONFIG_INVALID', say('settings.service', { name, value: environment[name] ?? '' }), {
    hint: say('settings.service-hint', { name }),
  });
}

function hostOf(options: ConnectionOptions, environment: Environment): string | undefined {
  const host = given(options.host) ?? given(environment['PGHOST']);
  if (host?.includes(',') === true) throw new BackupError('CONFIG_INVALID', say('settings.several-hosts', { host }));
  return host;
}

/** The default directory that has the socket of this port; the first that exists at all when no server runs. */
function socketDirectory(port: number): string {
  const withSocket = defaultSocketDirectories.find((directory) => existsSync(join(directory, `.s.PGSQL.${port}`)));
  return withSocket ?? defaultSocketDirectories.find((directory) => existsSync(directory)) ?? '/tmp';
}

function passwordHost(host: string): string {
  return defaultSocketDirectories.some((directory) => directory === host) ? 'localhost' : host;
}

function portOf(options: ConnectionOptions, environment: Environment): number {
  const fromOption = given(options.port);
  const text = fromOption ?? given(environment['PGPORT']) ?? '5432';
  const port = /^\s*\d{1,5}\s*$/.test(text) ? Number(text) : Number.NaN;
  if (port >= 1 && port <= 65_535) return port;
  const code = fromOption === undefined ? 'CONFIG_INVALID' : 'USAGE';
  throw new BackupError(code, say('settings.bad-port', { text }));
}

function sslModeOf(environment: Environment): (typeof sslModes)[number] {
  const text = given(environment['PGSSLMODE']) ?? 'prefer';
  const mode = sslModes.find((known) => known === text);
  if (mode === undefined) throw new BackupError('CONFIG_INVALID', say('settings.bad-sslmode', { text }));
  return mode;
}

/** In seconds; zero and less mean no limit, as in libpq. */
function connectTimeoutOf(environment: Environment): number | undefined {
  const text = given(environment['PGCONNECT_TIMEOUT']);
  if (text === undefined) return undefined;
  if (!/^\s*[+-]?\d{1,9}\s*$/.test(text)) {
    throw new BackupError('CONFIG_INVALID', say('settings.bad-connect-timeout', { text }));
  }
  const seconds = Number(text);
  // The longest timer there is: 2^31 - 1 ms.
  return seconds <= 0 ? undefined : Math.min(seconds * 1000, 2_147_483_647);
}

function parametersOf(environment: Environment): Record<string, string> {
  const pairs = [
    ['options', given(environment['PGOPTIONS'])],
    ['client_encoding', given(environment['PGCLIENTENCODING'])],
  ] as const;
  return Object.fromEntries(pairs.filter((pair): pair is [(typeof pair)[0], string] => pair[1] !== undefined));
}

function systemUser(): string {
  try {
    return userInfo().username;
  } catch (error) {
    throw new BackupError('CONFIG_INVALID', say('settings.no-user'), {
      hint: say('settings.no-user-hint'),
      cause: error,
    });
  }
}

/** libpq takes an empty value as none. */
function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
