import { identifyOpengauss, identifyPostgresql, type ServerFamily, type ServerIdentity } from './identity.ts';

/** What a restore noted of the release that was backed up. */
export interface NotedRelease {
  readonly product?: string | undefined;
  readonly version?: string | undefined;
}

/**
 * The identity of the server that a data directory belongs to. PostgreSQL names its release in the directory; openGauss does
 * not, there the restore's record has it, if anything.
 * @param versionFile content of PG_VERSION, without the line feed
 * @throws BackupError `SERVER_ERROR` for a release of PostgreSQL that is not known
 */
export function identityOfDirectory(
  family: ServerFamily,
  versionFile: string,
  noted: NotedRelease | undefined,
): ServerIdentity {
  if (family === 'postgresql') return identifyPostgresql(versionFile);
  return identifyOpengauss(notedText(noted, 'openGauss'));
}

/**
 * What a server program says of itself by `--version`; undefined where that is no release that is known.
 * @param products the text before the release, which is not part of it
 */
export function identityOfProgram(family: ServerFamily, said: string, products: RegExp): ServerIdentity | undefined {
  if (!products.test(said)) return undefined;
  if (family === 'opengauss') return identifyOpengauss(said);
  try {
    return identifyPostgresql(said.replace(products, ''));
  } catch {
    return undefined;
  }
}

/** Whether programs of release `found` open a data directory of `wanted`: product and release have to be the same. */
export function opensDirectoryOf(
  wanted: ServerIdentity,
  noted: NotedRelease | undefined,
  found: ServerIdentity,
): boolean {
  if (wanted.family !== found.family) return false;
  if (wanted.family === 'postgresql') return wanted.major === found.major;
  const text = notedText(noted, found.product);
  if (text === undefined) return true;
  const known = identifyOpengauss(text);
  const line = (product: string): string => product.toLowerCase().replace(/[-_ ]?lite$/, '');
  return line(known.product) === line(found.product) && known.major === found.major && known.minor === found.minor;
}

/** As the server would answer. */
function notedText(noted: NotedRelease | undefined, product: string): string | undefined {
  return noted?.version === undefined ? undefined : `(${noted.product ?? product} ${noted.version} )`;
}
