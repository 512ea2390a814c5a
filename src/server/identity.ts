import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';

/**
 * The two families that differ in protocol and files. MogDB, GaussDB, Vastbase and others are built on openGauss and
 * speak its dialect; `product` keeps them apart.
 */
export type ServerFamily = 'postgresql' | 'opengauss';

/** Which product a server is, and which release. */
export interface ServerIdentity {
  readonly family: ServerFamily;
  /** The name to show: `PostgreSQL`, `openGauss`, `openGauss-lite`, `MogDB`, …; of an unknown relative `openGauss`. */
  readonly product: string;
  /** The release as the server says it (`17.2`, `5.0.5`); undefined where it could not be learned. Never 9.2.4 for openGauss. */
  readonly version: string | undefined;
  /** First and second number of the release. For openGauss undefined until `identifyOpengauss` was given a version text. */
  readonly major: number | undefined;
  readonly minor: number | undefined;
}

/** Oldest and newest PostgreSQL major release that gausskeep knows. */
const supportedPostgresql = { oldest: 10, newest: 18 } as const;

/** What IDENTIFY_VERSION of the openGauss family answers as `pversion`. Source: replicainternal.h. */
export const opengaussVersionMark = 'MPPDB';

/** `17.2`, `PostgreSQL 10 to 18` and so on: product and release for people. */
export function describeServer(identity: ServerIdentity): string {
  return identity.version === undefined ? identity.product : `${identity.product} ${identity.version}`;
}

/** First two numbers of a release text such as `15.8 (Debian 15.8-0+deb12u1)`, `18beta1` or `9.2.4`. */
export function parseRelease(text: string): { major: number; minor: number } | undefined {
  const match = /^(\d{1,4})(?:\.(\d{1,4}))?/.exec(text);
  if (match === null) return undefined;
  return { major: Number(match[1]), minor: Number(match[2] ?? 0) };
}

/**
 * Whether a `server_version` can only be PostgreSQL: every member of the openGauss family reports 9.2.4.
 * The reverse does not hold: 9.x alone proves neither product.
 */
export function isPostgresqlRelease(serverVersion: string): boolean {
  const release = parseRelease(serverVersion);
  return release !== undefined && release.major >= supportedPostgresql.oldest;
}

/**
 * The identity of a server that is known to be PostgreSQL.
 * @param serverVersion its `server_version` parameter
 * @throws BackupError `SERVER_ERROR` for a release outside 10 to 18
 */
export function identifyPostgresql(serverVersion: string): ServerIdentity {
  const release = parseRelease(serverVersion);
  const supported =
    release !== undefined && release.major >= supportedPostgresql.oldest && release.major <= supportedPostgresql.newest;
  if (!supported) {
    throw new BackupError(
      'SERVER_ERROR',
      say('server.unsupported', { product: 'PostgreSQL', version: serverVersion }),
      {
        hint: say('server.unsupported.hint', supportedPostgresql),
      },
    );
  }
  const version = serverVersion.split(' ')[0] ?? serverVersion;
  return { family: 'postgresql', product: 'PostgreSQL', version, major: release.major, minor: release.minor };
}

/**
 * The identity of a server whose IDENTIFY_VERSION answered `MPPDB`.
 * @param versionText what `SELECT version()` or `SELECT opengauss_version()` returned, where SQL was possible; the
 * release cannot be had from a physical replication session
 */
export function identifyOpengauss(versionText?: string): ServerIdentity {
  const unknown: ServerIdentity = {
    family: 'opengauss',
    product: 'openGauss',
    version: undefined,
    major: undefined,
    minor: undefined,
  };
  if (versionText === undefined) return unknown;
  // `(openGauss-lite 5.0.5 build c9f6da70) compiled at …`, `PostgreSQL 9.2.4 (openGauss 2.0.0 build …`, or bare `5.0.5`.
  const inside = /\(\s*([A-Za-z][A-Za-z ._-]*?)\s+V?(\d[0-9A-Za-z.]*)\b/.exec(versionText);
  const bare = /^\s*V?(\d{1,4}\.[0-9A-Za-z.]*)/.exec(versionText);
  const product = inside?.[1] ?? unknown.product;
  const version = inside?.[2] ?? bare?.[1];
  const release = version === undefined ? undefined : parseRelease(version);
  if (version === undefined || release === undefined) return { ...unknown, product };
  return { family: 'opengauss', product, version, major: release.major, minor: release.minor };
}

/** The query whose answer `withRelease` takes. */
export const releaseQuery = 'SELECT pg_catalog.version()';

/** The same server with the release that it names itself over SQL, where a replication session does not tell it. */
export function withRelease(identity: ServerIdentity, versionText: string | undefined): ServerIdentity {
  return identity.family === 'opengauss' && versionText !== undefined ? identifyOpengauss(versionText) : identity;
}

/**
 * Whether an openGauss release is 1.1 or later, as far as is known. 1.0 cannot put WAL into a base backup and has no
 * TABLESPACE_MAP. Without a version text the reported settings tell: `plsql_compile_check_options` and
 * `b_format_behavior_compat_options` came after 2.0.
 */
export function isAfterOpengauss10(identity: ServerIdentity, reported: ReadonlyMap<string, string>): boolean {
  if (identity.major !== undefined) return identity.major > 1 || (identity.minor ?? 0) >= 1;
  return reported.has('plsql_compile_check_options') || reported.has('b_format_behavior_compat_options');
}
