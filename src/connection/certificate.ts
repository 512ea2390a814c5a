import { derChild, derElements, derTag, objectIdentifier, type DerElement } from './der.ts';

/** Whom a certificate names. Names are as they stand there, and may hold anything, zero bytes too. */
export interface CertificateNames {
  readonly commonName: string | undefined;
  readonly dnsNames: readonly string[];
  /** 4 or 16 bytes each, in a certificate as it should be. */
  readonly addresses: readonly Uint8Array[];
}

const oid = { commonName: '2.5.4.3', subjectAltName: '2.5.29.17', rsaPss: '1.2.840.113549.1.1.10' } as const;

/** Digest, in the words of Node, by the object identifier of the signature algorithm. Sources: RFC 8017, 5758, 8692, NIST CSOR. */
const signatureDigests: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.4': 'md5',
  '1.2.840.113549.1.1.5': 'sha1',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.113549.1.1.14': 'sha224',
  '1.2.840.113549.1.1.15': 'sha512-224',
  '1.2.840.113549.1.1.16': 'sha512-256',
  '1.2.840.10040.4.3': 'sha1',
  '2.16.840.1.101.3.4.3.1': 'sha224',
  '2.16.840.1.101.3.4.3.2': 'sha256',
  '1.2.840.10045.4.1': 'sha1',
  '1.2.840.10045.4.3.1': 'sha224',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
};

/** Digests that the parameters of RSASSA-PSS name; SHA-1 where they name none (RFC 4055). */
const pssDigests: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
  '2.16.840.1.101.3.4.2.4': 'sha224',
};

/** The digest of the signature of an X.509 certificate; undefined where it has none of its own (Ed25519) or an unknown one. */
export function signatureDigest(certificate: Uint8Array): string | undefined {
  const algorithm = derChild(derElements(certificate)?.[0], 1);
  const name = objectIdentifier(derChild(algorithm, 0));
  if (name === undefined) return undefined;
  if (name !== oid.rsaPss) return signatureDigests[name];
  const parameters = derElements(derChild(algorithm, 1)?.content ?? new Uint8Array());
  const hash = parameters?.find(({ tag }) => tag === 0xa0);
  if (hash === undefined) return parameters === undefined ? undefined : 'sha1';
  return pssDigests[objectIdentifier(derChild(derChild(hash, 0), 0)) ?? ''];
}

/** The names of an X.509 certificate (RFC 5280); none where it cannot be read. */
export function certificateNames(certificate: Uint8Array): CertificateNames {
  const signed = derElements(derChild(derElements(certificate)?.[0], 0)?.content ?? new Uint8Array()) ?? [];
  // The version may be left out; then the serial number comes first.
  const subject = signed[signed[0]?.tag === 0xa0 ? 5 : 4];
  const names = alternativeNames(signed.find(({ tag }) => tag === 0xa3));
  return {
    commonName: commonNameOf(subject),
    dnsNames: names.filter(({ tag }) => tag === 0x82).map(({ content }) => Buffer.from(content).toString('latin1')),
    addresses: names.filter(({ tag }) => tag === 0x87).map(({ content }) => content),
  };
}

function commonNameOf(subject: DerElement | undefined): string | undefined {
  for (const relative of derElements(subject?.content ?? new Uint8Array()) ?? []) {
    for (const attribute of derElements(relative.content) ?? []) {
      const [type, value] = derElements(attribute.content) ?? [];
      if (objectIdentifier(type) !== oid.commonName || value === undefined) continue;
      return Buffer.from(value.content).toString(value.tag === derTag.utf8String ? 'utf8' : 'latin1');
    }
  }
  return undefined;
}

function alternativeNames(extensions: DerElement | undefined): readonly DerElement[] {
  for (const extension of derElements(derChild(extensions, 0)?.content ?? new Uint8Array()) ?? []) {
    if (objectIdentifier(derChild(extension, 0)) !== oid.subjectAltName) continue;
    const value = (derElements(extension.content) ?? []).find(({ tag }) => tag === derTag.octetString);
    return (
      derElements(
        derChild({ tag: derTag.octetString, content: value?.content ?? new Uint8Array() }, 0)?.content ??
          new Uint8Array(),
      ) ?? []
    );
  }
  return [];
}
