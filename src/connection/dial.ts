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

/** How long a step of connecting may take without an answer; undefined: as long as the system waits. */
export interface Patience extends Abortable {
  readonly timeoutMs: number | undefined;
  readonly onTimeout: () => Error;
}

/** Opens the socket. @throws the error of the system as it is; `onTimeout()`; the reason of the signal */
export async function dial(target: Target, patience: Patience): Promise<ByteChannel> {
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
    socket.setKeepAlive(true, keepAliveIdleMs);
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

/** The handshake. The certificate is not looked at: that is what `sslmode` up to `require` means. */
export async function startTls(channel: ByteChannel, host: string, patience: Patience): Promise<void> {
  const { connect } = await import('node:tls');
  const socket = connect({
    socket: channel.socket,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    // A name of the server is part of the handshake only for real names.
    ...(isIP(host) === 0 && !host.startsWith('/') ? { servername: host } : {}),
  });
  channel.attachSecure(socket);
  await settled(patience, (resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', (error) => {
      const sentence = say('connection.tls-failed', { reason: reasonOf(error) });
      reject(new BackupError('SERVER_UNREACHABLE', sentence, { cause: error }));
    });
    socket.once('close', () => {
      reject(hungUp());
    });
  });
}

function hungUp(): BackupError {
  return new BackupError('SERVER_UNREACHABLE', say('connection.closed'), { kind: 'connection-lost' });
}

/** What `begin` comes to, unless the patience ends before. */
async function settled(
  { signal, timeoutMs, onTimeout }: Patience,
  begin: (resolve: () => void, reject: (error: unknown) => void) => void,
): Promise<void> {
  signal?.throwIfAborted();
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason belongs to the caller
      onAbort = () => reject(signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      if (timeoutMs !== undefined) timer = setTimeout(() => reject(onTimeout()), timeoutMs);
      begin(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
  }
}
