import type { Abortable, Connection } from '../connection/connection.ts';
import { ServerError } from '../connection/server-error.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import {
  identifyOpengauss,
  identifyPostgresql,
  isPostgresqlRelease,
  opengaussVersionMark,
  type ServerIdentity,
} from '../server/identity.ts';
import { identifyVersion } from './identify.ts';

/**
 * Which product answers on a replication session. PostgreSQL negotiated the protocol, or reports a release from 10 on;
 * openGauss did neither and answers IDENTIFY_VERSION. Nothing is concluded from 9.2.4.
 * @throws BackupError `SERVER_ERROR` for a product or release that is not supported; the connection is then of no use
 */
export async function recogniseServer(connection: Connection, options: Abortable = {}): Promise<ServerIdentity> {
  const reported = connection.parameters.get('server_version') ?? '';
  if (connection.negotiated || isPostgresqlRelease(reported)) return identifyPostgresql(reported);
  try {
    const answer = await identifyVersion(connection, options);
    if (answer.mark === opengaussVersionMark) return identifyOpengauss();
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    // No such command: an old PostgreSQL, which is refused by name.
    if (error.sqlState === '42601') return identifyPostgresql(reported);
    throw error;
  }
  throw new BackupError('SERVER_ERROR', say('server.unrecognised', { version: reported }), {
    hint: say('server.unrecognised.hint'),
  });
}
