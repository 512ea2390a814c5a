import { say, type Message } from '../messages/message.ts';
import { BackupError, reasonOf, type ErrorContext } from './backup-error.ts';
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
}

export function errorToData(error: unknown): ErrorData {
  if (error instanceof BackupError) {
    const { code, sentence, hint, context, retryable, kind, cause } = error;
    const reason = cause === undefined ? undefined : reasonOf(cause);
    return { code, sentence, hint, context, retryable, kind, cause: reason };
  }
  const sentence = say('common.internal', { reason: reasonOf(error) });
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

export function errorFromData({ code, sentence, cause, ...rest }: ErrorData): BackupError {
  return new BackupError(code, sentence, { ...rest, cause: cause === undefined ? undefined : new Error(cause) });
}
