import type { Abortable, Connection } from '../connection/connection.ts';
import { openConnection } from '../connection/open-connection.ts';
import { BackupError } from '../errors/backup-error.ts';
import type { ReplicationSession, SessionSettings } from './open-session.ts';
import { readSlot, slotWord } from './slots.ts';

/** What is known of a slot; each undefined where the server was not asked or did not say. */
export interface SlotState {
  readonly exists: boolean | undefined;
  /** A receiver uses it now. */
  readonly active: boolean | undefined;
}

const unknown: SlotState = { exists: undefined, active: undefined };

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
  // Checks the name, too: it goes into SQL as it is.
  slotWord(session.capabilities, name);
  const position = await readSlot(session.connection, session.capabilities, name, options);
  if (position !== undefined) return { exists: position !== 'missing', active: undefined };
  let connection: Connection | undefined;
  try {
    const parameters = { ...settings.parameters, application_name: plainName };
    connection = await openConnection(
      { ...settings, parameters, replication: undefined, database: 'postgres' },
      options,
    );
    const sql = `SELECT active FROM pg_catalog.pg_replication_slots WHERE slot_name = '${name}'`;
    const [result] = await connection.query(sql, options);
    const active = result?.rows[0]?.[0];
    return { exists: active !== undefined, active: active === 't' };
  } catch (error) {
    if (options.signal?.aborted === true || !(error instanceof BackupError)) throw error;
    return unknown;
  } finally {
    await connection?.close();
  }
}
