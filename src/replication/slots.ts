import type { Abortable, Connection } from '../connection/connection.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { ErrorFields } from '../protocol/backend-messages.ts';
import type { Capabilities } from '../server/capabilities.ts';
import { formatLsn, noLsn, type Lsn } from '../wal/lsn.ts';
import type { TimelineId } from '../wal/segment.ts';
import { lsnOf, queryRow, runCommand, uint32Of } from './query-row.ts';

export interface SlotRequest {
  readonly name: string;
  /** Ends with the session that made it. */
  readonly temporary: boolean;
  /** Keep WAL from now on, not only from the first use. */
  readonly reserveWal: boolean;
  /** Where a server that wants a position (openGauss) keeps WAL from. */
  readonly fromLsn?: Lsn | undefined;
}

export interface CreatedSlot {
  /** A slot of that name was there already and was left as it is; whoever made it owns it. */
  readonly existed: boolean;
}

/** CREATE_REPLICATION_SLOT in the grammar of the server. @throws BackupError `USAGE` */
export function createSlotCommand(capabilities: Capabilities, request: SlotRequest): string {
  const { slots } = capabilities;
  const name = slotWord(capabilities, request.name);
  if (request.temporary && !slots.temporary) {
    throw new BackupError('USAGE', say('replication.no-temporary-slots'));
  }
  const begin = `CREATE_REPLICATION_SLOT ${name}${request.temporary ? ' TEMPORARY' : ''} PHYSICAL`;
  switch (slots.reservation) {
    case 'clause':
      return request.reserveWal ? `${begin} RESERVE_WAL` : begin;
    case 'option':
      return request.reserveWal ? `${begin} (RESERVE_WAL)` : begin;
    case 'position':
      if (request.reserveWal && request.fromLsn === undefined) {
        throw new BackupError('USAGE', say('replication.slot-needs-position'));
      }
      return `${begin} ${formatLsn(request.reserveWal ? (request.fromLsn ?? noLsn) : noLsn)}`;
  }
}

/**
 * Creates a physical slot. PostgreSQL refuses a name that exists (`OBJECT_EXISTS`); openGauss warns (42710) and goes
 * on, which is reported as `existed`.
 */
export async function createSlot(
  connection: Connection,
  capabilities: Capabilities,
  request: SlotRequest,
  options: Abortable = {},
): Promise<CreatedSlot> {
  const command = createSlotCommand(capabilities, request);
  let existed = false;
  const listener = connection.onNotice;
  connection.onNotice = (notice: ErrorFields) => {
    if (notice['C'] === '42710') existed = true;
    else listener(notice);
  };
  try {
    await runCommand(connection, command, options);
  } finally {
    connection.onNotice = listener;
  }
  return { existed };
}

/** Drops a slot. openGauss answers with two command completions, which makes no difference here. */
export async function dropSlot(
  connection: Connection,
  capabilities: Capabilities,
  name: string,
  options: Abortable = {},
): Promise<void> {
  await runCommand(connection, `DROP_REPLICATION_SLOT ${slotWord(capabilities, name)}`, options);
}

export interface SlotPosition {
  /** Oldest WAL that the slot keeps; undefined when it keeps none yet. */
  readonly restartLsn: Lsn | undefined;
  readonly restartTimeline: TimelineId | undefined;
}

/**
 * What READ_REPLICATION_SLOT tells about a slot; `missing` when there is none of that name. undefined where the server
 * has no such command (PostgreSQL before 15, openGauss): a physical session has no other way to ask.
 */
export async function readSlot(
  connection: Connection,
  capabilities: Capabilities,
  name: string,
  options: Abortable = {},
): Promise<SlotPosition | 'missing' | undefined> {
  if (!capabilities.slots.read) return undefined;
  const command = 'READ_REPLICATION_SLOT';
  const row = await queryRow(connection, `${command} ${slotWord(capabilities, name)}`, options);
  if ((row.get('slot_type') ?? null) === null) return 'missing';
  const known = (column: string): boolean => (row.get(column) ?? null) !== null;
  return {
    restartLsn: known('restart_lsn') ? lsnOf(row, 'restart_lsn', command) : undefined,
    restartTimeline: known('restart_tli') ? uint32Of(row, 'restart_tli', command) : undefined,
  };
}

/**
 * The quoted name of a slot. Source: ReplicationSlotValidateName of both products.
 * @throws BackupError `USAGE` for a name that no server takes
 */
export function slotWord(capabilities: Capabilities, name: string): string {
  const pattern =
    capabilities.slots.reservation === 'position' ? /^(?!\.\.?$)[a-z0-9_?.-]{1,63}$/ : /^[a-z0-9_]{1,63}$/;
  if (!pattern.test(name) || name.startsWith('gs_roach')) {
    throw new BackupError('USAGE', say('replication.slot-name', { name }), { hint: say('replication.slot-name.hint') });
  }
  return `"${name}"`;
}
