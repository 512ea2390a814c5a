import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { certificateNames, signatureDigest } from './certificate.ts';
import { endPointBinding } from './channel-binding.ts';
import { checkServerName, namesHost } from './server-name.ts';

const files = join(import.meta.dirname, '../../test/fixtures/tls/verify');
const certificate = (name: string): Buffer => new X509Certificate(readFileSync(join(files, `${name}.crt`))).raw;

describe('certificateNames', () => {
  it.each(['good', 'wrong-host', 'common-name', 'pss', 'ed25519', 'ca'])(
    'of %s are those that OpenSSL finds',
    (name) => {
      const names = certificateNames(certificate(name));
      const known = new X509Certificate(readFileSync(join(files, `${name}.crt`)));
      expect(`CN=${names.commonName ?? ''}`).toBe(known.subject);
      const shown = (known.subjectAltName ?? '').split(', ').filter((text) => text !== '');
      expect(names.dnsNames).toEqual(shown.filter((text) => text.startsWith('DNS:')).map((text) => text.slice(4)));
      expect(names.addresses).toHaveLength(shown.filter((text) => text.startsWith('IP')).length);
    },
  );

  it('takes anything that is no certificate for one without names', () => {
    const good = certificate('good');
    expect(certificateNames(new Uint8Array())).toEqual({ commonName: undefined, dnsNames: [], addresses: [] });
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
        const damaged = Buffer.from(good);
        damaged[at] = byte;
        certificateNames(damaged);
        signatureDigest(damaged);
        certificateNames(damaged.subarray(0, at));
        return true;
      }),
    );
  });
});

describe('namesHost', () => {
  const ip = (text: string) => Uint8Array.from(text.split('.').map(Number));
  const six = Uint8Array.from([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  const named = (commonName: string | undefined, dnsNames: string[] = [], addresses: Uint8Array[] = []) => ({
    commonName,
    dnsNames,
    addresses,
  });

  it.each([
    ['the DNS name, in any case', named('x', ['DB.example.org']), 'db.EXAMPLE.org', true],
    ['no common name beside a DNS name', named('db', ['other']), 'db', false],
    ['the common name alone', named('db'), 'db', true],
    ['the common name beside addresses', named('db', [], [ip('10.0.0.1')]), 'db', true],
    ['one label for a star', named('*.example.org'), 'db.example.org', true],
    ['not two labels', named('', ['*.example.org']), 'a.db.example.org', false],
    ['not no label', named('', ['*.example.org']), 'example.org', false],
    ['not an empty label', named('', ['*.example.org']), '.example.org', false],
    ['a star as a whole label only', named('', ['d*.example.org']), 'db.example.org', false],
    ['a star in the first place only', named('', ['db.*.org']), 'db.example.org', false],
    ['not everything', named('', ['*', '*.']), 'db', false],
    ['nothing behind a zero byte', named('db\0.evil', ['db\0.evil']), 'db', false],
    ['an address', named('x', [], [ip('10.0.0.1')]), '10.0.0.1', true],
    ['another address', named('x', [], [ip('10.0.0.1')]), '10.0.0.2', false],
    ['an address in another spelling', named('x', [], [six]), '2001:DB8:0::1', true],
    ['an address as a DNS name', named('x', ['10.0.0.1']), '10.0.0.1', true],
    ['no star for an address', named('*.0.0.1', ['*.0.0.1']), '10.0.0.1', false],
    ['the common name for an address beside DNS names', named('10.0.0.1', ['db']), '10.0.0.1', true],
    ['no common name for an address beside addresses', named('10.0.0.1', [], [ip('10.0.0.2')]), '10.0.0.1', false],
    ['bytes that are no address', named('x', [], [Uint8Array.of(10, 0, 0)]), '10.0.0.1', false],
  ])('takes %s', (_what, names, host, expected) => {
    expect(namesHost(names, host)).toBe(expected);
  });

  it('is said with the names of the certificate', () => {
    expect(() => checkServerName('localhost', certificate('wrong-host'))).toThrow(
      'server certificate for "db.example.org" (and 2 other names) does not match host name "localhost"',
    );
    expect(() => checkServerName('db', certificate('common-name'))).toThrow(
      'server certificate for "localhost" does not match host name "db"',
    );
    expect(() => checkServerName('db', new Uint8Array())).toThrow("could not get server's host name");
  });
});

describe('endPointBinding', () => {
  it.each([
    ['good', 'sha256', 32],
    ['sha384', 'sha384', 48],
    ['pss', 'sha512', 64],
    ['ed25519', undefined, undefined],
  ])('of %s is by %s', (name, digest, length) => {
    expect(signatureDigest(certificate(name))).toBe(digest);
    expect(endPointBinding(certificate(name))?.length).toBe(length);
  });
});
