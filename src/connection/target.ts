import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { posix } from 'node:path';
import { BackupError } from '../errors/backup-error.ts';
import { say, type Message, type MessageValue } from '../messages/message.ts';
import { abortable } from './abortable.ts';
import type { Abortable, Endpoint } from './connection.ts';
import type { ConnectionSettings } from './settings.ts';
import { systemErrorText } from '../errors/system-error-text.ts';

/** One place to try: an address of the host, or a socket file. */
export type Target =
  | { readonly endpoint: Endpoint; readonly address: string }
  | { readonly endpoint: Endpoint; readonly socketPath: string };

/** `sun_path` of Linux holds 108 bytes with the closing zero. */
const longestSocketPath = 107;

/**
 * Where the settings lead, in the order to try: every address that the host name has.
 * @throws BackupError `SERVER_UNREACHABLE` for a name without address
 */
export async function targetsOf(settings: ConnectionSettings, { signal }: Abortable): Promise<readonly Target[]> {
  const { host, hostaddr, port, randomAddress = false } = settings;
  if (hostaddr === undefined && host.startsWith('/')) {
    return [{ endpoint: { kind: 'unix', host, port }, socketPath: socketPathOf(host, port) }];
  }
  const endpoint: Endpoint = { kind: 'tcp', host, port };
  if (hostaddr !== undefined) return [{ endpoint, address: hostaddr }];
  if (isIP(host) !== 0) return [{ endpoint, address: host }];
  const addresses = await addressesOf(host, { signal });
  const inOrder = randomAddress ? shuffled(addresses) : addresses;
  return inOrder.map((address) => ({ endpoint, address }));
}

/** Each order is as likely as any other. */
function shuffled<Item>(items: readonly Item[]): Item[] {
  const drawn = items.map((item) => ({ item, lot: Math.random() }));
  return drawn.sort((one, other) => one.lot - other.lot).map(({ item }) => item);
}

async function addressesOf(host: string, { signal }: Abortable): Promise<readonly string[]> {
  try {
    // The resolver cannot be stopped, but nobody has to wait for it.
    const found = await abortable(lookup(host, { all: true, verbatim: true }), signal);
    return [...new Set(found.map(({ address }) => address))];
  } catch (error) {
    if (signal?.aborted === true) throw error;
    const sentence = say('connection.unknown-host', { host, reason: systemErrorText(error) });
    throw new BackupError('SERVER_UNREACHABLE', sentence, {
      hint: say('connection.unknown-host-hint'),
      cause: error,
      kind: 'unknown-host',
    });
  }
}

function socketPathOf(directory: string, port: number): string {
  const path = posix.join(directory, `.s.PGSQL.${port}`);
  if (Buffer.byteLength(path) > longestSocketPath) {
    throw new BackupError('CONFIG_INVALID', say('connection.socket-path-too-long', { path, limit: longestSocketPath }));
  }
  return path;
}

/** `connection to server at "HOST" (ADDRESS), port PORT failed: REASON`, as libpq says it. */
export function failedSentence(target: Target, lines: MessageValue): Message {
  if ('socketPath' in target) return say('connection.failed-socket', { path: target.socketPath, lines });
  const { endpoint, address } = target;
  const { host, port } = endpoint;
  if (host === address) return say('connection.failed-address', { address, port, lines });
  return say('connection.failed-host', { host, address, port, lines });
}
