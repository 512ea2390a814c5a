import { render, type Message, type MessageValue } from '../messages/message.ts';
import { errorCodes, type ErrorCode } from './codes.ts';

/** Where an error happened: a flat record of printable values (path, lsn, timeline, server, backup). Never a secret. */
export type ErrorContext = Readonly<Record<string, MessageValue>>;

export interface BackupErrorOptions {
  /** What to do, as a sentence. */
  readonly hint?: Message | undefined;
  readonly context?: ErrorContext | undefined;
  readonly cause?: unknown;
  /** Overrides the default of the code. */
  readonly retryable?: boolean | undefined;
}

/**
 * The one error class: `code` and the message say what, `context` where, `cause` why, `hint` what to do.
 * Match on `code`, never on text. Cancellation is not one of these: it stays the `AbortError` of the signal.
 */
export class BackupError extends Error {
  readonly code: ErrorCode;
  readonly sentence: Message;
  readonly hint: Message | undefined;
  readonly context: ErrorContext;
  readonly retryable: boolean;

  constructor(code: ErrorCode, sentence: Message, options: BackupErrorOptions = {}) {
    super(render(sentence), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'BackupError';
    this.code = code;
    this.sentence = sentence;
    this.hint = options.hint;
    this.context = options.context ?? {};
    this.retryable = options.retryable ?? errorCodes[code].retryable;
  }
}

/** The text of anything thrown, for use as a `reason` parameter. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The system's error code (`ENOENT`, `ECONNREFUSED`, …) of anything thrown, if it has one. */
export function systemCodeOf(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return undefined;
}
