import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { say, type MessageValue } from '../messages/message.ts';
import type { Connection } from '../connection/connection.ts';
import type { Capabilities } from '../server/capabilities.ts';
import { BackupAnswer, type AnswerOptions } from './backup-answer.ts';
import { PlainCopy } from './backup-copy.ts';
import { onlyRow, valueOf } from './query-row.ts';

/** A checkpoint of in-memory tables (MOT) of openGauss: members `mot.ctrl` and `…/chkpt_<id>/…` in its archive format. */
export interface MotCheckpoint {
  /** Absolute path of the checkpoint directory on the server, ending in `chkpt_<id>`. */
  readonly location: ByteString;
  /** Read it to its end. */
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * FETCH_MOT_CHECKPOINT: undefined when the server has none. It must be the last command of the connection, because a
 * server that was built without MOT answers with FATAL 08P01 and is gone; that too means none.
 * @throws ServerError for any other error, BackupError `PROTOCOL_VIOLATION`
 */
export async function fetchMotCheckpoint(
  connection: Connection,
  capabilities: Capabilities,
  options: AnswerOptions = {},
): Promise<MotCheckpoint | undefined> {
  if (!capabilities.baseBackup.motCheckpoint) return undefined;
  const failed = 'replication.failed-mot';
  const phase = say('protocol.phase.mot');
  const answer = new BackupAnswer(connection, options);
  let begun = false;
  try {
    await connection.send('FETCH_MOT_CHECKPOINT', { signal: options.signal });
    const head = await answer.receive();
    if (head.type === 'ErrorResponse' && head.fields['C'] === '08P01') return undefined;
    if (head.type === 'CommandComplete') {
      await readEnd(answer);
      return undefined;
    }
    if (head.type !== 'RowDescription') throw answer.failure(head, failed, phase);
    const row = onlyRow(await answer.rest(head.columns, failed, phase), 'FETCH_MOT_CHECKPOINT');
    const location = fromText(valueOf(row, 'chkptloc', 'FETCH_MOT_CHECKPOINT'));
    const copy = await answer.receive();
    if (copy.type !== 'CopyOutResponse') throw answer.failure(copy, failed, phase);
    begun = true;
    return { location, content: content(answer, phase) };
  } finally {
    if (!begun) answer.release();
  }
}

async function* content(answer: BackupAnswer, phase: MessageValue): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* new PlainCopy(answer, phase).content();
    const message = await answer.receive();
    if (message.type !== 'CommandComplete') throw answer.failure(message, 'replication.failed-mot', phase);
    await readEnd(answer);
  } finally {
    answer.release();
  }
}

async function readEnd(answer: BackupAnswer): Promise<void> {
  const message = await answer.receive();
  if (message.type !== 'ReadyForQuery') {
    throw answer.failure(message, 'replication.failed-mot', say('protocol.phase.mot-end'));
  }
}
