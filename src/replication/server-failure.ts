import { serverText, ServerError } from '../connection/server-error.ts';
import type { ErrorContext } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import type { ErrorFields } from '../protocol/backend-messages.ts';
import { refusalOf } from '../server/refusals.ts';

export interface FailureOptions {
  /** The sentence for the first line; default the server's own text. */
  readonly sentence?: Message | undefined;
  readonly context?: ErrorContext | undefined;
  readonly user?: string | undefined;
  /** A hint that knows more than the server's error alone. */
  readonly hint?: Message | undefined;
  /** It answers START_REPLICATION, or came while WAL was streamed. */
  readonly streaming?: boolean | undefined;
}

/** The error for an ErrorResponse, with the advice and the code of `server/refusals.ts`. */
export function serverFailure(fields: ErrorFields, options: FailureOptions = {}): ServerError {
  const refusal = refusalOf(fields, { user: options.user, streaming: options.streaming });
  return new ServerError(fields, {
    sentence: options.sentence,
    hint: options.hint ?? refusal.hint,
    context: options.context,
    code: refusal.code,
    retryable: refusal.retryable,
    kind: refusal.kind,
  });
}

/** What could not be done: sentences with the parameter `lines` only. */
type Failed =
  | 'replication.failed-backup-begin'
  | 'replication.failed-backup-list'
  | 'replication.failed-backup-data'
  | 'replication.failed-backup-end'
  | 'replication.failed-manifest'
  | 'replication.failed-mot'
  | 'replication.failed-wal';

/** The error for an ErrorResponse in the middle of a command. */
export function serverFailureDuring(failed: Failed, fields: ErrorFields, user?: string): ServerError {
  const streaming = failed === 'replication.failed-wal';
  return serverFailure(fields, { sentence: say(failed, { lines: serverText(fields) }), user, streaming });
}
