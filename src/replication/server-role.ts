import type { Abortable, Connection } from '../connection/connection.ts';
import { roleOfInstanceMode, type ServerRole } from '../server/server-role.ts';
import { showSetting } from './identify.ts';
import type { ReplicationSession } from './open-session.ts';
import { queryRow, uint32Of } from './query-row.ts';

/**
 * What the server of a session is now. A standby that was promoted is a primary from then on, also for a session that was there
 * before. Not while the session streams.
 * @throws ServerError, BackupError `PROTOCOL_VIOLATION`, `SERVER_UNREACHABLE`
 */
export async function serverRole(session: ReplicationSession, options: Abortable = {}): Promise<ServerRole> {
  const { connection, capabilities } = session;
  switch (capabilities.roleFrom) {
    case 'in-hot-standby':
      return await reportedRole(connection, options);
    case 'read-only':
      return await roleByReadOnly(session, options);
    case 'mode': {
      const command = 'IDENTIFY_MODE';
      return roleOfInstanceMode(uint32Of(await queryRow(connection, command, options), 'smode', command));
    }
  }
}

/** The server reports a change with the end of the next command, so that one is sent. */
async function reportedRole(connection: Connection, options: Abortable): Promise<ServerRole> {
  const value = await showSetting(connection, 'in_hot_standby', options);
  return value === 'on' ? 'standby' : value === 'off' ? 'primary' : 'unknown';
}

/**
 * PostgreSQL 10 to 13. A transaction of a standby is always read-only. One of a primary is where default_transaction_read_only
 * is on, so that a session without that is asked then: it may set it for itself.
 */
async function roleByReadOnly(session: ReplicationSession, options: Abortable): Promise<ServerRole> {
  const setting = 'transaction_read_only';
  if ((await showSetting(session.connection, setting, options)) === 'off') return 'primary';
  const settings = { [`default_${setting}`]: 'off' };
  if ((await showSetting(session.connection, `default_${setting}`, options)) === 'off') return 'standby';
  const another = await session.openAnother({ ...options, settings });
  try {
    return (await showSetting(another.connection, setting, options)) === 'on' ? 'standby' : 'primary';
  } finally {
    await another.connection.close();
  }
}
