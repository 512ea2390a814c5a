import type { ErrorFields } from '../protocol/backend-messages.ts';

/** How the user wants TLS, as in libpq. */
export type SslMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

/**
 * Whose authentication codes the server speaks: 10 is SASL in PostgreSQL and SHA256 in openGauss.
 * `detect`: a server that answers protocol 3.51 with NegotiateProtocolVersion is PostgreSQL, one that does not is openGauss.
 */
export type Dialect = 'detect' | 'postgresql' | 'opengauss';

/** Where to connect, as whom and how. Plain data, except for what the caller wants to be told. */
export interface ConnectionSettings {
  /** Host name or address, or the directory of a Unix socket (begins with `/`). */
  readonly host: string;
  /** Address to use instead of looking `host` up. */
  readonly hostaddr?: string | undefined;
  readonly port: number;
  readonly user: string;
  /** Sent as it is; servers take the name of the user when it is not there. */
  readonly database?: string | undefined;
  readonly replication?: 'true' | 'database' | undefined;
  /** Further startup parameters, in this order: application_name, options, client_encoding, … */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  /**
   * Asked only when the server wants a password. It must not prompt: a server may end a session that is kept waiting.
   * When there is none, opening fails with an error for which `needsPassword` is true.
   */
  readonly password?: string | (() => Promise<string | undefined>) | undefined;
  /** The password file that `password` came from, for the hint when the server refuses it. */
  readonly passwordFile?: string | undefined;
  /** Default `prefer`. */
  readonly sslmode?: SslMode | undefined;
  /** Default `detect`. */
  readonly dialect?: Dialect | undefined;
  /** major << 16 | minor. Default 3.51, or 3.0 when `dialect` is `postgresql`. `detect` is of no use with 3.0 and means PostgreSQL there. */
  readonly protocolVersion?: number | undefined;
  /**
   * For each address, until the server is ready for commands; undefined: `inactivityTimeoutMs` as a whole, at least a minute, or ten
   * minutes where there is none, which is more than a server's own authentication_timeout can be.
   */
  readonly connectTimeoutMs?: number | undefined;
  /** See `Connection.inactivityTimeoutMs`; it holds while connecting, too. */
  readonly inactivityTimeoutMs?: number | undefined;
  /** Most iterations of a password hash that a server may ask for. Default 10 000 000. */
  readonly maxAuthIterations?: number | undefined;
  readonly onNotice?: ((notice: ErrorFields) => void) | undefined;
  /** Gets a line for each message that is sent or received. Passwords, proofs and challenges are not in it. */
  readonly trace?: ((line: string) => void) | undefined;
}
