import type { ErrorFields } from '../protocol/backend-messages.ts';
import type { TlsSettings } from './tls-settings.ts';

/** How the user wants TLS, as in libpq. */
export type SslMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

/** Whether a login is tied to the TLS connection below it (SCRAM-SHA-256-PLUS): never, where the server can, or not at all without. */
export type ChannelBinding = 'disable' | 'prefer' | 'require';

/** Ways of logging in. `sha256` and `sm3` are those of openGauss, whose `md5` rules are `md5`; `none`: the server asked for nothing, or for a certificate only. */
export type AuthenticationMethod =
  'password' | 'md5' | 'scram-sha-256' | 'sha256' | 'sm3' | 'gss' | 'sspi' | 'oauth' | 'none';

/**
 * Whose authentication codes the server speaks: 10 is SASL in PostgreSQL and SHA256 in openGauss.
 * `detect`: a server that answers protocol 3.51 with NegotiateProtocolVersion is PostgreSQL, one that does not is openGauss.
 */
export type Dialect = 'detect' | 'postgresql' | 'opengauss';

/** Where to connect, as whom and how. Plain data, except for what the caller wants to be told. */
export interface ConnectionSettings {
  /** Host name or address, or the directory of a Unix socket (begins with `/`). */
  readonly host: string;
  /** Address to use instead of looking `host` up. `host` remains the name that certificates are compared with. */
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
  readonly tls?: TlsSettings | undefined;
  /** Default `prefer`. */
  readonly channelBinding?: ChannelBinding | undefined;
  /** Ways of logging in that are allowed; undefined: all. Checked before a password is sent. */
  readonly requireAuth?: readonly AuthenticationMethod[] | undefined;
  /** Whether the system probes a silent connection. Default true. */
  readonly keepAlive?: boolean | undefined;
  /** After how long, in ms. Default 10 000. */
  readonly keepAliveIdleMs?: number | undefined;
  /** Tries the addresses of the host in random order. Default false. */
  readonly randomAddress?: boolean | undefined;
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
