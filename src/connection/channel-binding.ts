import { createHash } from 'node:crypto';
import { signatureDigest } from './certificate.ts';

/**
 * What ties a login to the TLS connection below it, `tls-server-end-point` of RFC 5929: the hash of the server's certificate, by
 * the digest of its signature, SHA-256 where that is MD5 or SHA-1. Undefined where the certificate has no digest (Ed25519).
 */
export function endPointBinding(certificate: Uint8Array): Buffer | undefined {
  const digest = signatureDigest(certificate);
  if (digest === undefined) return undefined;
  const weak = digest === 'md5' || digest === 'sha1';
  return createHash(weak ? 'sha256' : digest)
    .update(certificate)
    .digest();
}
