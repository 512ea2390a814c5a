import type { Abortable, Connection } from '../connection/connection.ts';
import { openConnection } from '../connection/open-connection.ts';
import { BackupError } from '../errors/backup-error.ts';
import type { Capabilities } from '../server/capabilities.ts';
import type { Lsn } from '../wal/lsn.ts';
import type { TimelineId } from '../wal/segment.ts';
import type { ReplicationSession, SessionSettings } from './open-session.ts';
import { lsnOf, onlyRow } from './query-row.ts';
import { readSlot, slotWord } from './slots.ts';

/** What is known of a slot; each undefined where the server was not asked or did not say. */
export interface SlotState {
  readonly exists: boolean | undefined;
  /** A receiver uses it now. */
  readonly active?: boolean | undefined;
  /** Oldest WAL that the slot keeps; undefined also where it keeps none. */
  readonly restartLsn?: Lsn | undefined;
  readonly restartTimeline?: TimelineId | undefined;
  /** The server has removed WAL that the slot was to keep. */
  readonly lost?: boolean | undefined;
}

export const unknownSlot: SlotState = { exists: undefined };

/** A name that no server takes for one of its own tools. */
const plainName = 'gausskeep';

/**
 * What the server says of the slot `name`: by READ_REPLICATION_SLOT where there is such a command, else by SQL on
 * pg_replication_slots over a connection of its own to the SQL port, which the role may not be allowed to open.
 * Never fails for that: then nothing is known.
 * @throws the reason of `signal`; BackupError `USAGE` for a name that no server takes
 */
export async function askSlot(
  session: ReplicationSession,
  settings: SessionSettings,
  name: string,
  options: Abortable = {},
): Promise<SlotState> {
  const read = await readSlotState(session, name, options);
  if (read !== undefined) return read;
  let connection: Connection | undefined;
  try {
    connection = await openSqlConnection(settings, options);
    return await selectSlot(connection, session.capabilities, name, options);
  } catch (error) {
    if (options.signal?.aborted === true || !(error instanceof BackupError)) throw error;
    return unknownSlot;
  } finally {
    await connection?.close();
  }
}

/** By READ_REPLICATION_SLOT; undefined where there is no such command. @throws ServerError, BackupError */
export async function readSlotState(
  session: Pick<ReplicationSession, 'connection' | 'capabilities'>,
  name: string,
  options: Abortable = {},
): Promise<SlotState | undefined> {
  // Checks the name, too: it goes into SQL as it is.
  slotWord(session.capabilities, name);
  const position = await readSlot(session.connection, session.capabilities, name, options);
  if (position === undefined) return undefined;
  return position === 'missing' ? { exists: false } : { exists: true, ...position };
}

/** A connection for SQL to the port of `settings`, to the database postgres, which every instance has. */
export async function openSqlConnection(settings: SessionSettings, options: Abortable = {}): Promise<Connection> {
  const parameters = { ...settings.parameters, application_name: plainName };
  return await openConnection({ ...settings, parameters, replication: undefined, database: 'postgres' }, options);
}

/** By SQL. @throws ServerError, BackupError; BackupError `USAGE` for a name that no server takes */
export async function selectSlot(
  connection: Connection,
  capabilities: Capabilities,
  name: string,
  options: Abortable = {},
): Promise<SlotState> {
  slotWord(capabilities, name);
  const status = capabilities.slots.walStatus ? ', wal_status' : '';
  const sql = `SELECT active, restart_lsn${status} FROM pg_catalog.pg_replication_slots WHERE slot_name = '${name}'`;
  const [result] = await connection.query(sql, options);
  if ((result?.rows.length ?? 0) === 0) return { exists: false };
  const row = onlyRow(result, 'SELECT');
  const keeps = (row.get('restart_lsn') ?? '') !== '';
  return {
    exists: true,
    active: row.get('active') === 't',
    restartLsn: keeps ? lsnOf(row, 'restart_lsn', 'SELECT') : undefined,
    lost: capabilities.slots.walStatus ? row.get('wal_status') === 'lost' : undefined,
  };
}
