import { createConnection, isIP } from 'node:net';
import { BackupError, reasonOf } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { encodeSslRequest } from '../protocol/frontend-messages.ts';
import { protocolViolation } from '../protocol/protocol-violation.ts';
import { ByteChannel } from './byte-channel.ts';
import type { Abortable } from './connection.ts';
import type { Target } from './target.ts';

/** A silent connection is probed after this, so that a dead peer is found even while no time-out runs. */
const keepAliveIdleMs = 10_000;

/** Opens the socket. @throws the error of the system as it is; the reason of the signal */
export async function dial(target: Target, { signal }: Abortable): Promise<ByteChannel> {
  signal?.throwIfAborted();
  const channel = new ByteChannel();
  const where =
    'socketPath' in target ? { path: target.socketPath } : { host: target.address, port: target.endpoint.port };
  const socket = createConnection({ ...where, onread: channel.onread });
  channel.attach(socket);
  try {
    await new Promise<void>((resolve, reject) => {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason belongs to the caller
      const onAbort = () => reject(signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        signal?.removeEventListener('abort', onAbort);
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
    socket.setKeepAlive(true, keepAliveIdleMs);
  }
  return channel;
}

/**
 * Asks for TLS, and reads exactly the one byte of the answer before anything else may come.
 * @returns `accepted`, `refused`, or `error` when the server answered with ErrorResponse, which very old servers do
 */
export async function requestTls(
  channel: ByteChannel,
  options: Abortable & { readonly timeoutMs: number | undefined; readonly onTimeout: () => Error },
): Promise<'accepted' | 'refused' | 'error'> {
  channel.setOneAtATime(true);
  await channel.write(encodeSslRequest(), options);
  await channel.readable(options);
  const answer = channel.take();
  if (answer === undefined) throw channel.error ?? new BackupError('SERVER_UNREACHABLE', say('connection.closed'));
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

/** The handshake. The certificate is not looked at: that is what `sslmode` up to `require` means. */
export async function startTls(channel: ByteChannel, host: string, { signal }: Abortable): Promise<void> {
  const { connect } = await import('node:tls');
  const socket = connect({
    socket: channel.socket,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    // A name of the server is part of the handshake only for real names.
    ...(isIP(host) === 0 && !host.startsWith('/') ? { servername: host } : {}),
  });
  channel.attachSecure(socket);
  await new Promise<void>((resolve, reject) => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason belongs to the caller
    const onAbort = () => reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.once('secureConnect', () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    socket.once('error', (error) => {
      const sentence = say('connection.tls-failed', { reason: reasonOf(error) });
      reject(new BackupError('SERVER_UNREACHABLE', sentence, { cause: error }));
    });
    socket.once('close', () => {
      reject(new BackupError('SERVER_UNREACHABLE', say('connection.closed')));
    });
  });
}
