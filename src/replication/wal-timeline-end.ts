import type { Abortable, Connection } from '../connection/connection.ts';
import { say } from '../messages/message.ts';
import type { Column, QueryResult } from '../protocol/backend-messages.ts';
import { unexpectedMessage } from '../protocol/protocol-violation.ts';
import type { Lsn } from '../wal/lsn.ts';
import type { TimelineId } from '../wal/segment.ts';
import { badResult, lsnOf, onlyRow, uint32Of } from './query-row.ts';
import { serverFailureDuring } from './server-failure.ts';

/** The timeline that follows one that has ended, and where it begins. */
export interface NextTimeline {
  readonly timeline: TimelineId;
  readonly startLsn: Lsn;
}

const command = 'START_REPLICATION';

/**
 * Reads the result set that follows the end of a historic timeline, up to ReadyForQuery.
 * @param columns of its RowDescription, when that was read already
 * @throws ServerError, BackupError `PROTOCOL_VIOLATION`
 */
export async function readNextTimeline(
  connection: Connection,
  timeline: TimelineId,
  options: Abortable = {},
  columns?: readonly Column[],
): Promise<NextTimeline> {
  let result: QueryResult | undefined = columns === undefined ? undefined : { columns, rows: [], tag: '' };
  for (;;) {
    const message = await connection.receive(options);
    switch (message.type) {
      // WAL that was on its way when the copy ended.
      case 'CopyData':
      case 'CopyDone':
      case 'CommandComplete':
        break;
      case 'RowDescription':
        result = { columns: message.columns, rows: [], tag: '' };
        break;
      case 'DataRow':
        if (result === undefined || result.rows.length > 0)
          throw badResult(command, say('replication.answer.several-rows'));
        result = { ...result, rows: [message.values] };
        break;
      case 'ReadyForQuery':
        return nextOf(result, timeline);
      case 'ErrorResponse':
        throw serverFailureDuring('replication.failed-wal', message.fields);
      default:
        throw unexpectedMessage(message, say('protocol.phase.next-timeline'));
    }
  }
}

function nextOf(result: QueryResult | undefined, timeline: TimelineId): NextTimeline {
  if (result === undefined) throw badResult(command, say('replication.answer.no-timeline', { timeline }));
  const row = onlyRow(result, command);
  const next = uint32Of(row, 'next_tli', command);
  if (next <= timeline) throw badResult(command, say('replication.answer.timeline-backwards', { next, timeline }));
  return { timeline: next, startLsn: lsnOf(row, 'next_tli_startpos', command) };
}
