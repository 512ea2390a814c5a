import { createConnection } from 'node:net';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { encodeSslRequest } from '../protocol/frontend-messages.ts';
import { protocolViolation } from '../protocol/protocol-violation.ts';
import { ByteChannel } from './byte-channel.ts';
import { hungUp, settled, type Patience } from './patience.ts';
import type { ConnectionSettings } from './settings.ts';
import type { Target } from './target.ts';

/** A silent connection is probed after this, so that a dead peer is found even while no time-out runs. */
const defaultKeepAliveIdleMs = 10_000;

/** Opens the socket. @throws the error of the system as it is; `onTimeout()`; the reason of the signal */
export async function dial(
  target: Target,
  patience: Patience,
  {
    keepAlive = true,
    keepAliveIdleMs = defaultKeepAliveIdleMs,
  }: Pick<ConnectionSettings, 'keepAlive' | 'keepAliveIdleMs'> = {},
): Promise<ByteChannel> {
  const { signal } = patience;
  signal?.throwIfAborted();
  const channel = new ByteChannel();
  const where =
    'socketPath' in target ? { path: target.socketPath } : { host: target.address, port: target.endpoint.port };
  const socket = createConnection({ ...where, onread: channel.onread });
  channel.attach(socket);
  try {
    await settled(patience, (resolve, reject) => {
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.removeListener('error', reject);
        resolve();
      });
    });
  } catch (error) {
    channel.destroy();
    throw error;
  }
  if ('address' in target) {
    socket.setNoDelay(true);
    socket.setKeepAlive(keepAlive, keepAliveIdleMs);
  }
  return channel;
}

/**
 * Asks for TLS, and reads exactly the one byte of the answer before anything else may come.
 * @returns `accepted`, `refused`, or `error` when the server answered with ErrorResponse, which very old servers do
 */
export async function requestTls(channel: ByteChannel, options: Patience): Promise<'accepted' | 'refused' | 'error'> {
  channel.setOneAtATime(true);
  await channel.write(encodeSslRequest(), options);
  await channel.readable(options);
  const answer = channel.take();
  if (answer === undefined) throw channel.error ?? hungUp();
  const byte = answer[0] ?? 0;
  if (byte === 0x45) return 'error'; // 'E'
  if (byte !== 0x53 && byte !== 0x4e) {
    throw protocolViolation(say('connection.tls-bad-answer', { byte: `0x${byte.toString(16).padStart(2, '0')}` }));
  }
  if (answer.length > 1) {
    // Whatever is behind the answer would be taken for something that came encrypted (CVE-2021-23222).
    throw new BackupError('PROTOCOL_VIOLATION', say('connection.tls-unencrypted-data'), {
      hint: say('connection.tls-unencrypted-data-hint'),
    });
  }
  return byte === 0x53 ? 'accepted' : 'refused';
}
