import { isIP } from 'node:net';
import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import type { SaidWords } from './connection-words.ts';

/** Where one of several servers is; without host and address, at the socket of that port. */
export interface HostPlace {
  readonly host: string | undefined;
  readonly hostaddr: string | undefined;
  readonly port: number;
  readonly haPort: number | undefined;
}

/**
 * The servers that `host`, `hostaddr` and `port` name, in their order: one port for all or one for each.
 * @param haPorts the same for openGauss's port for replication
 * @throws BackupError `USAGE` or `CONFIG_INVALID`
 */
export function hostsOf(words: SaidWords, haPorts: readonly string[]): readonly HostPlace[] {
  const hosts = listOf(words.get('host'));
  const abstract = hosts.find((host) => host.startsWith('@'));
  if (abstract !== undefined)
    throw new BackupError(words.code('host'), say('settings.abstract-socket', { host: abstract }));
  // An address from farther away belongs to the host from there, and must not lead this one elsewhere.
  const addresses = words.rank('hostaddr') >= words.rank('host') ? listOf(words.get('hostaddr')) : [];
  if (hosts.length > 0 && addresses.length > 0 && hosts.length !== addresses.length) {
    throw new BackupError(
      words.code('hostaddr'),
      say('settings.hostaddr-count', { hosts: hosts.length, addresses: addresses.length }),
    );
  }
  const count = Math.max(1, hosts.length, addresses.length);
  const ports = oneOrEach(listOf(words.get('port')), count, words.code('port'), 'settings.port-count');
  const replication = oneOrEach(haPorts, count, 'USAGE', 'settings.ha-port-count');
  return Array.from({ length: count }, (_, index) => ({
    host: given(hosts[index]),
    hostaddr: addressOf(words, given(addresses[index])),
    port: portOf(words, ports[index]),
    haPort: replication[index] === undefined ? undefined : Number(replication[index]),
  }));
}

function addressOf(words: SaidWords, text: string | undefined): string | undefined {
  if (text === undefined || isIP(text) !== 0) return text;
  throw new BackupError(words.code('hostaddr'), say('settings.bad-hostaddr', { text }));
}

function portOf(words: SaidWords, text = ''): number {
  if (text === '') return 5432;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port >= 1 && port <= 65_535) return port;
  throw new BackupError(words.code('port'), say('settings.bad-port', { text }));
}

/** One value for all hosts, or one for each. */
function oneOrEach(
  values: readonly string[],
  hosts: number,
  code: 'USAGE' | 'CONFIG_INVALID',
  sentence: 'settings.port-count' | 'settings.ha-port-count',
): readonly (string | undefined)[] {
  if (values.length > 1 && values.length !== hosts) {
    const counted: Message = say(sentence, { ports: values.length, hosts });
    throw new BackupError(code, counted);
  }
  return Array.from({ length: hosts }, (_, index) => (values.length === 1 ? values[0] : values[index]));
}

export function listOf(text: string | undefined): string[] {
  return text === undefined || text === '' ? [] : text.split(',').map((word) => word.trim());
}

function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
