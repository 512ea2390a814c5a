import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { parseConnectionString } from './connection-string.ts';
import { resolveConnection, type ConnectionOptions, type ResolvedConnection } from './connection-settings.ts';
import type { Environment } from './environment.ts';

/** Lists may stand in `host` and `port`, separated by commas. */
export interface SeveralHostsOptions extends ConnectionOptions {
  /** See `parseConnectionString`. */
  readonly connectionString?: string | undefined;
}

/**
 * Connection settings of one or several servers, in the order given: `-h a,b` with one port for all or one for each, as libpq reads
 * them. What the command line does not say comes from the connection string, then from the environment, then from the defaults. The
 * password file is asked for each host.
 * @returns at least one; each warning once, with the first
 * @throws BackupError as `resolveConnection` and `parseConnectionString`
 */
export async function resolveConnections(
  { connectionString, ...options }: SeveralHostsOptions,
  environment: Environment,
): Promise<ResolvedConnection[]> {
  const named = connectionString === undefined ? {} : parseConnectionString(connectionString);
  // An address of the environment belongs to the host of the environment.
  const address = named['PGHOST'] === undefined ? {} : { PGHOSTADDR: undefined };
  const merged: Environment = { ...environment, ...address, ...named };
  const hosts = listOf(options.host ?? merged['PGHOST']);
  const addresses = options.host === undefined ? listOf(merged['PGHOSTADDR']) : [];
  const count = Math.max(1, hosts.length, addresses.length);
  if (hosts.length > 0 && addresses.length > 0 && hosts.length !== addresses.length) {
    throw wrong(say('settings.hostaddr-count', { hosts: hosts.length, addresses: addresses.length }));
  }
  const ports = oneOrEach(listOf(options.port ?? merged['PGPORT']), count, 'settings.port-count');
  const found: ResolvedConnection[] = [];
  const told = new Set<string>();
  for (let index = 0; index < count; index += 1) {
    const [host, port] = [hosts[index], ports[index]];
    const one: ConnectionOptions = {
      host: options.host === undefined ? undefined : host,
      port: options.port === undefined ? undefined : port,
      user: options.user,
    };
    const variables = { ...merged, PGHOST: host, PGPORT: port, PGHOSTADDR: addresses[index] };
    const { warnings, ...connection } = await resolveConnection(one, variables);
    const fresh = warnings.filter((warning) => !told.has(JSON.stringify(warning)));
    for (const warning of fresh) told.add(JSON.stringify(warning));
    found.push({ ...connection, warnings: fresh });
  }
  return found;
}

/** One value for all hosts, or one for each. @throws BackupError `USAGE` for another number of values */
export function oneOrEach(
  values: readonly string[],
  hosts: number,
  sentence: 'settings.port-count' | 'settings.ha-port-count',
): readonly (string | undefined)[] {
  if (values.length > 1 && values.length !== hosts) throw wrong(say(sentence, { ports: values.length, hosts }));
  return Array.from({ length: hosts }, (_, index) => (values.length === 1 ? values[0] : values[index]));
}

export function listOf(text: string | undefined): string[] {
  return text === undefined || text === '' ? [] : text.split(',').map((word) => word.trim());
}

function wrong(sentence: Message): BackupError {
  return new BackupError('USAGE', sentence);
}
