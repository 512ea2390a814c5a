import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { gatherWords, homeOf, type SaidWords } from './connection-words.ts';
import type { Environment } from './environment.ts';
import { hostsOf, type HostPlace } from './host-list.ts';
import { furtherWords, passedOver, requiredAuthOf } from './login-words.ts';
import { readPasswordFile } from './password-file.ts';
import { tlsOf, type ResolvedTls } from './tls-words.ts';

/** What the command line says about the connection; undefined where it says nothing. Values are still text. */
export interface ConnectionOptions {
  /** Host and port may be lists, separated by commas. */
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly user?: string | undefined;
  /** See `parseConnectionString`. The three above win over it. */
  readonly connectionString?: string | undefined;
  /** One for all hosts or one for each; checked before. */
  readonly haPorts?: readonly string[] | undefined;
}

const sessionAttrs = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'] as const;

/** Plain data that `openConnection` takes. The database, the kind of replication and the dialect are for the caller to add. */
export interface ResolvedConnection {
  readonly host: string;
  readonly hostaddr: string | undefined;
  readonly port: number;
  /** Of openGauss, for replication. */
  readonly haPort: number | undefined;
  readonly user: string;
  readonly sslmode: ReturnType<typeof tlsOf>['sslmode'];
  readonly tls: ResolvedTls;
  readonly channelBinding: 'disable' | 'prefer' | 'require' | undefined;
  readonly requireAuth: ReturnType<typeof requiredAuthOf>;
  readonly targetSessionAttrs: (typeof sessionAttrs)[number] | undefined;
  readonly randomAddress: boolean;
  readonly keepAlive: boolean;
  readonly keepAliveIdleMs: number | undefined;
  /** undefined waits for ever. */
  readonly connectTimeoutMs: number | undefined;
  /** The program has its own name for it otherwise. */
  readonly applicationName: string | undefined;
  /** Further startup parameters: `options`, `client_encoding`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Never show it. */
  readonly password: string | undefined;
  /** The file that the password came from. */
  readonly passwordFile: string | undefined;
}

export interface ResolvedConnections {
  /** In the order to try. */
  readonly connections: readonly [ResolvedConnection, ...ResolvedConnection[]];
  /** To be shown before connecting. */
  readonly warnings: readonly Message[];
  /** What has no effect, to be shown where more is wanted (`-v`). */
  readonly notes: readonly Message[];
  /** Words that say nothing to a connection of ours, but to one of libpq that is to be made in the same way. */
  readonly further: Readonly<Record<string, string>>;
}

/** Where packages of PostgreSQL put the socket, Debian's place first; PostgreSQL's own default is the other one. */
const defaultSocketDirectories = ['/var/run/postgresql', '/tmp'] as const;
/** The longest timer there is, in ms. */
const longestMs = 2_147_483_647;

/**
 * Connection settings as libpq has them, of one or several servers: the command line and its connection string, else the service, else
 * the environment, else the defaults: the first default directory with the socket of that port, port 5432, the name of the operating
 * system's user, sslmode prefer. The password file is asked for each host.
 * @param database what the password file is asked for: `replication` for a physical replication connection
 * @throws BackupError `USAGE` or `CONFIG_INVALID` for values that cannot be; a password is never repeated in it
 */
export async function resolveConnections(
  { connectionString, haPorts = [], ...options }: ConnectionOptions,
  environment: Environment,
  database = 'replication',
): Promise<ResolvedConnections> {
  const words = await gatherWords(options, connectionString, environment);
  const notes = passedOver(words);
  const home = homeOf(environment);
  const timeout = words.integer('connect_timeout');
  const idle = words.integer('keepalives_idle');
  const balances = words.choice('load_balance_hosts', ['disable', 'random']) === 'random';
  const common = {
    user: words.get('user') ?? systemUser(),
    ...tlsOf(words, home, environment['SSL_CERT_FILE']),
    channelBinding: words.choice('channel_binding', ['disable', 'prefer', 'require']),
    requireAuth: requiredAuthOf(words),
    targetSessionAttrs: words.choice('target_session_attrs', sessionAttrs),
    randomAddress: balances,
    keepAlive: words.integer('keepalives') !== 0,
    keepAliveIdleMs: idle === undefined || idle <= 0 ? undefined : Math.min(idle * 1000, longestMs),
    // Zero and less mean no limit.
    connectTimeoutMs: timeout === undefined || timeout <= 0 ? undefined : Math.min(timeout * 1000, longestMs),
    applicationName: words.get('application_name'),
    parameters: parametersOf(words),
  };
  const passwords = new Passwords(words, join(home, '.pgpass'), { database, user: common.user });
  const connections: ResolvedConnection[] = [];
  for (const place of hostsOf(words, haPorts)) {
    const host = place.host ?? place.hostaddr ?? socketDirectory(place.port);
    checkPeer(words, { ...place, host });
    connections.push({ ...common, ...place, host, ...(await passwords.of(host, place.port)) });
  }
  const inOrder = balances ? shuffled(connections) : connections;
  const [first, ...others] = inOrder;
  if (first === undefined) throw new TypeError('no host');
  return { connections: [first, ...others], warnings: passwords.warnings, notes, further: furtherWords(words) };
}

/** What the words say, else the password file of the host. */
class Passwords {
  readonly warnings: Message[] = [];
  readonly #said: string | undefined;
  readonly #path: string;
  readonly #query: { readonly database: string; readonly user: string };

  constructor(words: SaidWords, standardFile: string, query: { readonly database: string; readonly user: string }) {
    this.#said = words.get('password');
    this.#path = words.get('passfile') ?? standardFile;
    this.#query = query;
  }

  async of(host: string, port: number): Promise<Pick<ResolvedConnection, 'password' | 'passwordFile'>> {
    if (this.#said !== undefined) return { password: this.#said, passwordFile: undefined };
    const isDefault = defaultSocketDirectories.some((directory) => directory === host);
    const query = { ...this.#query, host: isDefault ? 'localhost' : host, port };
    const { password, warnings } = await readPasswordFile(this.#path, query);
    // They are about the file, the same for each host.
    if (this.warnings.length === 0) this.warnings.push(...warnings);
    return { password, passwordFile: password === undefined ? undefined : this.#path };
  }
}

/** Who the server at the other end of a socket runs as is what Node cannot find out. Over TCP the word means nothing. */
function checkPeer(words: SaidWords, { host, hostaddr }: HostPlace): void {
  if (words.get('requirepeer') === undefined || hostaddr !== undefined || host?.startsWith('/') !== true) return;
  throw new BackupError(words.code('requirepeer'), say('settings.unsupported', { option: 'requirepeer' }), {
    hint: say('settings.unsupported-hint'),
  });
}

/** Each order is as likely as any other. */
function shuffled<Item>(items: readonly Item[]): Item[] {
  const drawn = items.map((item) => ({ item, lot: Math.random() }));
  return drawn.sort((one, other) => one.lot - other.lot).map(({ item }) => item);
}

/** The default directory that has the socket of this port; the first that exists at all when no server runs. */
function socketDirectory(port: number): string {
  const withSocket = defaultSocketDirectories.find((directory) => existsSync(join(directory, `.s.PGSQL.${port}`)));
  return withSocket ?? defaultSocketDirectories.find((directory) => existsSync(directory)) ?? '/tmp';
}

function parametersOf(words: SaidWords): Record<string, string> {
  const encoding = words.get('client_encoding');
  const pairs = [
    ['options', words.get('options')],
    // `auto` is the encoding of the locale, for libpq and not for a server. What we show is UTF-8.
    ['client_encoding', encoding === 'auto' ? 'UTF8' : encoding],
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
