import { say, type Message } from '../messages/message.ts';
import { BackupError, type ErrorContext, reasonFor, reasonOf, systemCodeOf } from './backup-error.ts';
import type { ErrorCode, ErrorKind } from './codes.ts';

/** An error as plain data, to go from one thread to another. */
export interface ErrorData {
  readonly code: ErrorCode;
  readonly sentence: Message;
  readonly hint: Message | undefined;
  readonly context: ErrorContext;
  readonly retryable: boolean;
  readonly kind: ErrorKind | undefined;
  readonly cause: string | undefined;
  /** What the system calls the cause (`ENOSPC`), where it has a name for it. */
  readonly causeCode?: string | undefined;
}

export function errorToData(error: unknown): ErrorData {
  if (error instanceof BackupError) {
    const { code, sentence, hint, context, retryable, kind, cause } = error;
    const reason = cause === undefined ? undefined : reasonOf(cause);
    return { code, sentence, hint, context, retryable, kind, cause: reason, causeCode: systemCodeOf(cause) };
  }
  const sentence = say('common.internal', { reason: reasonFor(error) });
  return {
    code: 'INTERNAL',
    sentence,
    hint: say('common.internal.hint'),
    context: {},
    retryable: false,
    kind: undefined,
    cause: undefined,
  };
}

export function errorFromData({ code, sentence, cause, causeCode, ...rest }: ErrorData): BackupError {
  if (cause === undefined) return new BackupError(code, sentence, rest);
  const reason = causeCode === undefined ? new Error(cause) : Object.assign(new Error(cause), { code: causeCode });
  return new BackupError(code, sentence, { ...rest, cause: reason });
}
