import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, escapeIdentifier, escapeLiteral, type ClientConfig, type QueryResultRow } from 'pg';
import { runDirectory } from '../run-directory.ts';
import { isServerVersion, type ServerVersion } from './binaries.ts';
import { createInstance, quoteSetting, versionOf, writeHba, type InstanceOptions, type Settings } from './instance.ts';
import { readText, startPostmaster, type Postmaster, type StopMode } from './postmaster.ts';
import { giveToServerUser } from './server-user.ts';

export interface StartOptions {
  /** Settings for this process only, as `postgres -c`. They win over every file and change none. */
  readonly settings?: Settings;
  /** Unless given, a free port is picked at the first start, and kept. */
  readonly port?: number;
  /** How long the server may take until it accepts connections, 60 s unless given. */
  readonly startTimeoutMs?: number;
}

export interface StartFromOptions extends StartOptions {
  /**
   * Starts with archive recovery, by these settings (`restore_command`, `recovery_target_…`): recovery.signal and
   * command-line settings from PostgreSQL 12, recovery.conf before. Without it, the server does what the files say.
   */
  readonly recovery?: Settings;
  /** As `recovery`, but the server stays a standby (standby.signal, `standby_mode`). */
  readonly standby?: Settings;
  /** Replaces pg_hba.conf of the backup, by a file outside of it. */
  readonly hba?: readonly string[];
}

/** A PostgreSQL server with its data directory, its port and its socket directory. */
export class PostgresServer {
  readonly version: ServerVersion;
  readonly dataDirectory: string;
  readonly host = '127.0.0.1';
  /** For `-h`: a private directory, in which only this server has its socket. */
  readonly socketDirectory: string;
  /** The superuser. */
  readonly user = 'postgres';
  readonly #logFile: string;
  readonly #clients = new Set<Client>();
  #postmaster: Postmaster | undefined;
  #port: number | undefined;
  #settings: Settings = {};

  constructor(version: ServerVersion, dataDirectory: string, home: string) {
    this.version = version;
    this.dataDirectory = dataDirectory;
    this.socketDirectory = home;
    this.#logFile = join(home, 'server.log');
    open.add(this);
  }

  get port(): number {
    if (this.#port === undefined) throw new Error('the server was never started');
    return this.#port;
  }

  get pid(): number {
    if (this.#postmaster === undefined) throw new Error('the server was never started');
    return this.#postmaster.pid;
  }

  get running(): boolean {
    return this.#postmaster?.running ?? false;
  }

  /** What the server wrote to its log so far. */
  log(): string {
    return readText(this.#logFile);
  }

  async start(options: StartOptions = {}): Promise<void> {
    this.#settings = options.settings ?? this.#settings;
    this.#postmaster = await startPostmaster({
      version: this.version,
      dataDirectory: this.dataDirectory,
      socketDirectory: this.socketDirectory,
      logFile: this.#logFile,
      settings: this.#settings,
      port: options.port ?? this.#port,
      startTimeoutMs: options.startTimeoutMs ?? 60_000,
    });
    this.#port = this.#postmaster.port;
  }

  async stop(mode: StopMode = 'fast'): Promise<void> {
    await this.#closeClients();
    await this.#postmaster?.stop(mode);
  }

  async restart(mode: StopMode = 'fast', options: StartOptions = {}): Promise<void> {
    await this.stop(mode);
    await this.start(options);
  }

  /** SIGKILL to all of its processes. */
  async kill(): Promise<void> {
    await this.#postmaster?.kill();
    await this.#closeClients();
  }

  /** How `pg` and our own programs reach the server over TCP as superuser. */
  connection(database = 'postgres'): { host: string; port: number; user: string; database: string } {
    return { host: this.host, port: this.port, user: this.user, database };
  }

  /** The `PG*` variables that lead a program to this server. */
  environment(): Record<string, string> {
    return { PGHOST: this.host, PGPORT: String(this.port), PGUSER: this.user };
  }

  /**
   * A connected client. Unless told otherwise it is the superuser, through the socket, so that a test's pg_hba.conf is
   * not in the way. It is closed with the server.
   */
  async client(config: ClientConfig = {}): Promise<Client> {
    const client = new Client({
      host: this.socketDirectory,
      port: this.port,
      user: this.user,
      database: 'postgres',
      ...config,
    });
    // The end of the server is no surprise to a test that stops it; the next query reports it.
    client.on('error', () => undefined);
    await client.connect();
    this.#clients.add(client);
    client.once('end', () => this.#clients.delete(client));
    return client;
  }

  /** Runs one query as superuser and returns its rows. */
  async sql<Row extends QueryResultRow = QueryResultRow>(
    text: string,
    { database = 'postgres', values = [] }: { database?: string; values?: unknown[] } = {},
  ): Promise<Row[]> {
    const client = await this.client({ database });
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  /** One value: the first column of the first row, as text. */
  async value(text: string, options: { database?: string; values?: unknown[] } = {}): Promise<string> {
    const [row] = await this.sql(text, options);
    if (row === undefined) throw new Error(`no row: ${text}`);
    return String(Object.values(row)[0]);
  }

  async createReplicationUser(name: string, password?: string): Promise<void> {
    const secret = password === undefined ? '' : ` password ${escapeLiteral(password)}`;
    await this.sql(`create role ${escapeIdentifier(name)} login replication${secret}`);
  }

  /** Replaces pg_hba.conf (the superuser's local line stays) and makes it effective for new connections. */
  async setHba(lines: readonly string[]): Promise<void> {
    writeHba(this.dataDirectory, lines);
    const before = await this.value('select pg_conf_load_time()::text');
    await this.sql('select pg_reload_conf()');
    // The postmaster passes the signal on to its sessions in the same step, before it accepts another connection.
    await this.waitFor(`select pg_conf_load_time() > '${before}'`);
  }

  /** Ends the recovery of a standby and waits until it accepts writes. */
  async promote(): Promise<void> {
    const trigger = join(this.dataDirectory, 'promote');
    writeFileSync(trigger, '');
    giveToServerUser(trigger);
    process.kill(this.pid, 'SIGUSR1');
    await this.waitFor('select not pg_is_in_recovery()');
  }

  /** Asks until the query answers true. */
  async waitFor(query: string, { timeoutMs = 60_000, database = 'postgres' } = {}): Promise<void> {
    const client = await this.client({ database });
    try {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const { rows } = await client.query<Record<string, unknown>>(query);
        if (rows[0] !== undefined && Object.values(rows[0])[0] === true) return;
        if (Date.now() > deadline)
          throw new Error(`not true within ${timeoutMs} ms: ${query}\n${this.log().slice(-2000)}`);
        await delay(20);
      }
    } finally {
      await client.end();
    }
  }

  async #closeClients(): Promise<void> {
    const clients = [...this.#clients];
    this.#clients.clear();
    await Promise.allSettled(clients.map((client) => client.end()));
  }
}

/** Every server of this process, for `stopAllServers`. */
const open = new Set<PostgresServer>();

/** Stops what is still running. `afterAll` of a test file; the watchdog does it for a process that dies. */
export async function stopAllServers(): Promise<void> {
  await Promise.all([...open].map((server) => server.stop('immediate')));
  open.clear();
}

/** Creates an instance and starts it. */
export async function startServer(options: InstanceOptions & StartOptions): Promise<PostgresServer> {
  const home = createInstance(options);
  const server = new PostgresServer(options.version, join(home, 'data'), home);
  await server.start(options);
  return server;
}

/**
 * Starts a server on a data directory that exists: a restored backup. Where it listens is told on its command line, so
 * that no file of the backup needs a change. Waits until it accepts connections, or fails with the end of its log.
 */
export async function startFrom(dataDirectory: string, options: StartFromOptions = {}): Promise<PostgresServer> {
  const version = versionOf(dataDirectory);
  if (!isServerVersion(version))
    throw new Error(`${dataDirectory} is of PostgreSQL ${version}, which tests do not have`);
  const home = runDirectory().make(`restored${version}`);
  const recovery = recoverySettings(version, dataDirectory, options);
  const settings: Record<string, string | number | boolean> = { fsync: false, ...recovery, ...options.settings };
  if (options.hba !== undefined) {
    writeHba(home, options.hba);
    settings['hba_file'] = join(home, 'pg_hba.conf');
  }
  giveToServerUser(home);
  giveToServerUser(dataDirectory);
  const server = new PostgresServer(version, dataDirectory, home);
  await server.start({ ...options, settings });
  return server;
}

/** Puts the signal file (or recovery.conf) in place; what is left to be given on the command line is returned. */
function recoverySettings(version: ServerVersion, dataDirectory: string, options: StartFromOptions): Settings {
  const settings = options.standby ?? options.recovery;
  if (settings === undefined) return {};
  if (version >= 12) {
    writeFileSync(join(dataDirectory, options.standby === undefined ? 'recovery.signal' : 'standby.signal'), '');
    return settings;
  }
  const all: Settings = options.standby === undefined ? settings : { standby_mode: 'on', ...settings };
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${quoteSetting(value)}\n`);
  writeFileSync(join(dataDirectory, 'recovery.conf'), lines.join(''));
  return {};
}

/** A new empty directory that the servers' account may write to, for example for a tablespace. */
export function serverDirectory(name: string): string {
  const directory = join(runDirectory().make(name), 'location');
  mkdirSync(directory, { mode: 0o700 });
  giveToServerUser(directory);
  return directory;
}
