import type { Abortable } from '../connection/connection.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { openReplicationSession, type ReplicationSession, type SessionSettings } from '../replication/open-session.ts';
import { openSuitableSession } from '../replication/suitable-session.ts';
import { createSlot, dropSlot, type CreatedSlot } from '../replication/slots.ts';

/** Where to connect: of several the first that answers and is of the kind that `targetSessionAttrs` wants. */
export type SlotSources = readonly [SessionSettings, ...SessionSettings[]];

export interface ReceiverSlotRequest {
  readonly name: string;
  /** A slot of that name that is there already is no error, and stays as it is. Default false. */
  readonly ifNotExists?: boolean | undefined;
}

const existsHint = say('receive.slot-exists.hint');

/**
 * Makes a physical slot that keeps no WAL until it is first used, as pg_receivewal does.
 * @throws BackupError `OBJECT_EXISTS`, `USAGE` for a name that no server takes; those of `openReplicationSession`
 */
export async function createReceiverSlot(
  sources: SlotSources,
  { name, ifNotExists = false }: ReceiverSlotRequest,
  options: Abortable = {},
): Promise<CreatedSlot> {
  return atServer(sources, options, async ({ connection, capabilities }) => {
    const request = { name, temporary: false, reserveWal: false };
    let created: CreatedSlot;
    try {
      created = await createSlot(connection, capabilities, request, options);
    } catch (error) {
      if (!(error instanceof BackupError) || error.code !== 'OBJECT_EXISTS') throw error;
      if (!ifNotExists) throw error.with({ hint: existsHint });
      return { existed: true };
    }
    // openGauss says so in a warning only.
    if (created.existed && !ifNotExists)
      throw new BackupError('OBJECT_EXISTS', say('backup.slot-exists', { slot: name }), { hint: existsHint });
    return created;
  });
}

/** Drops a slot. @throws ServerError also where there is none of that name or a receiver uses it; those of `openReplicationSession` */
export async function dropReceiverSlot(
  sources: SlotSources,
  { name }: Pick<ReceiverSlotRequest, 'name'>,
  options: Abortable = {},
): Promise<void> {
  await atServer(sources, options, async ({ connection, capabilities }) => {
    try {
      await dropSlot(connection, capabilities, name, options);
    } catch (error) {
      const isMissing = error instanceof BackupError && error.code === 'OBJECT_NOT_FOUND';
      throw isMissing ? error.with({ hint: say('receive.no-slot-to-drop.hint') }) : error;
    }
  });
}

async function atServer<Result>(
  sources: SlotSources,
  options: Abortable,
  work: (session: ReplicationSession) => Promise<Result>,
): Promise<Result> {
  const open = (settings: SessionSettings) => openReplicationSession(settings, options);
  const { session } = await openSuitableSession(sources, open, options);
  try {
    const result = await work(session);
    await session.connection.close();
    return result;
  } finally {
    session.connection.destroy();
  }
}
