import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SecureContextOptions } from 'node:tls';
import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import { say, type Message, type MessageValue } from '../messages/message.ts';
import { readClientCertificate } from './client-certificate.ts';
import type { SslMode } from './settings.ts';
import { systemErrorText } from '../errors/system-error-text.ts';
import type { TlsSettings } from './tls-settings.ts';

export interface TlsFiles {
  readonly context: SecureContextOptions;
  /** There are authorities: the certificate of the server has to come from one of them, whatever the sslmode is. */
  readonly verifies: boolean;
}

/** Where distributions keep the authorities that the machine trusts, in one file: Debian, Fedora, SUSE, Alpine and BSD. */
const systemFiles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
] as const;

/**
 * Reads what TLS needs. As in libpq, a file of authorities that is not there is an error for the modes that verify, and none
 * for others. Unlike libpq, a list of revoked certificates that was named must be there: it would be passed over in silence.
 * @throws BackupError `CONFIG_INVALID`
 */
export async function readTlsFiles(tls: TlsSettings, sslmode: SslMode): Promise<TlsFiles> {
  const ca = await readAuthorities(tls, sslmode);
  const crl = ca === undefined ? [] : await readRevocationLists(tls);
  const own = await readClientCertificate(tls);
  return {
    context: { ...own, ...(ca === undefined ? {} : { ca }), ...(crl.length === 0 ? {} : { crl }) },
    verifies: ca !== undefined,
  };
}

async function readAuthorities(tls: TlsSettings, sslmode: SslMode): Promise<Buffer | undefined> {
  if (tls.rootCertificate === 'system') return await readSystemAuthorities(tls);
  const mustVerify = sslmode === 'verify-ca' || sslmode === 'verify-full';
  const path = tls.rootCertificate ?? inDirectory(tls, 'root.crt');
  if (path === undefined) {
    if (mustVerify) throw refuse(say('connection.no-root-file'), say('connection.no-root-hint'));
    return undefined;
  }
  const found = await readOptional(path, (reason) => say('connection.root-unreadable', { path, reason }));
  if (found === undefined && mustVerify) {
    throw refuse(say('connection.root-missing', { path }), say('connection.no-root-hint'));
  }
  if (found !== undefined && !isPem(found, 'CERTIFICATE')) {
    throw refuse(say('connection.root-unreadable', { path, reason: say('connection.no-certificate') }));
  }
  return found;
}

async function readSystemAuthorities({ systemCertificates = systemFiles }: TlsSettings): Promise<Buffer> {
  for (const path of systemCertificates) {
    const found = await readOptional(path, (reason) => say('connection.root-unreadable', { path, reason }));
    if (found !== undefined && isPem(found, 'CERTIFICATE')) return found;
  }
  throw refuse(say('connection.no-system-roots', { paths: systemCertificates.join(', ') }));
}

async function readRevocationLists(tls: TlsSettings): Promise<Buffer[]> {
  const { revocationList, revocationDirectory } = tls;
  const named = revocationList !== undefined || revocationDirectory !== undefined;
  const file = named ? revocationList : inDirectory(tls, 'root.crl');
  const unreadable = (path: string) => (reason: MessageValue) => say('connection.crl-unreadable', { path, reason });
  const lists: Buffer[] = [];
  if (file !== undefined) {
    const list = await readOptional(file, unreadable(file));
    if (list === undefined && named) throw refuse(unreadable(file)(say('system.libc.ENOENT')));
    if (list !== undefined) lists.push(list);
  }
  if (revocationDirectory !== undefined) {
    let names: string[];
    try {
      names = await readdir(revocationDirectory);
    } catch (error) {
      throw refuse(unreadable(revocationDirectory)(systemErrorText(error)), undefined, error);
    }
    for (const name of names.sort()) {
      const path = join(revocationDirectory, name);
      const list = (await stat(path)).isFile() ? await readOptional(path, unreadable(path)) : undefined;
      if (list !== undefined && isPem(list, 'X509 CRL')) lists.push(list);
    }
    if (lists.length === 0) throw refuse(unreadable(revocationDirectory)('no list found'));
  }
  for (const list of lists) {
    if (!isPem(list, 'X509 CRL')) throw refuse(unreadable(file ?? '')('no list found'));
  }
  return lists;
}

/** Undefined when there is no such file. */
async function readOptional(path: string, unreadable: (reason: MessageValue) => Message): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw refuse(unreadable(systemErrorText(error)), undefined, error);
  }
}

function inDirectory({ directory }: TlsSettings, name: string): string | undefined {
  return directory === undefined ? undefined : join(directory, name);
}

function isPem(bytes: Buffer, what: string): boolean {
  return bytes.includes(`-----BEGIN ${what}-----`) || bytes.includes(`-----BEGIN TRUSTED ${what}-----`);
}

function refuse(sentence: Message, hint?: Message, cause?: unknown): BackupError {
  return new BackupError('CONFIG_INVALID', sentence, { hint, cause });
}
