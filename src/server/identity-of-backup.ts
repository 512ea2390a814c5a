import { identifyOpengauss, identifyPostgresql, type ServerFamily, type ServerIdentity } from './identity.ts';

/**
 * Which server a backup is of, by its PG_VERSION: that of openGauss and its relatives says neither product nor release.
 * @throws BackupError `SERVER_ERROR` for a release of PostgreSQL that is not known
 */
export function identityOfBackup(family: ServerFamily, versionFile: Uint8Array): ServerIdentity {
  if (family === 'opengauss') return identifyOpengauss();
  return identifyPostgresql(Buffer.from(versionFile).toString('latin1').trim());
}
