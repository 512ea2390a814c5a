import { join } from 'node:path';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { SaidWords } from './connection-words.ts';

const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
const tlsVersions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

/** Plain data that `openConnection` takes. What is undefined has the default there. */
export interface ResolvedTls {
  readonly negotiation: 'postgres' | 'direct' | undefined;
  readonly directory: string;
  readonly rootCertificate: string | undefined;
  readonly systemCertificates: readonly string[] | undefined;
  readonly revocationList: string | undefined;
  readonly revocationDirectory: string | undefined;
  readonly certificate: string | undefined;
  readonly sendsCertificate: boolean;
  readonly key: string | undefined;
  /** Never show it. */
  readonly keyPassword: string | undefined;
  readonly sendsServerName: boolean;
  readonly minVersion: (typeof tlsVersions)[number] | undefined;
  readonly maxVersion: (typeof tlsVersions)[number] | undefined;
}

/**
 * What is said about TLS, checked for sense as libpq does.
 * @param home whose `.postgresql` has the files that are not named
 * @param systemFile where OpenSSL was told to find the authorities of the system (SSL_CERT_FILE)
 * @throws BackupError `USAGE` or `CONFIG_INVALID`
 */
export function tlsOf(
  words: SaidWords,
  home: string,
  systemFile: string | undefined,
): { readonly sslmode: (typeof sslModes)[number]; readonly tls: ResolvedTls } {
  const rootCertificate = words.get('sslrootcert');
  const negotiation = words.choice('sslnegotiation', ['postgres', 'direct']);
  const sslmode = sslModeOf(words, rootCertificate === 'system' ? 'verify-full' : 'prefer');
  if (rootCertificate === 'system' && sslmode !== 'verify-full') {
    throw new BackupError(words.code('sslmode'), say('settings.weak-system-roots', { mode: sslmode }));
  }
  if (negotiation === 'direct' && ['disable', 'allow', 'prefer'].includes(sslmode)) {
    throw new BackupError(words.code('sslnegotiation'), say('connection.weak-direct', { mode: sslmode }));
  }
  const certificateMode = words.choice('sslcertmode', ['disable', 'allow', 'require']);
  if (certificateMode === 'require') {
    // Node does not say whether a server asked for the certificate.
    throw new BackupError(words.code('sslcertmode'), say('settings.unsupported', { option: 'sslcertmode=require' }), {
      hint: say('settings.unsupported-hint'),
    });
  }
  return {
    sslmode,
    tls: {
      negotiation,
      directory: join(home, '.postgresql'),
      rootCertificate,
      systemCertificates: systemFile === undefined || systemFile === '' ? undefined : [systemFile],
      revocationList: words.get('sslcrl'),
      revocationDirectory: words.get('sslcrldir'),
      certificate: words.get('sslcert'),
      sendsCertificate: certificateMode !== 'disable',
      key: words.get('sslkey'),
      keyPassword: words.get('sslpassword'),
      sendsServerName: words.get('sslsni') !== '0',
      ...versionsOf(words),
    },
  };
}

function sslModeOf(words: SaidWords, standard: (typeof sslModes)[number]): (typeof sslModes)[number] {
  const mode = words.choice('sslmode', sslModes);
  // Older than sslmode, and still in the environments of some.
  return mode ?? (words.get('requiressl')?.startsWith('1') === true ? 'require' : standard);
}

function versionsOf(words: SaidWords): Pick<ResolvedTls, 'minVersion' | 'maxVersion'> {
  const [minVersion, maxVersion] = (['ssl_min_protocol_version', 'ssl_max_protocol_version'] as const).map(
    (keyword) => {
      const text = words.get(keyword);
      if (text === undefined) return undefined;
      const version = tlsVersions.find((known) => known.toLowerCase() === text.toLowerCase());
      if (version !== undefined) return version;
      throw new BackupError(words.code(keyword), say('settings.bad-word', { option: keyword, text }), {
        hint: say('settings.bad-word-hint', { words: tlsVersions.join(', ') }),
      });
    },
  );
  // TLSv1.2 is the least unless another is named.
  const least = tlsVersions.indexOf(minVersion ?? 'TLSv1.2');
  if (maxVersion !== undefined && tlsVersions.indexOf(maxVersion) < least) {
    throw new BackupError(words.code('ssl_max_protocol_version'), say('settings.tls-version-range'));
  }
  return { minVersion, maxVersion };
}
