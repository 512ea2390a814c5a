import { BackupError, type ErrorChange, type ErrorContext } from '../errors/backup-error.ts';
import type { ErrorCode, ErrorKind } from '../errors/codes.ts';
import { say, type Message } from '../messages/message.ts';
import type { ErrorFields } from '../protocol/backend-messages.ts';

export interface ServerErrorOptions {
  /** What could not be done, around the server's text; without it the sentence is that text. */
  readonly sentence?: Message | undefined;
  /** Default: the hint that the server sent. */
  readonly hint?: Message | undefined;
  readonly context?: ErrorContext | undefined;
  /** Default: by SQLSTATE, see `ServerError`. */
  readonly code?: ErrorCode | undefined;
  /** Default: by code. */
  readonly retryable?: boolean | undefined;
  readonly kind?: ErrorKind | undefined;
  readonly cause?: unknown;
}

/**
 * An ErrorResponse of the server. Its code is `AUTHENTICATION` for class 28 (and 42501, a missing privilege), `SERVER_UNREACHABLE`
 * for 57P03 (starting or stopping) and 53300 (no connection left), both worth another try, else `SERVER_ERROR`.
 */
export class ServerError extends BackupError {
  readonly fields: ErrorFields;

  constructor(fields: ErrorFields, options: ServerErrorOptions = {}) {
    const serverHint = fields['H'];
    super(
      options.code ?? codeOf(fields),
      options.sentence ?? say('common.server-text', { lines: serverText(fields) }),
      {
        hint: options.hint ?? (serverHint === undefined ? undefined : say('common.server-text', { lines: serverHint })),
        context: options.context,
        retryable: options.retryable,
        kind: options.kind,
        cause: options.cause,
      },
    );
    this.fields = fields;
  }

  override with(change: ErrorChange): ServerError {
    return this.moved(new ServerError(this.fields, this.changed(change)));
  }

  /** Five characters, for example `28P01`; `XX000` when the server sent none. */
  get sqlState(): string {
    return sqlStateOf(this.fields);
  }

  /** The message as the server sent it, without severity. */
  get serverMessage(): string {
    return this.fields['M'] ?? '';
  }
}

Object.defineProperty(ServerError, 'name', { value: 'ServerError' });

/** What the server said, as libpq shows it: `FATAL:  message` and a line for the detail. */
export function serverText(fields: ErrorFields): string {
  const text = `${fields['S'] ?? 'ERROR'}:  ${fields['M'] ?? ''}`;
  return fields['D'] === undefined ? text : `${text}\nDETAIL:  ${fields['D']}`;
}

function sqlStateOf(fields: ErrorFields): string {
  return fields['C'] ?? 'XX000';
}

function codeOf(fields: ErrorFields): ErrorCode {
  const sqlState = sqlStateOf(fields);
  if (sqlState.startsWith('28') || sqlState === '42501') return 'AUTHENTICATION';
  if (sqlState === '57P03' || sqlState === '53300') return 'SERVER_UNREACHABLE';
  return 'SERVER_ERROR';
}
