import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { BackupError, reasonFor, systemCodeOf } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { ByteChannel } from './byte-channel.ts';
import { hungUp, settled, type Patience } from './patience.ts';
import { checkServerName } from './server-name.ts';
import type { ConnectionSettings } from './settings.ts';
import { readTlsFiles } from './tls-files.ts';

/** What a PostgreSQL server calls its protocol where TLS comes first (ALPN). */
const protocolName = 'postgresql';

/**
 * The handshake, with what `sslmode` and `tls` demand of the server's certificate. Where there are authorities, each mode verifies.
 * @returns the certificate of the server, in DER
 * @throws BackupError `SERVER_UNREACHABLE` (kind `tls-refused` where certificates do not fit), `CONFIG_INVALID`
 */
export async function startTls(
  channel: ByteChannel,
  host: string,
  { sslmode = 'prefer', tls = {} }: Pick<ConnectionSettings, 'sslmode' | 'tls'>,
  patience: Patience,
): Promise<Uint8Array> {
  const { context, verifies } = await readTlsFiles(tls, sslmode);
  const { connect } = await import('node:tls');
  const direct = tls.negotiation === 'direct';
  const sendsName = tls.sendsServerName !== false && isIP(host) === 0 && !host.startsWith('/');
  let socket: TLSSocket;
  try {
    socket = connect({
      ...context,
      socket: channel.socket,
      rejectUnauthorized: verifies,
      // The rules of libpq for names are another: see below.
      checkServerIdentity: () => undefined,
      minVersion: tls.minVersion ?? 'TLSv1.2',
      ...(tls.maxVersion === undefined ? {} : { maxVersion: tls.maxVersion }),
      ...(direct ? { ALPNProtocols: [protocolName] } : {}),
      // A name of the server is part of the handshake only for real names.
      ...(sendsName ? { servername: host } : {}),
    });
  } catch (error) {
    // Certificates that OpenSSL does not take, and versions that exclude each other.
    throw new BackupError('CONFIG_INVALID', say('connection.tls-failed', { reason: reasonFor(error) }), {
      cause: error,
    });
  }
  channel.attachSecure(socket);
  await settled(patience, (resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', (error: Error) => reject(handshakeFailure(error, direct)));
    socket.once('close', () => reject(hungUp()));
  });
  const certificate = socket.getPeerCertificate(false).raw as Buffer | undefined;
  if (direct && socket.alpnProtocol !== protocolName) throw refused('connection.tls-no-alpn');
  if (certificate === undefined) throw refused('connection.tls-no-certificate');
  if (sslmode === 'verify-full') checkServerName(host, certificate);
  return certificate;
}

/** Reasons of OpenSSL for not taking a certificate, as Node calls them; those of the two sides of the handshake begin otherwise. */
const certificateCodes =
  /^(?:UNABLE_TO|CERT_|CRL_|DEPTH_ZERO|SELF_SIGNED|ERROR_IN_C|INVALID_(?:CA|PURPOSE)|PATH_LENGTH|HOSTNAME_MISMATCH)/;

function handshakeFailure(error: Error, direct: boolean): BackupError {
  const sentence = say('connection.tls-failed', { reason: reasonFor(error) });
  const isCertificate = certificateCodes.test(systemCodeOf(error) ?? '');
  if (isCertificate) {
    const hint = say('connection.certificate-refused-hint');
    return new BackupError('SERVER_UNREACHABLE', sentence, {
      hint,
      kind: 'tls-refused',
      retryable: false,
      cause: error,
    });
  }
  // A server that does not know it takes the first bytes for a startup packet that makes no sense, and hangs up.
  const hint = direct ? say('connection.tls-direct-hint') : undefined;
  return new BackupError('SERVER_UNREACHABLE', sentence, { hint, cause: error });
}

function refused(key: 'connection.tls-no-alpn' | 'connection.tls-no-certificate'): BackupError {
  return new BackupError('SERVER_UNREACHABLE', say(key), { kind: 'tls-refused', retryable: false });
}
