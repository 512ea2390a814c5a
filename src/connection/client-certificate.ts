import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SecureContextOptions } from 'node:tls';
import { BackupError, reasonFor, systemCodeOf } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { systemErrorText } from '../errors/system-error-text.ts';
import type { TlsSettings } from './tls-settings.ts';

/**
 * The certificate of the client and its key; empty where there is no certificate, which is no error in libpq either: the server says
 * when it wants one. The key is taken from a file only that nobody else can read: 0600 or less, 0640 or less where it belongs to root.
 * @throws BackupError `CONFIG_INVALID`; a password is never in it
 */
export async function readClientCertificate(tls: TlsSettings): Promise<SecureContextOptions> {
  const { directory } = tls;
  const inDirectory = (name: string) => (directory === undefined ? undefined : join(directory, name));
  const path = tls.certificate ?? inDirectory('postgresql.crt');
  if (path === undefined || tls.sendsCertificate === false) return {};
  let cert: Buffer;
  try {
    cert = await readFile(path);
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return {};
    throw refuse(say('connection.certificate-unreadable', { path, reason: systemErrorText(error) }), error);
  }
  const keyPath = tls.key ?? inDirectory('postgresql.key');
  if (keyPath === undefined) throw refuse(say('connection.key-missing', { path: 'postgresql.key' }));
  const key = await readKey(keyPath);
  checkPair({ path, cert }, { path: keyPath, key }, tls.keyPassword);
  return { cert, key, ...(tls.keyPassword === undefined ? {} : { passphrase: tls.keyPassword }) };
}

async function readKey(path: string): Promise<Buffer> {
  try {
    const status = await stat(path);
    if (!status.isFile()) throw refuse(say('connection.key-not-plain', { path }));
    const forbidden = status.uid === 0 ? 0o037 : 0o077;
    if ((status.mode & forbidden) !== 0) throw refuse(say('connection.key-open', { path }));
    return await readFile(path);
  } catch (error) {
    if (error instanceof BackupError) throw error;
    const code = systemCodeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') throw refuse(say('connection.key-missing', { path }), error);
    throw refuse(say('connection.key-unreadable', { path, reason: systemErrorText(error) }), error);
  }
}

function checkPair(
  { path, cert }: { readonly path: string; readonly cert: Buffer },
  { path: keyPath, key }: { readonly path: string; readonly key: Buffer },
  passphrase: string | undefined,
): void {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(cert);
  } catch (error) {
    throw refuse(say('connection.certificate-unreadable', { path, reason: reasonFor(error) }), error);
  }
  let fits: boolean;
  try {
    fits = certificate.checkPrivateKey(createPrivateKey({ key, ...(passphrase === undefined ? {} : { passphrase }) }));
  } catch (error) {
    // The texts of OpenSSL for a missing and for a wrong password name neither the file nor what to do.
    if (key.includes('ENCRYPTED')) throw refuse(say('connection.key-password', { path: keyPath }), error);
    throw refuse(say('connection.key-unreadable', { path: keyPath, reason: reasonFor(error) }), error);
  }
  if (!fits) throw refuse(say('connection.key-of-another', { path, key: keyPath }));
}

function refuse(sentence: Message, cause?: unknown): BackupError {
  return new BackupError('CONFIG_INVALID', sentence, { cause });
}
