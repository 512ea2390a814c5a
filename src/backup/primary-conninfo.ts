import { resolve } from 'node:path';
import type { SessionSettings } from '../replication/open-session.ts';
import type { ConninfoWord } from '../server/conninfo-words.ts';

export interface PrimaryConninfoOptions {
  /** The one that was used. */
  readonly password: string | undefined;
  /** Further keywords of libpq, which change nothing about the connection of the backup. */
  readonly further: Readonly<Record<string, string>> | undefined;
}

type Pair = readonly [keyword: string, value: string | number | undefined];

/**
 * The words with which libpq reaches the servers of `sources` as the backup did; defaults are not among them, except for sslmode. A
 * password is in it where one was given, as with the original; one from a password file is not: the file is named. Files have
 * absolute paths, for a server has a working directory of its own.
 */
export function primaryWords(
  sources: readonly [SessionSettings, ...SessionSettings[]],
  { password, further = {} }: PrimaryConninfoOptions,
): readonly ConninfoWord[] {
  const [first] = sources;
  const { user, parameters, channelBinding, connectTimeoutMs, keepAlive, keepAliveIdleMs } = first;
  // Each server has its own line in it.
  const passwordFile = sources.map((source) => source.passwordFile).find((path) => path !== undefined);
  const addresses = sources.map(({ hostaddr = '' }) => hostaddr);
  const ports = sources.map(({ replicationPort, port }) => replicationPort ?? port);
  const pairs: readonly Pair[] = [
    ['user', user],
    ['password', passwordFile === undefined ? password : undefined],
    ['passfile', pathOf(passwordFile)],
    ['channel_binding', channelBinding],
    ['connect_timeout', connectTimeoutMs === undefined ? undefined : Math.ceil(connectTimeoutMs / 1000)],
    ['host', sources.map(({ host }) => host).join(',')],
    ['hostaddr', addresses.some((address) => address !== '') ? addresses.join(',') : undefined],
    ['port', new Set(ports).size === 1 ? ports[0] : ports.join(',')],
    ['client_encoding', parameters?.['client_encoding']],
    ['options', parameters?.['options']],
    ['keepalives', keepAlive === false ? 0 : undefined],
    ['keepalives_idle', keepAliveIdleMs === undefined ? undefined : Math.ceil(keepAliveIdleMs / 1000)],
    ...tlsPairs(first),
    ['require_auth', first.requireAuth?.join(',')],
    ['target_session_attrs', first.targetSessionAttrs],
    ['load_balance_hosts', first.randomAddress === true ? 'random' : undefined],
    ...Object.entries(further),
  ];
  return pairs.flatMap(([keyword, value]) =>
    value === undefined || value === '' ? [] : [[keyword, String(value)] as const],
  );
}

function tlsPairs({ sslmode = 'prefer', tls = {} }: SessionSettings): readonly Pair[] {
  const { rootCertificate } = tls;
  return [
    ['sslmode', sslmode],
    ['sslnegotiation', tls.negotiation],
    ['sslcert', pathOf(tls.certificate)],
    ['sslkey', pathOf(tls.key)],
    ['sslpassword', tls.keyPassword],
    ['sslcertmode', tls.sendsCertificate === false ? 'disable' : undefined],
    ['sslrootcert', rootCertificate === 'system' ? rootCertificate : pathOf(rootCertificate)],
    ['sslcrl', pathOf(tls.revocationList)],
    ['sslcrldir', pathOf(tls.revocationDirectory)],
    ['sslsni', tls.sendsServerName === false ? 0 : undefined],
    ['ssl_min_protocol_version', tls.minVersion],
    ['ssl_max_protocol_version', tls.maxVersion],
  ];
}

function pathOf(path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(path);
}
