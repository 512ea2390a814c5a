import { BlockList, isIP } from 'node:net';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { certificateNames, type CertificateNames } from './certificate.ts';

/**
 * Whether the certificate of the server is one for `host`, by the rules of libpq: a DNS name by the DNS names of the certificate, an
 * address by its addresses; by the common name only where it has none of that kind. `*` stands for one whole label, the first.
 * @throws BackupError `SERVER_UNREACHABLE` saying for whom it is
 */
export function checkServerName(host: string, certificate: Uint8Array): void {
  const names = certificateNames(certificate);
  if (namesHost(names, host)) return;
  const [first, ...others] = shownNames(names);
  const sentence =
    first === undefined
      ? say('connection.no-certificate-name')
      : others.length === 0
        ? say('connection.other-certificate-name', { name: first, host })
        : say('connection.other-certificate-names', { name: first, count: others.length, host });
  throw new BackupError('SERVER_UNREACHABLE', sentence, {
    hint: say('connection.other-certificate-name-hint'),
    kind: 'tls-refused',
    retryable: false,
  });
}

/** The rules by themselves. */
export function namesHost({ commonName, dnsNames, addresses }: CertificateNames, host: string): boolean {
  const version = isIP(host);
  // An address that stands among the DNS names is taken, as libpq does.
  if (dnsNames.some((name) => matchesName(name, host))) return true;
  if (version !== 0 && addresses.some((address) => isAddress(address, host, version))) return true;
  const ofItsKind = version === 0 ? dnsNames.length : addresses.length;
  return ofItsKind === 0 && commonName !== undefined && matchesName(commonName, host);
}

function matchesName(pattern: string, host: string): boolean {
  // What is behind a zero byte would be unseen by others.
  if (pattern.includes('\0')) return false;
  const [wanted, given] = [lower(pattern), lower(host)];
  if (wanted === given) return true;
  if (!wanted.startsWith('*.') || wanted.length < 3 || isIP(host) !== 0) return false;
  const dot = given.indexOf('.');
  return dot > 0 && given.slice(dot) === wanted.slice(1);
}

/** ASCII only: other letters are equal to themselves. */
function lower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function isAddress(bytes: Uint8Array, host: string, version: number): boolean {
  if (bytes.length !== (version === 4 ? 4 : 16)) return false;
  const kind = version === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addAddress(addressText(bytes), kind);
  return list.check(host.replace(/%.*$/, ''), kind);
}

function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return Buffer.from(bytes).toString('hex');
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  );
  return groups.join(':');
}

function shownNames({ commonName, dnsNames, addresses }: CertificateNames): string[] {
  const all = [...dnsNames, ...addresses.map(addressText)];
  const names = all.length > 0 || commonName === undefined ? all : [commonName];
  return names.map((name) => name.replace(/[^\x20-\x7e]/g, '?').slice(0, 255));
}
