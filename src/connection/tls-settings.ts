export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

/** Files and choices of TLS, as libpq names them. Files are read anew for each connection, so that they may be renewed meanwhile. */
export interface TlsSettings {
  /** `direct`: TLS from the first byte (PostgreSQL 17+), needs sslmode `require` or more. Default `postgres`: it is asked for first. */
  readonly negotiation?: 'postgres' | 'direct' | undefined;
  /** Where files are that are not named below: `root.crt`, `root.crl`, `postgresql.crt`, `postgresql.key`. libpq has `~/.postgresql`. */
  readonly directory?: string | undefined;
  /** File with the certificates of the authorities that are trusted, or `system`: those of the operating system. */
  readonly rootCertificate?: string | undefined;
  /** Files with the authorities that `system` means; the first that exists counts. Default: where distributions have them. */
  readonly systemCertificates?: readonly string[] | undefined;
  /** File with certificates that were revoked. */
  readonly revocationList?: string | undefined;
  /** Directory with such files. */
  readonly revocationDirectory?: string | undefined;
  /** File with the certificate of the client, with those of its authorities. */
  readonly certificate?: string | undefined;
  /** Default true. False sends no certificate, whatever is there. */
  readonly sendsCertificate?: boolean | undefined;
  /** File with the key of that certificate; others must not be able to read it. */
  readonly key?: string | undefined;
  /** Password of the key. Never show it. */
  readonly keyPassword?: string | undefined;
  /** Whether the server is told the name by which it was called (SNI). Default true. */
  readonly sendsServerName?: boolean | undefined;
  /** Default `TLSv1.2`. */
  readonly minVersion?: TlsVersion | undefined;
  readonly maxVersion?: TlsVersion | undefined;
}
